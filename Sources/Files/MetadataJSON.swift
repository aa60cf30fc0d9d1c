import Scripting

/// The texts beside a checkpoint's tensors as JSON, `{"prior":"normal"}`: safetensors calls them `__metadata__`.
enum MetadataJSON {
    /// The key of these texts in a safetensors header, and the name of the entry with them in an `.npz`.
    static let name = "__metadata__"

    /// In the order of the names, so that equal texts give equal JSON.
    static func write(_ metadata: [ByteString: String]) -> String {
        let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key.text)):\(quoted($0.value))" }
        return "{\(pairs.joined(separator: ","))}"
    }

    /// - Throws: unless an object with only strings follows.
    static func read(_ scanner: inout HeaderScanner) throws -> [ByteString: String] {
        var metadata: [ByteString: String] = [:]
        try scanner.object { scanner, key in metadata[ByteString(key)] = try scanner.string() }
        return metadata
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
