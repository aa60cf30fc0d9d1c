import Scripting
import Tensors

/// A digest of values as scripts return them, by their bits.
///
/// A table is hashed once, however often it is met: it has a number from its first place on. So circles end, and what
/// many tables share costs nothing more.
struct ValueDigest {
    private var hash = SHA256()
    private var numbers: [UInt: Int] = [:]
    /// Tables that were met and wait for their turn: none is walked inside another, however deep they lie.
    private var waiting: [any ScriptTable] = []

    var hex: String { hash.hex }

    /// - Throws: ``Interrupted`` when the host asks for a stop.
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
            hash.update("tensor \(object.dtype.rawValue) \(object.shape);")
            hash.update(try object.value.bits)
        case .table(let table):
            let address = table.address
            if let number = numbers[address] { return hash.update("table \(number);") }
            numbers[address] = numbers.count
            hash.update("table \(numbers.count - 1);")
            waiting.append(table)
        default: hash.update("\(value.typeName);")
        }
    }

    /// By keys in their order: Lua's own changes from run to run.
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
