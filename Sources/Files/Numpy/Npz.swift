import Scripting
import Tensors

/// NumPy's archive of named arrays: a zip file of `.npy` entries.
///
/// Metadata is an additional entry `__metadata__`, the bytes of a JSON object as uint8. NumPy reads it by
/// `json.loads(bytes(np.load(path)["__metadata__"]))`.
enum Npz {
    /// Longer than any model's metadata.
    private static let metadataLimit = 1 << 20

    /// Whether the archive holds arrays, or nothing at all, as `np.savez` without arrays writes it.
    static func isNpz(_ archive: ZipArchive) -> Bool {
        archive.entries.isEmpty || archive.entries.contains { ByteString($0.name).hasSuffix(".npy") }
    }

    static func read(_ archive: ZipArchive, _ options: ReadingOptions = ReadingOptions()) throws -> StateDict {
        var gathering = Gathering(archive.report, options)
        for (position, entry) in archive.entries.enumerated() {
            // Programs that pack files also add entries for folders.
            if entry.size == 0, ByteString(entry.name).hasSuffix("/") { continue }
            guard ByteString(entry.name).hasSuffix(".npy") else {
                try gathering.add(entry.name, "entry") {
                    throw Unreadable("not an array: its name does not end in .npy")
                }
                continue
            }
            let name = ByteString(entry.name).dropLast(".npy".utf8.count).text
            var metadata: [ByteString: String]?
            if name == MetadataJSON.name {
                do {
                    metadata = try self.metadata(archive, position)
                } catch let wrong as ScriptError {
                    try gathering.add(name, "array") { throw wrong }
                    continue
                }
            }
            if let metadata {
                gathering.describe(metadata)
            } else {
                try gathering.add(name, "array") { try Npy.read(try archive.source(position), options) }
            }
        }
        return gathering.dict
    }

    /// The texts in the entry of that name; nil if it is an ordinary array that happens to have this name.
    private static func metadata(_ archive: ZipArchive, _ position: Int) throws -> [ByteString: String]? {
        guard let header = try header(archive, position), header.type == .number(.uint8), header.shape.count == 1 else {
            return nil
        }
        guard header.shape[0] <= metadataLimit else {
            throw archive.report.error(
                "\(MetadataJSON.name) of \(header.shape[0]) bytes; at most \(metadataLimit) make sense")
        }
        let bytes = try Npy.read(try archive.source(position)).tensor.toIntegers().map { UInt8(clamping: $0) }
        var scanner = HeaderScanner(bytes, archive.report, what: MetadataJSON.name, at: nil)
        let metadata = try MetadataJSON.read(&scanner)
        try scanner.end()
        return metadata
    }

    /// The header of an entry; nil if it does not hold numbers.
    private static func header(_ archive: ZipArchive, _ position: Int) throws -> NpyHeader? {
        do { return try NpyHeader(try archive.source(position)) } catch is Unreadable { return nil }
    }

    /// Writes the arrays without compression. Equal contents give equal bytes.
    static func write(_ dict: StateDict, to path: ByteString, for operation: String) throws {
        let report = Report(operation: operation, path: path)
        for name in dict.names where !ZipDirectory.isHarmless(name + ".npy") {
            throw report.error("\(shown(name)) cannot be a name in an .npz archive")
        }
        guard dict[MetadataJSON.name] == nil else {
            throw report.error("\"\(MetadataJSON.name)\" cannot be a tensor's name in an .npz archive")
        }
        try AtomicFile.write(to: path, for: operation) { file in
            var zip = ZipWriter(file, report)
            for (name, tensor) in dict.entries {
                let numbers = try StoredNumbers(tensor, dict.written[ByteString(name)])
                try NpyHeader.bytes(numbers.element, tensor.shape).withUnsafeBytes { header in
                    try numbers.withBytes { try zip.add(name + ".npy", [header, $0]) }
                }
            }
            if !dict.metadata.isEmpty {
                let text = Array(MetadataJSON.write(dict.metadata).utf8)
                try (NpyHeader.bytes("|u1", [text.count]) + text).withUnsafeBytes {
                    try zip.add(MetadataJSON.name + ".npy", [$0])
                }
            }
            try zip.finish()
        }
    }
}
