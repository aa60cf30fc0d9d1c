/// Every name a state dict's pickle may mention, and what it means here. Anything else is refused by name.
///
/// Naming one of these runs nothing and resolves nothing: each is a case that ``PickleMachine`` knows what to do with.
enum TorchGlobal {
    case orderedDict
    case rebuildTensor
    case rebuildTensorV2
    case rebuildParameter
    case size
    /// A device or a dtype: harmless beside the tensors, and not looked at.
    case inert(String)
    case storage(FileElement)

    init?(module: String, name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDict
        case ("torch._utils", "_rebuild_tensor"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensorV2
        case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
        case ("torch", "Size"): self = .size
        case ("torch", "device"): self = .inert("torch.device")
        case ("torch", _) where TorchGlobal.dtypes.contains(name): self = .inert("torch.\(name)")
        case ("torch", _):
            guard let element = TorchGlobal.storages[name] else { return nil }
            self = .storage(element)
        default: return nil
        }
    }

    var name: String {
        switch self {
        case .orderedDict: "collections.OrderedDict"
        case .rebuildTensor: "torch._utils._rebuild_tensor"
        case .rebuildTensorV2: "torch._utils._rebuild_tensor_v2"
        case .rebuildParameter: "torch._utils._rebuild_parameter"
        case .size: "torch.Size"
        case .inert(let name): name
        case .storage: "a storage type"
        }
    }

    private static let storages: [String: FileElement] = [
        "FloatStorage": .float32, "DoubleStorage": .float64, "HalfStorage": .float16, "BFloat16Storage": .bfloat16,
        "LongStorage": .int64, "IntStorage": .int32, "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8,
        "BoolStorage": .bool,
    ]

    private static let dtypes: Set<String> = [
        "float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool",
    ]
}
