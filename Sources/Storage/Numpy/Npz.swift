import CZip
import Scripting
import Tensors

/// NumPy's archive of named arrays: a zip of `.npy` entries.
///
/// Metadata is one more of them, `__metadata__`: the bytes of a JSON object, of type uint8. NumPy reads it like any other,
/// `json.loads(bytes(np.load(path)["__metadata__"]))`.
enum Npz {
    /// More than any description of a model is long.
    private static let metadataLimit = 1 << 20

    static func isNpz(_ archive: ZipArchive) -> Bool {
        !archive.entries.isEmpty && archive.entries.allSatisfy { ByteString($0.name).hasSuffix(".npy") }
    }

    static func read(_ archive: ZipArchive) throws -> StateDict {
        var dict = StateDict()
        for (position, entry) in archive.entries.enumerated() {
            let name = ByteString(entry.name).dropLast(4).text
            if name == MetadataJSON.name, let metadata = try metadata(archive, position) {
                dict.metadata = metadata
            } else {
                dict[name] = try Npy.read(try archive.source(position))
            }
        }
        return dict
    }

    /// The strings in the entry of that name; nil if it is an array of numbers that happens to be called so.
    private static func metadata(_ archive: ZipArchive, _ position: Int) throws -> [ByteString: String]? {
        let header = try NpyHeader(try archive.source(position))
        guard header.element == .uint8, header.shape.count == 1 else { return nil }
        guard header.shape[0] <= metadataLimit else {
            throw archive.report.error("\(MetadataJSON.name) of \(header.shape[0]) bytes; at most \(metadataLimit) make sense")
        }
        let bytes = try Npy.read(try archive.source(position)).toArray().map { UInt8($0) }
        var scanner = HeaderScanner(bytes, archive.report, what: MetadataJSON.name, at: nil)
        let metadata = try MetadataJSON.read(&scanner)
        try scanner.end()
        return metadata
    }

    /// Writes the arrays as they are, not compressed. Same contents, same bytes.
    static func write(_ dict: StateDict, to path: ByteString, for operation: String) throws {
        let report = Report(operation: operation, path: path)
        for name in dict.names where !ZipDirectory.isHarmless(name + ".npy") {
            throw report.error("\(shown(name)) cannot be a name in an .npz archive")
        }
        guard dict[MetadataJSON.name] == nil else { throw report.error("\"\(MetadataJSON.name)\" cannot be a tensor's name in an .npz archive") }
        try AtomicFile.write(to: path, for: operation) { file in
            var code: Int32 = 0
            guard let archive = file.temporaryPath.withCString({ zip_open($0, ZIP_CREATE | ZIP_TRUNCATE, &code) }) else {
                throw report.error("zip: cannot begin the archive (error \(code))")
            }
            var isOpen = true
            defer { if isOpen { zip_discard(archive) } }
            // libzip reads the arrays when it closes the archive: everything stays alive until then.
            var entries = try dict.entries.map { try Entry(name: $0.name, tensor: $0.tensor) }
            if !dict.metadata.isEmpty { entries.append(Entry(name: MetadataJSON.name, text: MetadataJSON.write(dict.metadata))) }
            defer { withExtendedLifetime(entries) {} }
            for entry in entries {
                guard entry.add(to: archive) else { throw failure(archive, report) }
            }
            guard zip_close(archive) == 0 else { throw failure(archive, report) }
            isOpen = false
        }
    }

    private static func failure(_ archive: OpaquePointer, _ report: Report) -> ScriptError {
        report.error("zip: cannot write: \(zip_strerror(archive).map { String(cString: $0) } ?? "unknown")")
    }

    /// One entry while it waits to be written: header and numbers at addresses that do not move.
    private final class Entry {
        private let name: String
        /// The numbers; nil where everything stands in the header's buffer.
        private let tensor: Tensor?
        private let header: UnsafeMutableRawBufferPointer

        init(name: String, tensor: Tensor) throws {
            self.name = name + ".npy"
            let contiguous = try tensor.contiguous()
            self.tensor = contiguous
            header = Entry.copied(NpyHeader.bytes(contiguous))
        }

        /// The bytes of a text, as an array of uint8.
        init(name: String, text: String) {
            self.name = name + ".npy"
            tensor = nil
            header = Entry.copied(NpyHeader.bytes("|u1", [text.utf8.count]) + Array(text.utf8))
        }

        private static func copied(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
            buffer.copyBytes(from: bytes)
            return buffer
        }

        deinit { header.deallocate() }

        func add(to archive: OpaquePointer) -> Bool {
            var parts = [
                zip_buffer_fragment_t(
                    data: header.baseAddress?.assumingMemoryBound(to: UInt8.self), length: zip_uint64_t(header.count))
            ]
            if let tensor {
                let size = tensor.dtype.stride
                let numbers = (tensor.storage.bytes + tensor.offset * size).assumingMemoryBound(to: UInt8.self)
                parts.append(zip_buffer_fragment_t(data: numbers, length: zip_uint64_t(tensor.count * size)))
            }
            guard let source = zip_source_buffer_fragment(archive, &parts, zip_uint64_t(parts.count), 0) else { return false }
            let index = zip_file_add(archive, name, source, zip_flags_t(ZIP_FL_ENC_UTF_8))
            guard index >= 0 else {
                zip_source_free(source)
                return false
            }
            // A fixed date (1 January 1980) makes the same arrays the same file.
            return zip_set_file_compression(archive, zip_uint64_t(index), ZIP_CM_STORE, 0) == 0
                && zip_file_set_dostime(archive, zip_uint64_t(index), 0, 1 << 5 | 1, 0) == 0
        }
    }
}
