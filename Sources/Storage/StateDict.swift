import Tensors

/// Named tensors in order, and the strings that travel beside them: what a checkpoint file holds.
///
///     var weights = StateDict()
///     weights["scaling.scale"] = try Tensor.zeros([1, 784])
public struct StateDict {
    /// In the file's order, or that of first assignment.
    public private(set) var names: [String] = []
    private var tensors: [String: Tensor] = [:]
    /// Free text beside the tensors (`__metadata__` of .safetensors and .npz); empty for formats that have none.
    public var metadata: [String: String]

    public init(metadata: [String: String] = [:]) {
        self.metadata = metadata
    }

    public init(_ entries: [(name: String, tensor: Tensor)], metadata: [String: String] = [:]) {
        self.metadata = metadata
        for (name, tensor) in entries { self[name] = tensor }
    }

    public var count: Int { names.count }
    public var isEmpty: Bool { names.isEmpty }

    /// The tensor of that name; assigning nil removes it.
    public subscript(_ name: String) -> Tensor? {
        get { tensors[name] }
        set {
            if let newValue {
                if tensors.updateValue(newValue, forKey: name) == nil { names.append(name) }
            } else if tensors.removeValue(forKey: name) != nil {
                names.removeAll { $0 == name }
            }
        }
    }

    public var entries: [(name: String, tensor: Tensor)] {
        names.compactMap { name in tensors[name].map { (name, $0) } }
    }
}
