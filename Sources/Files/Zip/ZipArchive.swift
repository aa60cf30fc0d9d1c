import CZip
import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A zip archive opened with libzip after our own check of its directory, with which libzip must agree.
final class ZipArchive {
    let report: Report
    let entries: [ZipDirectory.Entry]

    private let file: InputFile
    /// Nil if there are no entries, as libzip does not open such archives.
    private let archive: OpaquePointer?
    private let positions: [ByteString: Int]
    /// How many bytes deflated entries may still decompress to. Stored entries cannot exceed the file.
    private var inflatable: Int
    private let limit: Int
    private let workspace = Workspace()

    /// - Parameter limit: the most bytes that all deflated entries together may decompress to.
    /// - Throws: when the archive is malformed or hostile; see ``ZipDirectory``.
    init(_ file: InputFile, limit: Int = 1 << 30) throws {
        self.limit = limit
        inflatable = limit
        self.file = file
        report = file.report
        entries = try ZipDirectory(file).entries
        // The memory of the table of names, and of libzip's own.
        try workspace.take(entries.count * 200)
        positions = Dictionary(
            entries.enumerated().map { (ByteString($0.element.name), $0.offset) },
            uniquingKeysWith: { first, _ in first })
        guard !entries.isEmpty else {
            archive = nil
            return
        }
        // libzip closes the descriptor it is given. It moves the position, on which `InputFile` does not depend.
        let descriptor = dup(file.descriptor)
        guard descriptor >= 0 else { throw report.systemError("cannot open again") }
        var code: Int32 = 0
        guard let archive = zip_fdopen(descriptor, ZIP_CHECKCONS, &code) else {
            close(descriptor)
            throw report.error("zip: \(ZipArchive.describe(code))")
        }
        self.archive = archive
        try checkAgreement()
    }

    deinit { if let archive { zip_discard(archive) } }

    func position(of name: String) -> Int? { positions[ByteString(name)] }

    /// The bytes of an entry.
    /// - Parameter zeroIsUnknown: whether a checksum of 0 in a stored entry means that none was computed, as in files
    ///   of torch.save with that setting.
    /// - Throws: when it would decompress beyond what ``checkSize(_:)`` allows; ``Unreadable``.
    func source(_ position: Int, zeroIsUnknown: Bool = false) throws -> any ByteSource {
        let entry = entries[position]
        if let problem = entry.problem { throw Unreadable("its entry \(shown(entry.name)) in the archive \(problem)") }
        try checkSize(entry)
        if entry.method != 0 { inflatable -= entry.size }
        // libzip compares the checksum of every entry; without one the bytes are read directly.
        if zeroIsUnknown, entry.crc == 0, entry.method == 0 { return try StoredEntrySource(file, entry) }
        guard let stream = zip_fopen_index(archive, zip_uint64_t(position), 0) else {
            throw failure(entry, archive.flatMap { zip_get_error($0) })
        }
        return ZipEntrySource(self, entry, stream)
    }

    /// Reads an entry completely. `buffer` must have its size.
    /// - Throws: when the data is damaged (CRC), longer or shorter than the directory says, or decompresses beyond 1
    ///   GiB.
    func read(_ position: Int, into buffer: UnsafeMutableRawBufferPointer, zeroIsUnknown: Bool = false) throws {
        let source = try source(position, zeroIsUnknown: zeroIsUnknown)
        try source.read(into: buffer, "entry \(shown(entries[position].name))")
        guard try source.atEnd() else {
            throw report.error("zip: entry \(shown(entries[position].name)) has more than \(buffer.count) bytes")
        }
    }

    /// Refuses a size that the entry's bytes cannot decompress to, or that exceeds the limit for a file, before memory
    /// is allocated.
    func checkSize(_ entry: ZipDirectory.Entry) throws {
        guard entry.method != 0 else { return }
        // Deflate makes at most 1032 bytes from one.
        guard entry.size / 1032 <= entry.compressed + 1 else {
            throw report.error(
                "zip: entry \(shown(entry.name)): \(entry.compressed) bytes cannot inflate to \(entry.size)")
        }
        guard entry.size <= inflatable else {
            throw report.error(
                "zip: entry \(shown(entry.name)) inflates to \(entry.size) bytes; a file may inflate to \(limit) in all"
            )
        }
    }

    /// A small entry's bytes.
    func bytes(_ position: Int, limit: Int, zeroIsUnknown: Bool = false) throws -> [UInt8] {
        let entry = entries[position]
        guard entry.size <= limit else {
            throw report.error("zip: entry \(shown(entry.name)) has \(entry.size) bytes; at most \(limit) make sense")
        }
        try checkSize(entry)
        return try [UInt8](unsafeUninitializedCapacity: entry.size) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            try read(
                position, into: UnsafeMutableRawBufferPointer(rebasing: raw[0..<entry.size]),
                zeroIsUnknown: zeroIsUnknown)
            initialized = entry.size
        }
    }

    /// libzip finds the directory in its own way; files made to show us and libzip different directories are refused.
    private func checkAgreement() throws {
        guard zip_get_num_entries(archive, 0) == zip_int64_t(entries.count) else {
            throw report.error("zip: the archive has two different directories")
        }
        for (index, entry) in entries.enumerated() {
            var status = zip_stat_t()
            guard zip_stat_index(archive, zip_uint64_t(index), zip_flags_t(ZIP_FL_ENC_RAW), &status) == 0,
                let name = status.name, ByteString(cString: name) == ByteString(entry.name),
                status.size == zip_uint64_t(entry.size),
                status.comp_size == zip_uint64_t(entry.compressed), status.crc == entry.crc,
                status.comp_method == entry.method
            else { throw report.error("zip: the archive has two different directories (entry \(shown(entry.name)))") }
        }
    }

    func failure(_ entry: ZipDirectory.Entry, _ error: UnsafeMutablePointer<zip_error_t>?) -> ScriptError {
        let words = error.flatMap { zip_error_strerror($0) }.map { String(cString: $0) } ?? "unreadable"
        return report.error("zip: entry \(shown(entry.name)): \(words)")
    }

    private static func describe(_ code: Int32) -> String {
        var error = zip_error_t()
        zip_error_init_with_code(&error, code)
        defer { zip_error_fini(&error) }
        return zip_error_strerror(&error).map { String(cString: $0) } ?? "error \(code)"
    }
}
