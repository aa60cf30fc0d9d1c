import Autodiff
import Scripting
import Tensors

/// What a loop of `host.steps` put aside: numbers, texts, tensors, generators and the global generator, by the step.
///
/// Kept here and not in Lua tables: thousands of those would be walked by every cycle of Lua's collector, which works
/// all the time in a loop that makes tensors. Tables and objects with a state of their own stay with Lua.
final class StateStore: ScriptObject {
    static let type = ObjectType("state store")
    var scriptType: ObjectType { StateStore.type }

    private struct Snapshot {
        var fields: [String: Saved] = [:]
        var random: Generator.State
        /// The trace's length; nil when there was none.
        var length: Int?
    }

    private enum Saved {
        case plain(Value)
        case tensor(SavedTensor)
        case generator(Generator, Generator.State)
    }

    private struct SavedTensor {
        /// Whoever holds the tensor still sees it restored, and nothing is kept alive for it.
        weak var variable: Variable?
        var numbers: Slabs.Copy
        let isLeaf: Bool
        let requiresGradient: Bool

        init(_ variable: Variable, _ numbers: Slabs.Copy) {
            self.variable = variable
            self.numbers = numbers
            isLeaf = variable.isLeaf
            requiresGradient = variable.isLeaf && variable.requiresGrad
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

    private var snapshots: [Int: Snapshot] = [:]
    private var slabs = Slabs()
    private var last = 0

    /// Puts the state aside: its number, its size in bytes, and the keys of what is left to Lua.
    /// - Parameter lasting: whether it will stay for longer than a step.
    func keep(
        _ state: any ScriptTable, trace: String, _ random: Generator.State, lasting: Bool
    ) throws -> (Int, Int, [Value]) {
        var snapshot = Snapshot(random: random)
        var (bytes, rest) = (256, [Value]())
        for (key, value) in try state.entries() {
            guard case .string(let name) = key else {
                rest.append(key)
                continue
            }
            switch value {
            case .table(let table) where name == trace: snapshot.length = table.count
            case .object(let variable as Variable):
                let numbers = try slabs.copy(variable.value, lasting: lasting)
                snapshot.fields[name] = .tensor(SavedTensor(variable, numbers))
                bytes += variable.value.count * variable.dtype.stride + 64
            case .object(let generator as Generator): snapshot.fields[name] = .generator(generator, generator.state)
            case .boolean, .integer, .number, .string: snapshot.fields[name] = .plain(value)
            default: rest.append(key)
            }
        }
        last += 1
        snapshots[last] = snapshot
        return (last, bytes, rest)
    }

    func drop(_ number: Int) { snapshots[number] = nil }

    /// Moves what is left together, after many were dropped.
    func compact() throws {
        var fresh = Slabs()
        for (number, snapshot) in snapshots {
            for (name, saved) in snapshot.fields {
                guard case .tensor(var tensor) = saved else { continue }
                tensor.numbers = try fresh.copy(tensor.numbers)
                snapshots[number]?.fields[name] = .tensor(tensor)
            }
        }
        slabs = fresh
    }

    /// The fields as they were, the trace's length and the generator's state.
    func bring(_ number: Int) throws -> (fields: [(key: String, value: Value)], length: Int?, random: Generator.State)? {
        guard let snapshot = snapshots[number] else { return nil }
        let fields = try snapshot.fields.map { name, saved -> (key: String, value: Value) in
            switch saved {
            case .plain(let value): return (name, value)
            case .tensor(let tensor): return (name, .object(try tensor.restored()))
            case .generator(let generator, let state):
                generator.restore(state)
                return (name, .object(generator))
            }
        }
        return (fields, snapshot.length, snapshot.random)
    }

    /// Whether the state is what it was, bit for bit, as far as it is kept here.
    func isUnchanged(_ number: Int, _ state: any ScriptTable, trace: String) throws -> Bool {
        guard let snapshot = snapshots[number] else { return false }
        var known = 0
        for (key, value) in try state.entries() {
            guard case .string(let name) = key else { continue }
            switch (value, snapshot.fields[name]) {
            case (.table(let table), _) where name == trace:
                if table.count != snapshot.length { return false }
            case (.object(let variable as Variable), .tensor(let saved)?):
                guard try saved.numbers.equals(variable.value) else { return false }
                known += 1
            case (.object(let generator as Generator), .generator(let same, let state)?):
                guard generator === same, generator.state == state else { return false }
                known += 1
            case (.boolean(let a), .plain(.boolean(let b))?) where a == b: known += 1
            case (.integer(let a), .plain(.integer(let b))?) where a == b: known += 1
            case (.number(let a), .plain(.number(let b))?) where a.bitPattern == b.bitPattern: known += 1
            case (.string(let a), .plain(.string(let b))?) where a == b: known += 1
            case (_, .some), (.boolean, _), (.integer, _), (.number, _), (.string, _), (.object(is Variable), _):
                return false
            default: continue
            }
        }
        return known == snapshot.fields.count
    }
}

/// The store as the Lua part of `host.steps` calls it.
enum StateStoreFunctions {
    private static func store(_ arguments: Arguments) throws -> StateStore {
        try arguments.object(1, "store", as: StateStore.self, "state store")
    }

    private static func generator(_ arguments: Arguments) -> Generator {
        arguments.context.service(GlobalGenerator.self).generator
    }

    static let keep = NativeFunction("host.steps", Documentation("", "")) { arguments -> [Value] in
        let (number, bytes, rest) = try store(arguments).keep(
            arguments.table(2, "state"), trace: arguments.string(3, "trace"), generator(arguments).state,
            lasting: arguments.boolean(4, "lasting"))
        return [.integer(number), .integer(bytes)] + (rest.isEmpty ? [] : [.list(rest)])
    }

    static let drop = NativeFunction("host.steps", Documentation("", "")) { arguments -> [Value] in
        try store(arguments).drop(arguments.integer(2, "number"))
        return []
    }

    static let compact = NativeFunction("host.steps", Documentation("", "")) { arguments -> [Value] in
        try store(arguments).compact()
        return []
    }

    /// The fields and the trace's length; with true, the global generator goes back as well.
    static let bring = NativeFunction("host.steps", Documentation("", "")) { arguments -> [Value] in
        guard let found = try store(arguments).bring(arguments.integer(2, "number")) else { return [] }
        if try arguments.boolean(3, "random") { generator(arguments).restore(found.random) }
        return [.record(found.fields), found.length.map { .integer($0) } ?? .none]
    }

    static let unchanged = NativeFunction("host.steps", Documentation("", "")) { arguments in
        .boolean(
            try store(arguments).isUnchanged(
                arguments.integer(2, "number"), arguments.table(3, "state"), trace: arguments.string(4, "trace")))
    }
}
