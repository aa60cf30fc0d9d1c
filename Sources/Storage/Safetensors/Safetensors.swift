import Scripting
import Tensors

/// The safetensors format: a JSON header and the tensors' bytes, nothing to run.
/// https://github.com/huggingface/safetensors
enum Safetensors {
    static func read(_ file: InputFile) throws -> StateDict {
        let header = try SafetensorsHeader(file)
        var dict = StateDict(metadata: header.metadata)
        for entry in header.entries {
            let storage = try entry.element.storage(count: entry.count, .little, file.report) { buffer in
                try file.read(at: entry.offset, into: buffer, "tensor \(shown(entry.name))")
            }
            dict[entry.name] = Tensor(storage, shape: entry.shape)
        }
        return dict
    }

    /// Writes float16, float32 and float64 tensors as they are. Same contents, same bytes.
    static func write(_ dict: StateDict, to path: ByteString, for operation: String) throws {
        let report = Report(operation: operation, path: path)
        guard dict[MetadataJSON.name] == nil else { throw report.error("\"__metadata__\" cannot be a tensor's name in safetensors") }
        // Wide elements first, as the reference implementation does: everything stays aligned for readers that map the file.
        let order = dict.entries.enumerated().sorted { a, b in
            let (x, y) = (a.element.tensor.dtype.stride, b.element.tensor.dtype.stride)
            return x == y ? a.offset < b.offset : x > y
        }.map(\.element)
        let header = try header(dict, order, report)
        try AtomicFile.write(to: path, for: operation) { file in
            try file.write(header)
            for (_, tensor) in order {
                try tensor.withBytes { try file.write($0) }
            }
        }
    }

    private static func header(_ dict: StateDict, _ order: [(name: String, tensor: Tensor)], _ report: Report) throws -> [UInt8] {
        var offsets: [ByteString: (Int, Int)] = [:]
        var end = 0
        for (name, tensor) in order {
            let (bytes, wide) = tensor.count.multipliedReportingOverflow(by: tensor.dtype.stride)
            let (next, wider) = end.addingReportingOverflow(bytes)
            guard !wide, !wider else { throw report.error("the tensors are too large") }
            offsets[ByteString(name)] = (end, next)
            end = next
        }
        var parts: [String] = []
        if !dict.metadata.isEmpty {
            parts.append("\"\(MetadataJSON.name)\":\(MetadataJSON.write(dict.metadata))")
        }
        for (name, tensor) in dict.entries {
            let (begin, end) = offsets[ByteString(name)] ?? (0, 0)
            let type = switch tensor.dtype {
            case .float16: "F16"
            case .float32: "F32"
            case .float64: "F64"
            }
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            parts.append("\(MetadataJSON.quoted(name)):{\"dtype\":\"\(type)\",\"shape\":[\(shape)],\"data_offsets\":[\(begin),\(end)]}")
        }
        var json = Array("{\(parts.joined(separator: ","))}".utf8)
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        guard json.count <= SafetensorsHeader.limit else { throw report.error("the names are too long for a safetensors header") }
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }
}
