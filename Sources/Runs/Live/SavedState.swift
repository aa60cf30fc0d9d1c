import Autodiff
import Flows
import Networks
import Optimizers
import Scripting
import Tensors

/// A saved value of a loop's state. What does not change from one step to the next is shared by all versions.
enum Saved {
    /// A number, a text, or something without contents to save: a function, an object without a state, a table that is
    /// saved elsewhere.
    case plain(Value)
    case tensor(SavedTensor)
    case generator(Generator, Generator.State)
    case table(SavedTable)
    case object(SavedObject)
    /// Another library's object, which only Lua could restore: it is left as it is.
    case foreign

    /// Whether this is the same value, bit for bit.
    func equals(_ other: Saved) -> Bool {
        switch (self, other) {
        case (.plain(let a), .plain(let b)): a.isSame(as: b)
        case (.tensor(let a), .tensor(let b)): a === b || a.numbers.equals(b.numbers)
        case (.generator(let a, let x), .generator(let b, let y)): a === b && x == y
        case (.table(let a), .table(let b)): a.equals(b)
        case (.object(let a), .object(let b)): a.equals(b)
        case (.foreign, .foreign): true
        default: false
        }
    }
}

/// The saved numbers of a tensor.
final class SavedTensor {
    /// Weak: whoever holds the tensor sees it restored, and it is not kept alive for that.
    private weak var variable: Variable?
    private let version: Int
    private let isLeaf: Bool
    private let requiresGradient: Bool
    var numbers: Slabs.Copy

    init(_ variable: Variable, _ numbers: Slabs.Copy) {
        self.variable = variable
        self.numbers = numbers
        version = variable.value.storage.version
        isLeaf = variable.isLeaf
        requiresGradient = variable.isLeaf && variable.requiresGrad
    }

    /// Whether nothing was written to the tensor since.
    func isCurrent(_ variable: Variable) -> Bool {
        self.variable === variable && variable.value.storage.version == version
            && requiresGradient == (variable.isLeaf && variable.requiresGrad)
    }

    func restored() throws -> Variable {
        let value = try numbers.tensor()
        if isLeaf, let variable, variable.isLeaf, variable.shape == value.shape, variable.dtype == value.dtype {
            try variable.value.write(value, for: "host.steps")
            variable.grad = nil
            return variable
        }
        let fresh = Variable(value)
        if requiresGradient { try fresh.setRequiresGrad(true) }
        return fresh
    }
}

/// The saved parameters of a flow, state and modes of a module, or memory of an optimiser.
final class SavedObject {
    let object: any ScriptObject
    let tensors: [(name: String, saved: SavedTensor)]
    /// The versions of an optimiser's parameters, and its step sizes: steps change the former, schedules the latter.
    private let versions: [Int]
    private let rates: [Double]
    /// Which of the modules are in training mode.
    private let modes: [Bool]

    /// - Parameter copy: copies a tensor, or returns the current copy; `place` says which one that might be.
    init(_ object: any ScriptObject, copy: (Variable, _ place: Int) throws -> SavedTensor) throws {
        self.object = object
        (versions, rates) = SavedObject.stamp(object)
        modes = SavedObject.modules(of: object).flatMap(\.modes)
        let now: [(name: String, value: Variable)]
        switch object {
        case let optimizer as any Optimizer: now = try optimizer.state().map { ($0.name, Variable($0.value)) }
        default: now = SavedObject.tensors(of: object) ?? []
        }
        tensors = try now.enumerated().map { ($0.element.name, try copy($0.element.value, $0.offset)) }
    }

    static func hasState(_ object: any ScriptObject) -> Bool {
        tensors(of: object) != nil || object is any Optimizer
    }

    /// The tensors of a model by name; nil for other objects.
    private static func tensors(of object: any ScriptObject) -> [(name: String, value: Variable)]? {
        switch object {
        case let flow as Flow: flow.parameters
        case let module as Module: module.state
        default: nil
        }
    }

    private static func modules(of object: any ScriptObject) -> [Module] {
        if let module = object as? Module { [module] } else { (object as? any HoldsModules)?.modules ?? [] }
    }

    private static func stamp(_ object: any ScriptObject) -> ([Int], [Double]) {
        switch object {
        case let optimizer as any Optimizer:
            (optimizer.parameters.map { $0.value.storage.version }, optimizer.learningRates)
        default: ((tensors(of: object) ?? []).map { $0.value.value.storage.version }, [])
        }
    }

    func isCurrent(_ object: any ScriptObject) -> Bool {
        self.object === object && SavedObject.stamp(object) == (versions, rates)
            && SavedObject.modules(of: object).flatMap(\.modes) == modes
    }

