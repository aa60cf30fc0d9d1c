import Scripting
import Tensors

/// `require "checkpoint"`: tensors out of files and into them.
public struct CheckpointModule: ScriptModule {
    public init() {}

    public let name = "checkpoint"
    public let summary = "Files of named tensors: .safetensors, .npz and .npy are read and written, PyTorch's .pt is read."
    public var functions: [NativeFunction] { [CheckpointModule.load, CheckpointModule.save] }

    private static let load = NativeFunction(
        "checkpoint.load",
        Documentation(
            "checkpoint.load(path, {skip = false, complex = nil or \"pairs\"}) -> tensors: {name = tensor, ...}, metadata: table",
            """
            The tensors of a file by name, and the strings that came beside them (metadata of .safetensors and .npz; empty for \
            other formats). The format is told by the content, not by the name. A .pt file, also of the format before PyTorch \
            1.6, may hold a state dict, or one under model_state_dict, state_dict, model or the only other name with tensors \
            under it; what else is in it is left aside. A module that was saved whole gives its state dict. Where several names \
            have tensors under them (generator and discriminator, a list of state dicts) all come, under names with dots: \
            "generator.0.weight"; elements of lists are counted from 1. A name that is no UTF-8 \
            comes as Python shows it, \\udcff. Nothing in the file is run: of objects and functions it \
            makes placeholders. float16 stays float16, bfloat16 becomes float32, integers int64. The one array of an .npy file is named array. \
            A tensor that cannot be read (complex or quantised numbers, texts, Python objects) is an error that names it. With \
            skip = true it is left out, and the second result is a table of what was: left[name] says why; the metadata is \
            then the third. complex = "pairs" reads complex numbers as pairs of real ones, in a last dimension of 2.
            """,
            errors: "The file is missing, cut short, damaged, of no known format, or asks for more than reading tensors.",
            source: "torch.load(path, weights_only=True), torch.view_as_real",
            example: """
                local path = os.tmpname() .. ".safetensors"
                checkpoint.save(path, {w = tensor({1, 2, 3})}, {metadata = {made = "today"}})
                local tensors, metadata = checkpoint.load(path)
                assert(tensors.w[{3}] == 3 and metadata.made == "today")
                local all, left = checkpoint.load(path, {skip = true})
                assert(all.w and next(left) == nil)  -- nothing was left out
                os.remove(path)
                """)
    ) { arguments in
        try arguments.atMost(2)
        let options = try arguments.options(2, ["skip", "complex"])
        let skip = try options.boolean("skip", default: false)
        let asPairs = try options.has("complex") && options.choice("complex", ["pairs"], default: "pairs") == "pairs"
        let dict = try Checkpoint.load(
            try arguments.bytes(1, "path"), for: arguments.function, ReadingOptions(skip: skip, complexAsPairs: asPairs))
        let tensors = Value.record(dict.entries.map { ($0.name, .tensor($0.tensor)) })
        let metadata = Value.record(dict.metadata.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
        guard skip else { return [tensors, metadata] }
        return [tensors, .record(dict.leftOut.map { ($0.name, .string($0.reason)) }), metadata]
    }

    private static let save = NativeFunction(
        "checkpoint.save",
        Documentation(
            "checkpoint.save(path, {name = tensor, ...}, {metadata, dtype = nil or \"float16\" or \"float32\" or \"float64\"})",
            """
            Writes tensors under their names, in the order of the names. The path's extension says the format: .safetensors, \
            .npz or .npy (one tensor, whose name is not kept). Option dtype ("float16", "float32", "float64") converts floats; without \
            it every tensor keeps its type. Option metadata is a table of strings (.safetensors, and .npz, which has them as JSON in an array __metadata__ of bytes). The file appears whole \
            or not at all: a failure, even a kill in the middle, leaves what was there before.
            """,
            errors: "Another extension; a value that is not a tensor; metadata for a format without; the file cannot be written.",
            source: "safetensors.torch.save_file, numpy.savez",
            example: """
                local path = os.tmpname() .. ".npz"
                checkpoint.save(path, {a = tensor.ones(2, 3), b = tensor({4})}, {dtype = "float16"})
                local back = checkpoint.load(path)
                assert(back.a.shape[2] == 3 and back.b[{1}] == 4)
                os.remove(path)
                """)
    ) { arguments in
        try arguments.atMost(3)
        let path = try arguments.bytes(1, "path")
        let options = try arguments.options(3, ["metadata", "dtype"])
        var dict = StateDict(metadata: try metadata(options))
        guard dict.metadata.isEmpty || [".safetensors", ".npz"].contains(where: ByteString(path.text.lowercased()).hasSuffix) else {
            throw arguments.error("\(path): only .safetensors and .npz have a place for metadata")
        }
        for (name, tensor) in try tensors(arguments) {
            dict[name] = options.has("dtype") && tensor.dtype.isFloating ? try tensor.cast(try dtype(options)) : tensor
        }
        try Checkpoint.save(path, dict)
        return []
    }

    /// The table's tensors, by name: a table's own order is chance, and files should not differ by chance. All formats hold
    /// names as UTF-8.
    private static func tensors(_ arguments: Arguments) throws -> [(name: String, tensor: Tensor)] {
        let entries = try arguments.table(2, "tensors").entries().map { key, value in
            guard case .string(let name) = key else {
                throw arguments.error("argument 2 (tensors): names expected for keys, got \(key.shown)")
            }
            guard case .object(let object) = value, let variable = object as? Variable else {
                throw arguments.error("argument 2 (tensors): \(name.quoted()) is a \(value.typeName), not a tensor")
            }
            guard let text = name.utf8Text else {
                throw arguments.error(
                    "argument 2 (tensors): the name \(name.quoted()) is no UTF-8, which every format holds names as")
            }
            return (name: text, tensor: variable.value)
        }
        return entries.sorted { ByteString($0.name) < ByteString($1.name) }
    }

    private static func dtype(_ options: Options) throws -> DType {
        let name = try options.choice("dtype", DType.floating.map(\.rawValue), default: "float32")
        return DType(rawValue: name) ?? .float32
    }

    private static func metadata(_ options: Options) throws -> [ByteString: String] {
        guard options.has("metadata") else { return [:] }
        guard case .table(let table) = options["metadata"] else { throw options.error("metadata", expected: "a table of strings") }
        var metadata: [ByteString: String] = [:]
        for (key, value) in try table.entries() {
            guard case .string(let name) = key, case .string(let text) = value else {
                throw ScriptError(options.function, "option metadata: strings by name expected, got \(value.shown) for \(key.shown)")
            }
            guard name.utf8Text != nil, let text = text.utf8Text else {
                throw ScriptError(
                    options.function, "option metadata: \(key.shown) = \(value.shown) is no UTF-8, as which it is stored")
            }
            metadata[name] = text
        }
        return metadata
    }
}
