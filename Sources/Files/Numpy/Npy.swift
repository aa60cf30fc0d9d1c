import Scripting
import Tensors

/// NumPy's format for an array, also that of each entry of an `.npz`.
enum Npy {
    /// The name in a ``StateDict`` of an `.npy` file's array, which has none.
    static let name = "array"

    /// An `.npy` file: its one array, under ``name``.
    static func read(_ file: InputFile, _ options: ReadingOptions = ReadingOptions()) throws -> StateDict {
        var gathering = Gathering(file.report, options)
        try gathering.add(name, "array") { try read(FileSource(file), options) }
        return gathering.dict
    }

    /// - Throws: for a malformed header, and when there are more or fewer bytes than the shape says; ``Unreadable``.
    static func read(
        _ source: any ByteSource, _ options: ReadingOptions = ReadingOptions()
    ) throws -> (tensor: Tensor, stored: FileElement) {
        let header = try NpyHeader(source)
        let (element, each) = try header.type.numbers(options)
        let elements = try source.report.naming { try Shape.count(header.shape, for: "an .npy array") }
        guard let bytes = header.type.byteCount(elements) else {
            throw source.report.error("an .npy array of \(elements) elements")
        }
        try source.check(bytes, "an array of shape \(Shape.describe(header.shape))")
        let storage = try element.storage(count: elements * each, header.order, source.report) { buffer in
            try source.read(into: buffer, "the array")
        }
        guard try source.atEnd() else {
            throw source.report.error("more bytes than an array of shape \(Shape.describe(header.shape)) has")
        }
        let parts = each == 1 ? [] : [each]
        guard header.isFortran else { return (Tensor(storage, shape: header.shape + parts), element) }
        // A column-major array is the transpose of a row-major one.
        let reversed = Array(header.shape.reversed())
        let order = Array(reversed.indices.reversed()) + parts.indices.map { $0 + reversed.count }
        return (try Tensor(storage, shape: reversed + parts).permute(order), element)
    }

    static func write(_ dict: StateDict, to path: ByteString, for operation: String) throws {
        guard let (name, tensor) = dict.entries.first, dict.count == 1 else {
            throw Report(operation: operation, path: path).error(
                ".npy holds one tensor without a name, not \(dict.count); use .npz or .safetensors")
        }
        let numbers = try StoredNumbers(tensor, dict.written[ByteString(name)])
        try AtomicFile.write(to: path, for: operation) { file in
            try file.write(NpyHeader.bytes(numbers.element, tensor.shape))
            try numbers.withBytes { try file.write($0) }
        }
    }
}
