/// The objects of a pickle in a flat array; references are indices into it.
///
/// A pickle may nest a million levels deep or contain cycles. A flat array is built, read and freed without recursion,
/// whatever its shape.
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
        /// A value that is not needed, such as bytes or a device; its description, for messages.
        case opaque(String)
    }

    /// A placeholder for an object of an unknown class. Nothing is called to make it.
    struct Placeholder {
        /// The class or function that would make it, and the position in the pickle at which it is named.
        let name: String
        let place: Int
        /// The state that BUILD would set its attributes from.
        var state: Reference?
    }

    private(set) var nodes: [Node] = []
    /// Texts that are no UTF-8, and stand here as Python shows them: `\udcff` is another key than these six letters.
    var rewritten: Set<Reference> = []
    /// Where the pickle begins in its file, if it is no file of its own.
    var base: Int?
    /// Classes and functions, and the position in the pickle at which each is named.
    var globals: [(global: TorchGlobal, place: Int)] = []
    var storages: [TorchStorage] = []
    var tensors: [TorchTensor] = []
    private(set) var objects: [Placeholder] = []

    /// More objects than any state dict has; a pickle can request one per byte.
    static let limit = 1 << 22
    /// Roughly the memory of an object, with its places on the stack and in the memo.
    static let nodeBytes = 64
    static let tensorBytes = 200

    var isFull: Bool { nodes.count >= PickleHeap.limit }

    subscript(_ reference: Reference) -> Node { nodes[reference] }

    /// The kind of an object, for messages.
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

    /// Adds a placeholder and returns its node.
    mutating func placeholder(_ name: String, _ place: Int) -> Node {
        objects.append(Placeholder(name: name, place: place))
        return .object(objects.count - 1)
    }

    mutating func setState(_ state: Reference, of object: Int) { objects[object].state = state }

    /// Appends to a list; items of a placeholder are dropped. False for anything else.
    mutating func append(_ items: ArraySlice<Reference>, to list: Reference) -> Bool {
        if case .object = nodes[list] { return true }
        guard case .list(var elements) = nodes[list] else { return false }
        // Taken out of the array first, so that appending does not copy.
        nodes[list] = .none
        elements.append(contentsOf: items)
        nodes[list] = .list(elements)
        return true
    }

    /// Sets keys and values, given alternately. A placeholder with items is a dictionary of an unknown class and
    /// becomes an ordinary one. False for anything else.
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

/// A storage as a pickle describes it.
struct TorchStorage: Equatable {
    let key: String
    let type: StoredType
    /// The number of elements of its type.
    let count: Int
    /// In files before 1.6 a storage may be a part of another one: that one's index in ``PickleHeap/storages``, and the
    /// first element in it.
    var part: Part?

    struct Part: Equatable {
        let root: Int
        let offset: Int
    }
}

/// A tensor as a pickle describes it, not yet compared with its storage.
enum TorchTensor {
    case strided(Strided)
    /// A kind that cannot be read, with the reason.
    case unreadable(String)

    struct Strided {
        /// An index into ``PickleHeap/storages``.
        let storage: Int
        /// The type of the storage, or the one given beside it.
        let type: StoredType
        let offset: Int
        let shape: [Int]
        let strides: [Int]
        /// PyTorch's lazy flags: the numbers stand for their negatives, or their complex conjugates.
        var isNegated = false
        var isConjugated = false
    }
}
