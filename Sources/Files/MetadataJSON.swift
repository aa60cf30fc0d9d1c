import Scripting

/// The texts beside a checkpoint's tensors as JSON, `{"prior":"normal"}`: safetensors calls them `__metadata__`.
enum MetadataJSON {
    /// The key of these texts in a safetensors header, and the name of the entry with them in an `.npz`.
    static let name = "__metadata__"

    /// In the order of the names, so that equal texts give equal JSON.
    static func write(_ metadata: [ByteString: String]) -> String {
        let pairs = metadata.sorted { $0.key < $1.key }.map { name, text in
            "\(JSONTokens.quoted(name.text)):\(JSONTokens.quoted(text))"
        }
        return "{\(pairs.joined(separator: ","))}"
    }

    /// - Throws: unless an object with only strings follows.
    static func read(_ scanner: inout HeaderScanner) throws -> [ByteString: String] {
        var metadata: [ByteString: String] = [:]
        try scanner.object { scanner, key in metadata[ByteString(key)] = try scanner.string() }
        return metadata
    }
}
