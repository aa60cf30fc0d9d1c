/// The objects a pickle has made, in one flat array; references are positions in it.
///
/// A pickle may nest a million deep or refer in circles. An array of flat nodes is built, read and freed without
/// recursion whatever its shape.
struct PickleHeap {
    /// A position in the heap.
    typealias Reference = Int

    enum Node {
        case none
        case boolean(Bool)
        case integer(Int)
        case fraction(Double)
        case text(String)
        case tuple([Reference])
        case list([Reference])
        case dictionary([(key: Reference, value: Reference)])
        /// A position in ``PickleHeap/globals``.
        case global(Int)
        /// A position in ``PickleHeap/storages``.
        case storage(Int)
        /// A position in ``PickleHeap/tensors``.
        case tensor(Int)
        /// A position in ``PickleHeap/objects``.
        case object(Int)
        /// A value nobody looks at: bytes, a device. What it was, for messages.
        case opaque(String)
    }

    /// What stands in for an object of a class that is none of ours. Nothing was called to make it.
    struct Placeholder {
        /// The class or function that would have made it, and where in the pickle that is named.
        let name: String
        let place: Int
        /// What BUILD would have set its attributes from.
        var state: Reference?
    }

    private(set) var nodes: [Node] = []
    /// Where the pickle begins in its file, if it is no file of its own.
    var base: Int?
    /// Classes and functions, and where in the pickle each is named.
    var globals: [(global: TorchGlobal, place: Int)] = []
    var storages: [TorchStorage] = []
    var tensors: [TorchTensor] = []
    private(set) var objects: [Placeholder] = []

    /// More objects than any state dict has; a pickle can ask for one per byte.
    static let limit = 1 << 22
    /// What one takes in memory, about, with its place on the stack and in the memo.
    static let nodeBytes = 64
    static let tensorBytes = 200

    var isFull: Bool { nodes.count >= PickleHeap.limit }

    subscript(_ reference: Reference) -> Node { nodes[reference] }

    /// For messages.
    func kind(_ reference: Reference) -> String {
        switch nodes[reference] {
        case .none: "None"
        case .boolean: "a bool"
        case .integer: "an int"
        case .fraction: "a float"
        case .text: "a str"
        case .tuple: "a tuple"
        case .list: "a list"
        case .dictionary: "a dict"
        case .global(let index): globals[index].global.name
        case .storage: "a storage"
        case .tensor: "a tensor"
        case .object(let index): "an object of \(shown(objects[index].name))"
        case .opaque(let what): what
        }
    }

    mutating func add(_ node: Node) -> Reference {
        nodes.append(node)
        return nodes.count - 1
    }

    /// Makes a placeholder and returns the node for it.
    mutating func placeholder(_ name: String, _ place: Int) -> Node {
        objects.append(Placeholder(name: name, place: place))
        return .object(objects.count - 1)
    }

    mutating func setState(_ state: Reference, of object: Int) { objects[object].state = state }

    /// Appends to a list; what a placeholder would hold as a list is left aside. False if it is neither.
    mutating func append(_ items: ArraySlice<Reference>, to list: Reference) -> Bool {
        if case .object = nodes[list] { return true }
        guard case .list(var elements) = nodes[list] else { return false }
        // Out of the array first, so that the append does not copy.
        nodes[list] = .none
        elements.append(contentsOf: items)
        nodes[list] = .list(elements)
        return true
    }

    /// Sets keys and values that follow each other. A placeholder with items is a dictionary of some class, and becomes
    /// a plain one. False if it is neither.
    mutating func set(_ items: ArraySlice<Reference>, in dictionary: Reference) -> Bool {
        var pairs: [(key: Reference, value: Reference)] = []
        switch nodes[dictionary] {
        case .dictionary(let known): pairs = known
        case .object: break
        default: return false
        }
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

/// A storage as the pickle names it.
struct TorchStorage: Equatable {
    let key: String
    let type: StoredType
    /// In elements of the type.
    let count: Int
    /// In files from before 1.6 a storage may be a part of another one: its position in ``PickleHeap/storages``, and
    /// the first element in it.
    var part: Part?

    struct Part: Equatable {
        let root: Int
        let offset: Int
    }
}

/// A tensor as the pickle describes it; nothing is checked against the storage yet.
enum TorchTensor {
    case strided(Strided)
    /// Of a kind that is not read, with the reason.
    case unreadable(String)

    struct Strided {
        /// A position in ``PickleHeap/storages``.
        let storage: Int
        /// The storage's type, or that which the pickle gives beside it.
        let type: StoredType
        let offset: Int
        let shape: [Int]
        let strides: [Int]
        /// PyTorch's lazy bits: the numbers stand for their negatives, or their complex conjugates.
        var isNegated = false
        var isConjugated = false
    }
}
