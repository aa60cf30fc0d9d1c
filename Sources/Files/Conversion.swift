import Scripting
import Tensors

/// Converts a checkpoint to another format. Every number keeps its type in the file where the new format has it.
public struct Conversion {
    /// A new type for real numbers, see ``DType``; nil for none. Integers and booleans keep theirs.
    public var dtype: DType?
    /// Whether to leave out what cannot be read.
    public var skip: Bool

    /// What happened to the numbers.
    public struct Summary {
        /// How many were written.
        public let tensors: Int
        public let numbers: Int
        /// A change of type such as `bfloat16 -> float32`, and the tensors with that change.
        public let changes: [(change: String, names: [String])]
        /// The tensors that were skipped, and why.
        public let leftOut: [(name: String, reason: String)]
    }

    /// By default numbers keep their types, and what cannot be read is an error.
    public init(dtype: DType? = nil, skip: Bool = false) {
        (self.dtype, self.skip) = (dtype, skip)
    }

    /// - Throws: ``ScriptError`` for `operation` when reading or writing fails; the old file is then unchanged.
    public func run(
        from input: some ByteStringConvertible, to output: some ByteStringConvertible, for operation: String
    ) throws -> Summary {
        let output = output.byteString
        let read = try Checkpoint.load(input, for: operation, ReadingOptions(skip: skip))
        var written = StateDict(metadata: read.metadata)
        // What a module is made of is known to a .pt only: a reader of flows asks for it.
        if read.classes.contains(where: { $0.hasPrefix("torch.nn.modules.") }) {
            written.metadata[StateDict.classesKey] = read.classes.sorted().joined(separator: " ")
        }
        var changes: [(change: String, names: [String])] = []
        for (name, tensor) in read.entries {
            let before = read.stored[ByteString(name)] ?? FileElement(tensor.dtype)
            let converted = try converted(tensor, before)
            written[name] = converted
            let after =
                dtype != nil && before.isReal ? FileElement(converted.dtype) : Conversion.writable(before, output)
            if after != FileElement(converted.dtype) { written.written[ByteString(name)] = after }
            guard after != before else { continue }
            let change = "\(before) -> \(after)"
            if let known = changes.firstIndex(where: { $0.change == change }) {
                changes[known].names.append(name)
            } else {
                changes.append((change, [name]))
            }
        }
        try Checkpoint.save(output, written, for: operation)
        let numbers = written.entries.reduce(0) { $0 + $1.tensor.count }
        return Summary(tensors: written.count, numbers: numbers, changes: changes, leftOut: read.leftOut)
    }

    /// With dtype float16 only matrices are rounded: vectors (biases, scales) take little space and matter much.
    private func converted(_ tensor: Tensor, _ before: FileElement) throws -> Tensor {
        guard let dtype, before.isReal else { return tensor }
        let isVector = tensor.shape.allSatisfy { $0 == 1 || $0 == tensor.count }
        return try tensor.cast(dtype == .float16 && isVector ? .float32 : dtype)
    }

    /// The type in which a file of that name stores such numbers.
    private static func writable(_ element: FileElement, _ path: ByteString) -> FileElement {
        let isNumpy = [".npy", ".npz"].contains { path.text.lowercased().hasSuffix($0) }
        return isNumpy && NpyHeader.description(element) == nil ? .float32 : element
    }
}

extension FileElement {
    /// Whether it is a floating-point type.
    var isReal: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }
}