    func equals(_ other: SavedObject) -> Bool {
        self === other
            || (object === other.object && rates == other.rates && modes == other.modes
                && tensors.count == other.tensors.count
                && zip(tensors, other.tensors).allSatisfy {
                    ByteString($0.name) == ByteString($1.name)
                        && ($0.saved === $1.saved || $0.saved.numbers.equals($1.saved.numbers))
                })
    }

    func restore() throws {
        switch object {
        case let optimizer as any Optimizer:
            let state = try tensors.map { (ByteString($0.name), try $0.saved.numbers.tensor()) }
            try optimizer.load(Dictionary(state) { $1 }, for: "host.steps")
        default:
            let known = Dictionary(tensors.map { (ByteString($0.name), $0.saved) }) { $1 }
            for (name, tensor) in SavedObject.tensors(of: object) ?? [] {
                guard let saved = known[ByteString(name)] else { continue }
                try tensor.value.write(saved.numbers.tensor(), for: "host.steps")
            }
            var rest = modes[...]
            for module in SavedObject.modules(of: object) {
                let count = module.modes.count
                module.restore(modes: Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
        }
    }
}

/// The elements of a list. Versions of the list are prefixes of it, so that appended elements are stored once.
final class SavedSequence {
    /// The leading elements, as long as they are numbers and booleans; the others follow.
    var packed: PackedNumbers
    var others: [Saved]

    init(_ packed: PackedNumbers, _ others: [Saved]) { (self.packed, self.others) = (packed, others) }

    var count: Int { packed.count + others.count }

    subscript(position: Int) -> Saved {
        position <= packed.count ? .plain(packed[position - 1]) : others[position - packed.count - 1]
    }
}

/// The saved contents of a table.
final class SavedTable {
    let table: any ScriptTable
    let address: UInt
    let sequence: SavedSequence
    /// The length of the prefix of the sequence that belongs to this version.
    let count: Int
    /// The fields that are compared at every version.
    let hot: [(key: Value, saved: Saved)]
    /// Fields added later to a table with many fields.
    let cold: ColdFields?
    /// The number of versions since those were compared.
    let coldAge: Int
    /// Whether it has keys that only Lua can name.
    let hasForeignKeys: Bool
    /// The number of versions since all of the sequence was compared, not only its end.
    let skipped: Int

    init(
        _ table: any ScriptTable, _ address: UInt, _ sequence: SavedSequence, count: Int,
        _ hot: [(key: Value, saved: Saved)], cold: ColdFields? = nil, coldAge: Int = 0, hasForeignKeys: Bool,
        skipped: Int = 0
    ) {
        (self.table, self.address, self.sequence, self.count) = (table, address, sequence, count)
        (self.hot, self.cold, self.coldAge) = (hot, cold, coldAge)
        (self.hasForeignKeys, self.skipped) = (hasForeignKeys, skipped)
    }

    var fields: [(key: Value, saved: Saved)] { cold.map { hot + $0.fields } ?? hot }

    /// A field, perhaps at the index that it had in another version.
    func saved(of key: Value, hint: Int) -> Saved? {
        if hot.indices.contains(hint), hot[hint].key.isSame(as: key) { return hot[hint].saved }
        return hot.first { $0.key.isSame(as: key) }?.saved ?? cold?.saved(of: key)
    }

    func equals(_ other: SavedTable) -> Bool {
        if self === other { return true }
        guard address == other.address, count == other.count, hot.count == other.hot.count,
            cold.map({ $0.equals(other.cold) }) ?? (other.cold?.fields.isEmpty ?? true)
        else { return false }
        if sequence !== other.sequence, count > 0 {
            for position in 1...count where !sequence[position].equals(other.sequence[position]) { return false }
        }
        return hot.enumerated().allSatisfy { index, field in
            other.saved(of: field.key, hint: index).map(field.saved.equals) ?? false
        }
    }
}

extension Value {
    /// Whether it is the same number (by bits), text or object.
    func isSame(as other: Value) -> Bool {
        switch (self, other) {
        case (.none, .none): true
        case (.boolean(let a), .boolean(let b)): a == b
        case (.integer(let a), .integer(let b)): a == b
        case (.number(let a), .number(let b)): a.bitPattern == b.bitPattern
        case (.string(let a), .string(let b)): a == b
        case (.object(let a), .object(let b)): a === b
        case (.table(let a), .table(let b)): a.address == b.address
        case (.function(let a), .function(let b)): a.address == b.address
        default: false
        }
    }
}
