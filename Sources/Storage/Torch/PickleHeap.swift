/// The objects a pickle has made, in one flat array; references are positions in it.
///
/// A pickle may nest a million deep or refer in circles. An array of flat nodes is built, read and freed without recursion
/// whatever its shape.
struct PickleHeap {
    /// A position in the heap.
    typealias Reference = Int

    enum Node {
        case none
        case boolean(Bool)
        case integer(Int)
        case text(String)
        case tuple([Reference])
        case list([Reference])
        case dictionary([(key: Reference, value: Reference)])
        case global(TorchGlobal)
        /// A position in ``PickleHeap/storages``.
        case storage(Int)
        /// A position in ``PickleHeap/tensors``.
        case tensor(Int)
        /// A value nobody looks at: a fraction, bytes, a device. What it was, for messages.
        case opaque(String)

        /// For messages.
        var kind: String {
            switch self {
            case .none: "None"
            case .boolean: "a bool"
            case .integer: "an int"
            case .text: "a str"
            case .tuple: "a tuple"
            case .list: "a list"
            case .dictionary: "a dict"
            case .global(let global): global.name
            case .storage: "a storage"
            case .tensor: "a tensor"
            case .opaque(let what): what
            }
        }
    }

    private(set) var nodes: [Node] = []
    /// By key.
    var storages: [TorchStorage] = []
    var tensors: [TorchTensor] = []

    /// More objects than any state dict has; a pickle can ask for one per byte.
    static let limit = 1 << 22

    var isFull: Bool { nodes.count >= PickleHeap.limit }

    subscript(_ reference: Reference) -> Node { nodes[reference] }

    mutating func add(_ node: Node) -> Reference {
        nodes.append(node)
        return nodes.count - 1
    }

    /// Appends to a list. False if it is none.
    mutating func append(_ items: ArraySlice<Reference>, to list: Reference) -> Bool {
        guard case .list(var elements) = nodes[list] else { return false }
        // Out of the array first, so that the append does not copy.
        nodes[list] = .none
        elements.append(contentsOf: items)
        nodes[list] = .list(elements)
        return true
    }

    /// Sets keys and values that follow each other. False if it is no dictionary.
    mutating func set(_ items: ArraySlice<Reference>, in dictionary: Reference) -> Bool {
        guard case .dictionary(var pairs) = nodes[dictionary] else { return false }
        nodes[dictionary] = .none
        var index = items.startIndex
        while index + 1 < items.endIndex {
            pairs.append((items[index], items[index + 1]))
            index += 2
        }
        nodes[dictionary] = .dictionary(pairs)
        return true
    }
}

/// A storage as the pickle names it: an entry `data/KEY` of the archive.
struct TorchStorage: Equatable {
    let key: String
    let element: FileElement
    let count: Int
}

/// A tensor as the pickle describes it; nothing is checked against the storage yet.
struct TorchTensor {
    /// A position in ``PickleHeap/storages``.
    let storage: Int
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}
