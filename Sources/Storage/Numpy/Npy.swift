import Scripting
import Tensors

/// NumPy's format for one array, and the body of each entry of an `.npz`.
enum Npy {
    /// The name that the one array of an `.npy` file, which has none, goes by in a ``StateDict``.
    static let name = "array"

    /// - Throws: on a malformed header, and when the bytes are not as many as the shape says.
    static func read(_ source: any ByteSource) throws -> Tensor {
        let header = try NpyHeader(source)
        let count = try source.report.naming { try Shape.count(header.shape, for: "an .npy array") }
        guard let bytes = header.element.byteCount(count) else { throw source.report.error("an .npy array of \(count) elements") }
        try source.check(bytes, "an array of shape \(Shape.describe(header.shape))")
        let storage = try header.element.storage(count: count, header.order, source.report) { buffer in
            try source.read(into: buffer, "the array")
        }
        guard try source.atEnd() else {
            throw source.report.error("more bytes than an array of shape \(Shape.describe(header.shape)) has")
        }
        guard header.isFortran else { return Tensor(storage, shape: header.shape) }
        // Column by column is the transposed array row by row.
        let reversed = Array(header.shape.reversed())
        return try Tensor(storage, shape: reversed).permute(Array(reversed.indices.reversed()))
    }

    static func write(_ dict: StateDict, to path: ByteString, for operation: String) throws {
        guard let (_, tensor) = dict.entries.first, dict.count == 1 else {
            throw Report(operation: operation, path: path).error(
                ".npy holds one tensor without a name, not \(dict.count); use .npz or .safetensors")
        }
        try AtomicFile.write(to: path, for: operation) { file in
            try file.write(NpyHeader.bytes(tensor))
            try tensor.withBytes { try file.write($0) }
        }
    }
}
