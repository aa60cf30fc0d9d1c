import Scripting
import Tensors

/// A checked safetensors header: the tensors' bytes follow each other without gaps and fill the file.
struct SafetensorsHeader {
    struct Entry {
        let name: String
        let type: StoredType
        let shape: [Int]
        let count: Int
        /// The offset of the tensor's bytes in the file.
        let offset: Int
    }

    /// In the header's order.
    let entries: [Entry]
    let metadata: [ByteString: String]
    /// Why the metadata was left out, if it was (`skip`).
    let problem: String?

    /// The format's limit for the header, in bytes.
    static let limit = 100_000_000

    /// - Parameter skip: whether to leave out malformed metadata (the format allows texts by name only); positions of
    ///   tensors do not depend on it.
    /// - Throws: for a header that is too long or malformed, tensors that leave gaps or overlap, sizes that overflow or
    ///   contradict the shape, and bytes after the last tensor.
    init(_ file: InputFile, skip: Bool = false) throws {
        let report = file.report
        let length = try file.bytes(at: 0, count: 8, "the header's length").reversed().reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        guard length <= SafetensorsHeader.limit else {
            throw report.error("a safetensors header of \(length) bytes; the format allows \(SafetensorsHeader.limit)")
        }
        let data = 8 + Int(length)
        let workspace = Workspace()
        try workspace.take(Int(length))
        var scanner = HeaderScanner(try file.bytes(at: 8, count: Int(length), "the safetensors header"), report)

        var found: [(name: String, info: Info)] = []
        var metadata: [ByteString: String] = [:]
        var problem: String?
        try scanner.object { scanner, name in
            if name == MetadataJSON.name {
                // Some writers put null where there is no metadata.
                if scanner.null() { return }
                let start = scanner
                do {
                    metadata = try MetadataJSON.read(&scanner)
                } catch let wrong as ScriptError {
                    // Text that is no JSON at all is still an error of the header.
                    scanner = start
                    try scanner.skip(MetadataJSON.name)
                    let reason = "\(wrong.message); \(MetadataJSON.name) holds texts under texts, by the format"
                    guard skip else {
                        throw ScriptError(
                            wrong.operation, "\(reason); checkpoint.load(path, {skip = true}) leaves it out")
                    }
                    problem = reason
                }
            } else {
                try workspace.take(300)
                found.append((name, try Info(&scanner, name)))
            }
        }
        try scanner.end()

        // In the order of their bytes, each must begin where the one before ends. Empty tensors may share a position.
        var end = 0
        for (name, info) in found.sorted(by: { ($0.info.begin, $0.info.end) < ($1.info.begin, $1.info.end) }) {
            guard info.begin == end else {
                throw report.error(
                    "tensor \(shown(name)) begins at data byte \(info.begin), but the tensor before it ends at \(end): "
                        + (info.begin > end ? "a gap" : "an overlap"))
            }
            end = info.end
        }
        guard end == file.size - data else {
            throw report.error("the tensors take \(end) bytes, but \(file.size - data) follow the header")
        }
        entries = found.map { name, info in
            Entry(name: name, type: info.type, shape: info.shape, count: info.count, offset: data + info.begin)
        }
        self.metadata = metadata
        self.problem = problem
    }

    /// The description of one tensor, consistent in itself.
    private struct Info {
        let type: StoredType
        let shape: [Int]
        let count: Int
        let begin: Int
        let end: Int

        init(_ scanner: inout HeaderScanner, _ name: String) throws {
            var dtype: String?
            var shape: [Int]?
            var offsets: [Int]?
            try scanner.object { scanner, key in
                switch key {
                case "dtype": dtype = try scanner.string()
                case "shape": shape = try scanner.naturals(limit: 64)
                case "data_offsets": offsets = try scanner.naturals(limit: 2)
                // Later versions of the format may add keys.
                default: try scanner.skip("tensor \(shown(name)): what stands under the unknown key \(shown(key))")
                }
            }
            guard let dtype, let shape, let offsets, offsets.count == 2 else {
                throw scanner.error("tensor \(shown(name)): dtype, shape and two data_offsets expected")
            }
            let type = StoredType(safetensors: dtype)
            let count = try scanner.report.naming { try Shape.count(shape, for: "tensor \(shown(name))") }
            let fits = type.width == nil || type.byteCount(count) == offsets[1] - offsets[0]
            guard offsets[0] <= offsets[1], fits else {
                throw scanner.error(
                    "tensor \(shown(name)): shape \(Shape.describe(shape)) of \(dtype) does not take bytes "
                        + "\(offsets[0]) to \(offsets[1])"
                )
            }
            self.type = type
            self.shape = shape
            self.count = count
            begin = offsets[0]
            end = offsets[1]
        }
    }
}

extension StoredType {
    /// The type of that name in safetensors.
    init(safetensors name: String) {
        switch name {
        case "BOOL": self = .number(.bool)
        case "U8": self = .number(.uint8)
        case "I8": self = .number(.int8)
        case "U16": self = .number(.uint16)
        case "I16": self = .number(.int16)
        case "U32": self = .number(.uint32)
        case "I32": self = .number(.int32)
        case "U64": self = .number(.uint64)
        case "I64": self = .number(.int64)
        case "F16": self = .number(.float16)
        case "BF16": self = .number(.bfloat16)
        case "F32": self = .number(.float32)
        case "F64": self = .number(.float64)
        case "C64": self = .complex(.float32, name)
        case "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ": self = .foreign(name, width: 1)
        // A type of less than a byte, or an unknown one.
        default: self = .foreign(name, width: nil)
        }
    }
}
