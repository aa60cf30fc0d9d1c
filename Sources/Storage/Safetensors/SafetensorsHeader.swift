import Scripting
import Tensors

/// What a safetensors header says, checked: every tensor's bytes follow the last one's, and together they fill the file.
struct SafetensorsHeader {
    struct Entry {
        let name: String
        let element: FileElement
        let shape: [Int]
        let count: Int
        /// In the file.
        let offset: Int
    }

    /// In the header's order.
    let entries: [Entry]
    let metadata: [ByteString: String]

    /// The format's own limit for the header, in bytes.
    static let limit = 100_000_000

    /// - Throws: on a header that is too long or malformed, tensors that leave gaps or overlap, sizes that overflow or
    ///   disagree with the shape, and bytes after the last tensor.
    init(_ file: InputFile) throws {
        let report = file.report
        let length = try file.bytes(at: 0, count: 8, "the header's length").reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= SafetensorsHeader.limit else {
            throw report.error("a safetensors header of \(length) bytes; the format allows \(SafetensorsHeader.limit)")
        }
        let data = 8 + Int(length)
        var scanner = HeaderScanner(try file.bytes(at: 8, count: Int(length), "the safetensors header"), report)

        var found: [(name: String, info: Info)] = []
        var metadata: [ByteString: String] = [:]
        try scanner.object { scanner, name in
            if name == MetadataJSON.name {
                metadata = try MetadataJSON.read(&scanner)
            } else {
                found.append((name, try Info(&scanner, name)))
            }
        }
        try scanner.end()

        // In the order of their bytes each must begin where the last one ended. Empty tensors share a place with others.
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
            Entry(name: name, element: info.element, shape: info.shape, count: info.count, offset: data + info.begin)
        }
        self.metadata = metadata
    }

    /// One tensor's description, consistent in itself.
    private struct Info {
        let element: FileElement
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
                default: throw scanner.error("tensor \(shown(name)): unknown key \(shown(key))")
                }
            }
            guard let dtype, let shape, let offsets, offsets.count == 2 else {
                throw scanner.error("tensor \(shown(name)): dtype, shape and two data_offsets expected")
            }
            guard let element = FileElement(safetensors: dtype) else {
                throw scanner.error("tensor \(shown(name)): elements of type \(shown(dtype)) are not supported")
            }
            let count = try scanner.report.naming { try Shape.count(shape, for: "tensor \(shown(name))") }
            guard offsets[0] <= offsets[1], let bytes = element.byteCount(count), offsets[1] - offsets[0] == bytes else {
                throw scanner.error(
                    "tensor \(shown(name)): shape \(Shape.describe(shape)) of \(dtype) does not take bytes \(offsets[0]) to \(offsets[1])")
            }
            self.element = element
            self.shape = shape
            self.count = count
            begin = offsets[0]
            end = offsets[1]
        }
    }
}

extension FileElement {
    /// The type of that name in safetensors, or nil for those without a tensor type to hold them (8-bit and complex floats).
    init?(safetensors name: String) {
        switch name {
        case "BOOL": self = .bool
        case "U8": self = .uint8
        case "I8": self = .int8
        case "U16": self = .uint16
        case "I16": self = .int16
        case "U32": self = .uint32
        case "I32": self = .int32
        case "U64": self = .uint64
        case "I64": self = .int64
        case "F16": self = .float16
        case "BF16": self = .bfloat16
        case "F32": self = .float32
        case "F64": self = .float64
        default: return nil
        }
    }
}
