import CZip
import Scripting
import Tensors

/// NumPy's archive of named arrays: a zip of `.npy` entries.
enum Npz {
    static func isNpz(_ archive: ZipArchive) -> Bool {
        !archive.entries.isEmpty && archive.entries.allSatisfy { $0.name.hasSuffix(".npy") }
    }

    static func read(_ archive: ZipArchive) throws -> StateDict {
        var dict = StateDict()
        for (position, entry) in archive.entries.enumerated() {
            dict[String(entry.name.dropLast(".npy".count))] = try Npy.read(try archive.source(position))
        }
        return dict
    }

    /// Writes the arrays as they are, not compressed. Same contents, same bytes.
    static func write(_ dict: StateDict, to path: String, for operation: String) throws {
        let report = Report(operation: operation, path: path)
        for name in dict.names where !ZipDirectory.isHarmless(name + ".npy") {
            throw report.error("\(shown(name)) cannot be a name in an .npz archive")
        }
        try AtomicFile.write(to: path, for: operation) { file in
            var code: Int32 = 0
            guard let archive = zip_open(file.temporaryPath, ZIP_CREATE | ZIP_TRUNCATE, &code) else {
                throw report.error("zip: cannot begin the archive (error \(code))")
            }
            var isOpen = true
            defer { if isOpen { zip_discard(archive) } }
            // libzip reads the arrays when it closes the archive: everything stays alive until then.
            let entries = try dict.entries.map { try Entry(name: $0.name, tensor: $0.tensor) }
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
        private let tensor: Tensor
        private let header: UnsafeMutableRawBufferPointer

        init(name: String, tensor: Tensor) throws {
            self.name = name + ".npy"
            self.tensor = try tensor.contiguous()
            let bytes = NpyHeader.bytes(tensor)
            header = .allocate(byteCount: bytes.count, alignment: 1)
            header.copyBytes(from: bytes)
        }

        deinit { header.deallocate() }

        func add(to archive: OpaquePointer) -> Bool {
            let size = tensor.dtype.stride
            let numbers = (tensor.storage.bytes + tensor.offset * size).assumingMemoryBound(to: UInt8.self)
            var parts = [
                zip_buffer_fragment_t(
                    data: header.baseAddress?.assumingMemoryBound(to: UInt8.self), length: zip_uint64_t(header.count)),
                zip_buffer_fragment_t(data: numbers, length: zip_uint64_t(tensor.count * size)),
            ]
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
