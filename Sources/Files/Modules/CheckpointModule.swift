import Scripting
import Tensors

/// `require "checkpoint"`: reading tensors from files and writing them.
public struct CheckpointModule: ScriptModule {
    public init() {}

    public let name = "checkpoint"
    public let summary = """
        Files of named tensors: .safetensors, .npz and .npy are read and written, PyTorch's .pt is read.
        """
    public var functions: [NativeFunction] {
        [CheckpointModule.load, CheckpointModule.save].map { NativeFunction($0) }
    }

    private static let load = Declaration(
        "checkpoint.load",
        """
        The tensors of a file by name, and the strings that came beside them (metadata of .safetensors and .npz; empty \
        for other formats). The format is told by the content, not by the name. A .pt file, also of the format before \
        PyTorch 1.6, may hold a state dict, or one under model_state_dict, state_dict, model or the only other name \
        with tensors under it; what else is in it is left aside. A module that was saved whole gives its state dict. \
        Where several names have tensors under them (generator and discriminator, a list of state dicts), or tensors \
        stand beside such a name, all come, under names with dots: "generator.0.weight"; elements of lists are \
        counted from 1. A name that is no UTF-8 comes as Python shows it, \\udcff. Nothing in the file is run: \
        of objects and functions it makes placeholders. float16 stays float16, bfloat16 becomes float32, integers \
        int64. The one array of an .npy file is named array. A tensor that cannot be read (complex or quantised \
        numbers, texts, Python objects; in a .pt one whose key is neither a text nor a whole number) is an error that \
        names it, and so is metadata that is not of texts. With skip = true it is left out, and the second \
        result is a table of what was: left[name] says why; the metadata is then the third.
        """,
        takes: .argument("path", .bytes),
        .option("skip", .flag, default: false, "whether what cannot be read is left out"),
        .option(
            "complex", .optional(.choice(["pairs"])),
            "\"pairs\": complex numbers are read as pairs of real ones, in a last dimension of 2"),
        .operation,
        returns: .values(ResultSpec("tensors", .map(.object(Variable.type.name))), ResultSpec("metadata", .table)),
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
            """
    ) { path, skip, complex, operation in
        let options = ReadingOptions(skip: skip, complexAsPairs: complex == "pairs")
        let dict = try Checkpoint.load(path, for: operation, options)
        let tensors = Value.record(dict.entries.map { ($0.name, .tensor($0.tensor)) })
        let metadata = Value.record(dict.metadata.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
        guard skip else { return [tensors, metadata] }
        return [tensors, .record(dict.leftOut.map { ($0.name, .string($0.reason)) }), metadata]
    }

    private static let save = Declaration(
        "checkpoint.save",
        """
        Writes tensors under their names, in the order of the names. The path's extension says the format: \
        .safetensors, .npz or .npy (one tensor, whose name is not kept). The file appears whole or not at all: a \
        failure, even a kill in the middle, leaves what was there before.
        """,
        takes: .argument("path", .bytes), .argument("tensors", namedTensors, "{name = tensor, ...}"),
        .option(
            "metadata", .optional(texts),
            "strings by name (.safetensors, and .npz, which has them as JSON in an array __metadata__ of bytes)"),
        .option("dtype", .optional(.choice(DType.floating)), "of all floats; without it every tensor keeps its own"),
        returns: .nothing,
        errors: "Another extension; metadata for a format without; the file cannot be written.",
        source: "safetensors.torch.save_file, numpy.savez",
        example: """
            local path = os.tmpname() .. ".npz"
            checkpoint.save(path, {a = tensor.ones(2, 3), b = tensor({4})}, {dtype = "float16"})
            local back = checkpoint.load(path)
            assert(back.a.shape[2] == 3 and back.b[{1}] == 4)
            os.remove(path)
            """
    ) { path, tensors, metadata, dtype in
        var dict = StateDict(metadata: metadata ?? [:])
        let hasPlace = [".safetensors", ".npz"].contains(where: ByteString(path.text.lowercased()).hasSuffix)
        guard dict.metadata.isEmpty || hasPlace else {
            throw Fault("\(path): only .safetensors and .npz have a place for metadata")
        }
        for (name, tensor) in tensors {
            if let dtype, tensor.dtype.isFloating { dict[name] = try tensor.cast(dtype) } else { dict[name] = tensor }
        }
        try Checkpoint.save(path, dict)
    }

    /// Tensors by name, sorted, since a table's own order is arbitrary and files should not depend on it. Names must be
    /// UTF-8, as in all formats.
    private static let namedTensors = Domain<[(name: String, tensor: Tensor)]>(
        .map(.object(Variable.type.name)), expected: "a table of tensors", show: { _ in "tensors" }
    ) { value in
        guard case .table(let table) = value else { return nil }
        let entries = try table.entries().map { key, value in
            guard case .string(let name) = key else { throw Fault("names expected for keys, got \(key.shown)") }
            guard case .object(let object as Variable) = value else {
                throw Fault("\(name.quoted()) is a \(value.typeName), not a tensor")
            }
            guard let text = name.utf8Text else {
                throw Fault("the name \(name.quoted()) is no UTF-8, which every format holds names as")
            }
            return (name: text, tensor: object.value)
        }
        return entries.sorted { ByteString($0.name) < ByteString($1.name) }
    }

    /// Texts by name, in UTF-8.
    private static let texts = Domain<[ByteString: String]>(
        .map(.string), expected: "a table of strings", show: { _ in "{}" }
    ) { value in
        guard case .table(let table) = value else { return nil }
        var texts: [ByteString: String] = [:]
        for (key, value) in try table.entries() {
            guard case .string(let name) = key, case .string(let text) = value else {
                throw Fault("strings by name expected, got \(value.shown) for \(key.shown)")
            }
            guard name.utf8Text != nil, let text = text.utf8Text else {
                throw Fault("\(key.shown) = \(value.shown) is no UTF-8, as which it is stored")
            }
            texts[name] = text
        }
        return texts
    }
}
