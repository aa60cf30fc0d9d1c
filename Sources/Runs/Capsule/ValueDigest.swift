import Autodiff
import Scripting
import Tensors

/// A digest of values returned by a script, by their bits.
///
/// A table is hashed once, however often it occurs, and numbered by its first occurrence. So cycles end, and shared
/// tables cost nothing more.
struct ValueDigest {
    private var hash = SHA256()
    private var numbers: [UInt: Int] = [:]
    /// Tables that are still to be hashed: none is walked inside another, so that depth does not matter.
    private var waiting: [any ScriptTable] = []

    /// What was not hashed, each once: `a function`.
    private(set) var passedOver: [String] = []

    var hex: String { hash.hex }

    /// - Throws: ``Interrupted`` when the host asks to stop.
    mutating func add(_ value: Value) throws {
        try addShallow(value)
        var next = 0
        while next < waiting.count {
            try add(waiting[next])
            next += 1
        }
        waiting = []
    }

    private mutating func addShallow(_ value: Value) throws {
        switch value {
        case .none: hash.update("nil;")
        case .boolean(let flag): hash.update("\(flag);")
        case .integer(let integer): hash.update("integer \(integer);")
        case .number(let number): hash.update("number \(number.bitPattern);")
        case .string(let text):
            hash.update("string \(text.count) ")
            text.withBytes { hash.update($0) }
            hash.update(";")
        case .object(let object as Variable):
            try add(object.value)
            if object.requiresGrad { hash.update("requires a gradient;") }
            if let gradient = object.grad {
                hash.update("gradient ")
                try add(gradient.value)
            }
        case .object(let object as any ComparedObject):
            guard let state = try object.comparedState() else { return passOver(value) }
            hash.update("\(value.typeName) of \(state.values.count);")
            for (key, part) in state.values {
                hash.update("\(key.utf8.count) \(key);")
                try addShallow(part)
            }
            if let rest = state.leavesOut { note("of a \(value.typeName) \(rest)") }
        case .table(let table):
            let address = table.address
            if let number = numbers[address] { return hash.update("table \(number);") }
            numbers[address] = numbers.count
            if table.hasMetatable { note("a table's metatable") }
            hash.update("table \(numbers.count - 1);")
            waiting.append(table)
        case .list(let elements):
            hash.update("list \(elements.count);")
            for element in elements { try addShallow(element) }
        default: passOver(value)
        }
    }

    private mutating func add(_ tensor: Tensor) throws {
        hash.update("tensor \(tensor.dtype.rawValue) \(tensor.shape);")
        hash.update(try tensor.bits)
    }

    private mutating func passOver(_ value: Value) {
        hash.update("\(value.typeName);")
        note("a \(value.typeName)")
    }

    private mutating func note(_ what: String) {
        if !passedOver.contains(what) { passedOver.append(what) }
    }

    /// In the order of keys, as Lua's own changes from run to run.
    private mutating func add(_ table: any ScriptTable) throws {
        try Cancellation.check()
        hash.update("entries;")
        for (key, value) in try table.entries().inOrderOfKeys {
            try addShallow(key)
            try addShallow(value)
        }
        hash.update("end;")
    }
}
