/// What a name in a pickle means here. Nothing is executed or looked up: each case is one that ``PickleMachine`` can
/// handle, and all unknown names are ``foreign(_:)``, which become placeholders. Names that only an attack would use
/// are refused: ``isHostile(module:name:)``.
enum TorchGlobal {
    /// Dictionaries of various classes.
    case dictionary(Mapping)
    /// A set, or another collection made from a list.
    case collection(String)
    case size
    case rebuild(Rebuild)
    /// A kind of tensor that cannot be read: the function that makes it, and a description.
    case unreadable(String, kind: String)
    case dtype(String, StoredType)
    case storage(StoredType)
    case foreign(String)

    enum Mapping { case ordered, counting, defaulting }

    enum Rebuild { case tensor, tensorV2, tensorV3, parameter, fromType }

    init(module: String, name: String) {
        let full = "\(module).\(name)"
        switch module {
        case "collections":
            switch name {
            case "OrderedDict": self = .dictionary(.ordered)
            case "Counter": self = .dictionary(.counting)
            case "defaultdict": self = .dictionary(.defaulting)
            default: self = .foreign(full)
            }
        case "builtins", "__builtin__":
            switch name {
            case "dict": self = .dictionary(.ordered)
            case "set", "frozenset", "list", "tuple": self = .collection(name)
            default: self = .foreign(full)
            }
        case "torch._utils", "torch._tensor":
            if let rebuild = TorchGlobal.rebuilds[name] {
                self = .rebuild(rebuild)
            } else if name.hasPrefix("_rebuild_") {
                self = .unreadable(full, kind: TorchGlobal.kinds[name] ?? "a special kind of tensor")
            } else {
                self = .foreign(full)
            }
        case "torch", "torch.cuda", "torch.storage":
            if name == "Size" {
                self = .size
            } else if let type = TorchGlobal.storages[name], module != "torch.storage" || name == "UntypedStorage" {
                self = .storage(type)
            } else if module == "torch", let type = TorchGlobal.dtypes[name] {
                self = .dtype(full, type)
            } else {
                self = .foreign(full)
            }
        case "torch.nn.parameter" where name.hasPrefix("Uninitialized"):
            self = .unreadable(full, kind: "a tensor that has no values yet")
        default: self = .foreign(full)
        }
    }

    var name: String {
        switch self {
        case .dictionary(.ordered): "collections.OrderedDict"
        case .dictionary(.counting): "collections.Counter"
        case .dictionary(.defaulting): "collections.defaultdict"
        case .collection(let name): name
        case .size: "torch.Size"
        case .rebuild: "a function that rebuilds tensors"
        case .unreadable(let name, _), .foreign(let name), .dtype(let name, _): name
        case .storage: "a storage type"
        }
    }

    /// Whether the name only makes sense in a checkpoint that attacks whoever unpickles it: programs, files, code,
    /// other pickles. It would not be executed here, but the file cannot be trusted in anything.
    static func isHostile(module: String, name: String) -> Bool {
        let package = module.prefix { $0 != "." }
        if package == "builtins" || package == "__builtin__" { return hostileBuiltins.contains(name) }
        if package == "torch" { return name == "load" }
        return hostilePackages.contains(String(package))
    }

    private static let hostileBuiltins: Set<String> = [
        "eval", "exec", "execfile", "compile", "open", "file", "input", "raw_input", "__import__", "breakpoint", "exit",
        "quit",
        "apply", "globals", "locals", "vars", "delattr", "setattr", "memoryview", "help", "reload",
    ]

    private static let hostilePackages: Set<String> = [
        "os", "posix", "nt", "subprocess", "popen2", "commands", "sys", "socket", "shutil", "importlib", "imp", "runpy",
        "pty",
        "pickle", "_pickle", "cPickle", "marshal", "ctypes", "_ctypes", "webbrowser", "code", "codeop", "pdb", "bdb",
        "timeit",
        "cProfile", "profile", "pip", "ensurepip", "venv", "asyncio",
    ]

    private static let rebuilds: [String: Rebuild] = [
        "_rebuild_tensor": .tensor, "_rebuild_tensor_v2": .tensorV2, "_rebuild_tensor_v3": .tensorV3,
        "_rebuild_parameter": .parameter, "_rebuild_parameter_with_state": .parameter,
        "_rebuild_from_type": .fromType, "_rebuild_from_type_v2": .fromType,
    ]

    private static let kinds: [String: String] = [
        "_rebuild_sparse_tensor": "a sparse tensor", "_rebuild_sparse_csr_tensor": "a sparse tensor (CSR)",
        "_rebuild_qtensor": "a quantised tensor", "_rebuild_nested_tensor": "a nested tensor",
        "_rebuild_meta_tensor_no_storage": "a tensor without values (device meta)",
        "_rebuild_device_tensor_from_numpy": "a tensor of another device",
        "_rebuild_device_tensor_from_cpu_tensor": "a tensor of another device",
        "_rebuild_wrapper_subclass": "a tensor of a class of its own",
    ]

    private static let storages: [String: StoredType] = [
        "FloatStorage": .number(.float32), "DoubleStorage": .number(.float64), "HalfStorage": .number(.float16),
        "BFloat16Storage": .number(.bfloat16), "LongStorage": .number(.int64), "IntStorage": .number(.int32),
        "ShortStorage": .number(.int16), "CharStorage": .number(.int8), "ByteStorage": .number(.uint8),
        "BoolStorage": .number(.bool), "UntypedStorage": .number(.uint8),
        "ComplexFloatStorage": .complex(.float32, "torch.ComplexFloatStorage"),
        "ComplexDoubleStorage": .complex(.float64, "torch.ComplexDoubleStorage"),
        "QInt8Storage": .foreign("torch.qint8", width: 1), "QUInt8Storage": .foreign("torch.quint8", width: 1),
        "QInt32Storage": .foreign("torch.qint32", width: 4), "QUInt4x2Storage": .foreign("torch.quint4x2", width: 1),
        "QUInt2x4Storage": .foreign("torch.quint2x4", width: 1),
    ]

    private static let dtypes: [String: StoredType] = {
        var types: [String: StoredType] = [
            "float16": .number(.float16), "bfloat16": .number(.bfloat16), "float32": .number(.float32),
            "float64": .number(.float64), "int8": .number(.int8), "int16": .number(.int16), "int32": .number(.int32),
            "int64": .number(.int64), "uint8": .number(.uint8), "uint16": .number(.uint16), "uint32": .number(.uint32),
            "uint64": .number(.uint64), "bool": .number(.bool),
            "complex64": .complex(.float32, "torch.complex64"), "complex128": .complex(.float64, "torch.complex128"),
            "complex32": .foreign("torch.complex32", width: 4), "qint32": .foreign("torch.qint32", width: 4),
            "bits16": .foreign("torch.bits16", width: 2),
        ]
        let ofOneByte = [
            "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2",
            "qint8", "quint8", "quint4x2", "quint2x4", "bits8", "bits1x8", "bits2x4", "bits4x2",
        ]
        for name in ofOneByte + (1...7).flatMap({ ["int\($0)", "uint\($0)"] }) {
            types[name] = .foreign("torch.\(name)", width: 1)
        }
        return types
    }()
}
