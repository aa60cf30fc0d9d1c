import Scripting
import Tensors

/// The safetensors format: a JSON header and the tensors' bytes, without code.
/// https://github.com/huggingface/safetensors
enum Safetensors {
    static func read(_ file: InputFile, _ options: ReadingOptions = ReadingOptions()) throws -> StateDict {
        let header = try SafetensorsHeader(file, skip: options.skip)
        var gathering = Gathering(file.report, options)
        gathering.describe(header.metadata)
        if let problem = header.problem { gathering.leaveOut(MetadataJSON.name, problem) }
        for entry in header.entries {
            try gathering.add(entry.name) {
                let (element, each) = try entry.type.numbers(options)
                let storage = try element.storage(count: entry.count * each, .little, file.report) { buffer in
                    try file.read(at: entry.offset, into: buffer, "tensor \(shown(entry.name))")
                }
                return (Tensor(storage, shape: entry.shape + (each == 1 ? [] : [each])), element)
            }
        }
        return gathering.dict
    }

    /// Writes every tensor in its own type. Equal contents give equal bytes.
    static func write(_ dict: StateDict, to path: ByteString, for operation: String) throws {
        let report = Report(operation: operation, path: path)
        guard dict[MetadataJSON.name] == nil else {
            throw report.error("\"__metadata__\" cannot be a tensor's name in safetensors")
        }
        // Wide elements first, as in the reference implementation: everything stays aligned for readers that map the
        // file.
        let order = dict.entries.enumerated().sorted { a, b in
            let (x, y) = (dict.writtenType(a.element).width, dict.writtenType(b.element).width)
            return x == y ? a.offset < b.offset : x > y
        }.map(\.element)
        let header = try header(dict, order, report)
        try AtomicFile.write(to: path, for: operation) { file in
            try file.write(header)
            for (name, tensor) in order {
                try StoredNumbers(tensor, dict.written[ByteString(name)]).withBytes { try file.write($0) }
            }
        }
    }

    private static func header(_ dict: StateDict, _ order: [(name: String, tensor: Tensor)], _ report: Report) throws
        -> [UInt8]
    {
        var offsets: [ByteString: (Int, Int)] = [:]
        var end = 0
        for entry in order {
            let (bytes, wide) = entry.tensor.count.multipliedReportingOverflow(by: dict.writtenType(entry).width)
            let (next, wider) = end.addingReportingOverflow(bytes)
            guard !wide, !wider else { throw report.error("the tensors are too large") }
            offsets[ByteString(entry.name)] = (end, next)
            end = next
        }
        var parts: [String] = []
        if !dict.metadata.isEmpty {
            parts.append("\"\(MetadataJSON.name)\":\(MetadataJSON.write(dict.metadata))")
        }
        for entry in dict.entries {
            let (begin, end) = offsets[ByteString(entry.name)] ?? (0, 0)
            let shape = entry.tensor.shape.map(String.init).joined(separator: ",")
            let type = description(dict.writtenType(entry))
            parts.append(
                "\(JSONTokens.quoted(entry.name)):{\"dtype\":\"\(type)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(begin),\(end)]}"
            )
        }
        var json = Array("{\(parts.joined(separator: ","))}".utf8)
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        guard json.count <= SafetensorsHeader.limit else {
            throw report.error("the names are too long for a safetensors header")
        }
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }

    /// The format's name for the type.
    private static func description(_ element: FileElement) -> String {
        switch element {
        case .bool: "BOOL"
        case .uint8: "U8"
        case .int8: "I8"
        case .uint16: "U16"
        case .int16: "I16"
        case .uint32: "U32"
        case .int32: "I32"
        case .uint64: "U64"
        case .int64: "I64"
        case .float16: "F16"
        case .bfloat16: "BF16"
        case .float32: "F32"
        case .float64: "F64"
        }
    }
}
