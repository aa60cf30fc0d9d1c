import Scripting

/// The bytes of a stored (uncompressed) entry of a zip archive, read directly: for entries without a checksum.
final class StoredEntrySource: ByteSource {
    private let file: InputFile
    private let entry: ZipDirectory.Entry
    private let start: Int
    private var position = 0

    /// - Throws: when the entry exceeds the file.
    init(_ file: InputFile, _ entry: ZipDirectory.Entry) throws {
        self.file = file
        self.entry = entry
        // The local header's 30 bytes are followed by a name and an extra field, whose lengths are its last two
        // numbers.
        var header = [UInt8](repeating: 0, count: 30)
        try header.withUnsafeMutableBytes {
            try file.read(at: entry.offset, into: $0, "the header of \(shown(entry.name))")
        }
        let lengths = Int(header[26]) | Int(header[27]) << 8
        let extra = Int(header[28]) | Int(header[29]) << 8
        start = entry.offset + 30 + lengths + extra
        guard start <= file.size, entry.size <= file.size - start else {
            throw file.report.error("zip: entry \(shown(entry.name)) passes the end of the file")
        }
    }

    var report: Report { file.report }
    var mostRemaining: Int { entry.size - position }

    func read(into buffer: UnsafeMutableRawBufferPointer, _ what: String) throws {
        try check(buffer.count, what)
        try file.read(at: start + position, into: buffer, what)
        position += buffer.count
    }

    func atEnd() throws -> Bool { position == entry.size }
}
