import CZip
import Scripting

/// The decompressed bytes of an entry of a ``ZipArchive``: exactly as many as the directory says.
final class ZipEntrySource: ByteSource {
    private let archive: ZipArchive
    private let entry: ZipDirectory.Entry
    private let stream: OpaquePointer
    private var position = 0

    init(_ archive: ZipArchive, _ entry: ZipDirectory.Entry, _ stream: OpaquePointer) {
        self.archive = archive
        self.entry = entry
        self.stream = stream
    }

    deinit { zip_fclose(stream) }

    var report: Report { archive.report }
    var mostRemaining: Int { entry.size - position }

    func read(into buffer: UnsafeMutableRawBufferPointer, _ what: String) throws {
        try check(buffer.count, what)
        var done = 0
        while done < buffer.count, let base = buffer.baseAddress {
            try Cancellation.check()
            let got = zip_fread(stream, base + done, zip_uint64_t(min(buffer.count - done, InputFile.chunk)))
            guard got >= 0 else { throw archive.failure(entry, zip_file_get_error(stream)) }
            guard got > 0 else {
                throw report.error("zip: entry \(shown(entry.name)) is shorter than its \(entry.size) bytes")
            }
            done += Int(got)
        }
        position += done
    }

    /// libzip checks the CRC at the end only, so that every reader must ask for the end.
    func atEnd() throws -> Bool {
        guard position == entry.size else { return false }
        var extra: UInt8 = 0
        let rest = zip_fread(stream, &extra, 1)
        guard rest >= 0 else { throw archive.failure(entry, zip_file_get_error(stream)) }
        guard rest == 0 else {
            throw report.error("zip: entry \(shown(entry.name)) is longer than its \(entry.size) bytes")
        }
        return true
    }
}
