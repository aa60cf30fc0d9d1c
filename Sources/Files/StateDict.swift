import Scripting
import Tensors

/// Named tensors in order, with texts beside them: the contents of a checkpoint file.
///
/// Names are UTF-8, as in all formats, and compared by bytes: "\u{e9}" and "e\u{301}" are different.
///
///     var weights = StateDict()
///     weights["scaling.scale"] = try Tensor.zeros([1, 784])
public struct StateDict {
    /// In the order of the file, or of first assignment.
    public private(set) var names: [String] = []
    private var tensors: [ByteString: Tensor] = [:]
    /// Texts beside the tensors (`__metadata__` of .safetensors and .npz); empty for formats without them.
    public var metadata: [ByteString: String]
    /// What the file also holds but could not be read, with the reason; see ``ReadingOptions/skip``.
    public private(set) var leftOut: [(name: String, reason: String)] = []

    /// The classes and functions, `zuko.nn.MLP`, that a `.pt` names beside its tensors. Nothing was done with them.
    var foreign: Set<String> = []

    /// The text beside the tensors that keeps ``classes``, separated by spaces, in a converted file.
    public static let classesKey: ByteString = "classes"

    /// What a module that was saved whole was made of, `zuko.nn.MLP` and others; also in a file that such a one was
    /// converted to.
    public var classes: Set<String> {
        foreign.union((metadata[StateDict.classesKey] ?? "").split(separator: " ").map(String.init))
    }

    /// No tensors yet; the metadata are texts that safetensors files keep.
    public init(metadata: [ByteString: String] = [:]) {
        self.metadata = metadata
    }

    /// In this order; of two entries with one name the last one stays.
    public init(_ entries: [(name: String, tensor: Tensor)], metadata: [ByteString: String] = [:]) {
        self.metadata = metadata
        for (name, tensor) in entries { self[name] = tensor }
    }

    /// The number of tensors.
    public var count: Int { names.count }
    /// Whether there are no tensors; there may be metadata.
    public var isEmpty: Bool { names.isEmpty }

    /// The tensor of that name; assigning nil removes it.
    public subscript(_ name: String) -> Tensor? {
        get { tensors[ByteString(name)] }
        set {
            if let newValue {
                if tensors.updateValue(newValue, forKey: ByteString(name)) == nil { names.append(name) }
            } else if tensors.removeValue(forKey: ByteString(name)) != nil {
                names.removeAll { ByteString($0) == ByteString(name) }
            }
        }
    }

    /// The types of the numbers in the file that they were read from, by name, to write them in the same type.
    private(set) var stored: [ByteString: FileElement] = [:]

    /// The types to write numbers in, by name, where they differ from the tensors' own.
    var written: [ByteString: FileElement] = [:]

    mutating func note(_ name: String, _ element: FileElement) { stored[ByteString(name)] = element }

    mutating func leaveOut(_ name: String, _ reason: String) { leftOut.append((name, reason)) }

    /// In the order in which they were added.
    public var entries: [(name: String, tensor: Tensor)] {
        names.compactMap { name in self[name].map { (name, $0) } }
    }
}
