/// A value that passes between a script and Swift, independent of the interpreter.
///
/// The first group occurs as arguments and results; the second as results only.
public enum Value {
    /// nil.
    case none
    case boolean(Bool)
    /// Lua's integer of 64 bits.
    case integer(Int)
    /// Lua's float of 64 bits, also where it is whole.
    case number(Double)
    /// Any bytes.
    case string(ByteString)
    /// A Swift object, as userdata; the script holds it until Lua collects it.
    case object(any ScriptObject)
    /// A table of the script, by reference.
    case table(any ScriptTable)
    /// A function of the script, or one of Swift.
    case function(any ScriptFunction)
    /// A value that only the interpreter can use (a thread, another library's userdata): its type's name, and a handle
    /// by which it can be passed on unchanged.
    indirect case foreign(String, (any ScriptForeign)? = nil)

    /// A new table with the values at 1, 2, and so on.
    case list([Value])
    /// A new table with these string keys.
    case record([(key: ByteString, value: Value)])
    /// A new function that calls `function` with `bound` before the arguments. The bound values are upvalues, so that
    /// Lua's collector sees cycles through them.
    indirect case closure(NativeFunction, bound: [Value])  // indirect: keeps every other value small

    /// The type's name in error messages, as scripts know it.
    public var typeName: String {
        switch self {
        case .none: "nil"
        case .boolean: "boolean"
        case .integer, .number: "number"
        case .string: "string"
        case .object(let object): object.scriptType.name
        case .table, .list, .record: "table"
        case .function, .closure: "function"
        case .foreign(let name, _): name
        }
    }

    /// The value in error messages: `"abc"`, `0/0`, `table`.
    public var shown: String {
        switch self {
        case .boolean(let flag): String(flag)
        case .integer(let integer): String(integer)
        case .number(let number): number.isNaN ? "nan" : "\(number)"
        case .string(let string): string.quoted()
        default: typeName
        }
    }
}

extension Value {
    /// A string for display; nil for other values.
    public var asText: String? { if case .string(let string) = self { string.text } else { nil } }

    /// The text's UTF-8.
    public static func string(_ text: String) -> Value { .string(ByteString(text)) }

    /// A new table with these keys.
    public static func record(_ fields: [(key: String, value: Value)]) -> Value {
        .record(fields.map { (key: ByteString($0.key), value: $0.value) })
    }
}

/// A number as a script would write it: `1`, `0.5`, `-inf`; every NaN is `nan`, whatever its sign.
public func shown(_ number: Double) -> String {
    if let whole = Int(exactly: number), whole.magnitude < 1 << 53 { return String(whole) }
    return number.isNaN ? "nan" : "\(number)"
}

/// Something that keeps functions and tables of scripts alive, and lists them.
///
/// A function that Swift holds is never collected. If an object holds a function that refers to the object, both would
/// live forever; therefore the object's userdata keeps what ``heldValues`` lists, where Lua's collector sees the cycle.
/// Values that something else also holds (the tape, another object) stay alive nevertheless.
public protocol HoldsScriptValues {
    /// The functions and tables that this holds itself or in its parts; other values need not be listed. Must not
    /// change.
    var heldValues: [Value] { get }
}

extension HoldsScriptValues {
    public var heldValues: [Value] { [] }
}

/// An object that Swift passes to scripts as a userdata, which holds a strong reference to it.
public protocol ScriptObject: AnyObject, HoldsScriptValues {
    /// Its type in scripts; the type's ``TypeBinding`` gives methods and operators.
    var scriptType: ObjectType { get }
}

/// The identity of a userdata type. Types of the same name are the same type.
public struct ObjectType: Hashable, Sendable {
    /// What messages and documentation call it: `tensor`.
    public let name: String
    /// Roughly the bytes that an instance takes, besides memory that it charges itself: counted by ``NativeMemory`` for
    /// each one that a script holds.
    public let footprint: Int

    /// Types are told apart by the name alone; the footprint of a small object is the default.
    public init(_ name: String, footprint: Int = 768) {
        self.name = name
        self.footprint = footprint
    }

    public static func == (a: ObjectType, b: ObjectType) -> Bool { a.name == b.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// A script's table, read without metamethods. Reading never runs script code.
public protocol ScriptTable: AnyObject {
    /// The length of the sequence part (`rawlen`).
    /// - Throws: when called from another thread during a run.
    var count: Int { get throws }
    /// The element at a 1-based position, `.none` when absent.
    func value(at index: Int) throws -> Value
    func value(for key: ByteString) throws -> Value
    /// All pairs, in the interpreter's order.
    func entries() throws -> [(key: Value, value: Value)]
    /// The sequence part as numbers, or nil if any element of it is not a number.
    func numbers() throws -> [Double]?
    /// Whether it holds nothing but the sequence part.
    func isList() throws -> Bool
    /// The pairs but for those at the positions 1, ..., count.
    func entries(withoutPositions count: Int) throws -> [(key: Value, value: Value)]
    /// Identifies the table as long as something holds it.
    var address: UInt { get }
    /// Whether a script gave it a metatable; tables made by native functions have one that only serves printing.
    var hasMetatable: Bool { get }
    /// The elements from a 1-based position on, at most `count`, up to the first that is neither number nor boolean.
    func packed(from first: Int, count: Int) throws -> PackedNumbers
}

extension ScriptTable {
    /// False for tables that are not Lua's.
    public var hasMetatable: Bool { false }
}

/// A list's numbers and booleans in a compact form, nine bytes each.
public struct PackedNumbers: Equatable, Sendable {
    /// The bits of an integer or a double; 0 or 1 for a boolean.
    public var bits: [UInt64] = []
    /// What each element is: 1 a boolean, 2 an integer, 3 a float.
    public var kinds: [UInt8] = []

    public init() {}

    /// How many numbers and booleans.
    public var count: Int { bits.count }

    /// The number at that place, counted from 0; its kind as it was appended.
    public subscript(index: Int) -> Value {
        switch kinds[index] {
        case 1: .boolean(bits[index] != 0)
        case 2: .integer(Int(Int64(bitPattern: bits[index])))
        default: .number(Double(bitPattern: bits[index]))
        }
    }
}

extension ScriptTable {
    public func value(for key: String) throws -> Value { try value(for: ByteString(key)) }

    public func isList() throws -> Bool { try entries().count == (try count) }

    /// A key outside of the sequence part; nil if there is none.
    public func strayKey() throws -> Value? {
        if try isList() { return nil }
        let count = try count
        return try entries().first { key, _ in key.asInteger.map { $0 < 1 || $0 > count } ?? true }?.key
    }

    public func entries(withoutPositions count: Int) throws -> [(key: Value, value: Value)] {
        try entries().filter { entry in entry.key.asInteger.map { $0 < 1 || $0 > count } ?? true }
    }

    public var address: UInt { UInt(bitPattern: ObjectIdentifier(self).hashValue) }

    public func packed(from first: Int, count: Int) throws -> PackedNumbers {
        var packed = PackedNumbers()
        for index in first..<max(first + count, first) {
            switch try value(at: index) {
            case .boolean(let flag):
                packed.bits.append(flag ? 1 : 0)
                packed.kinds.append(1)
            case .integer(let integer):
                packed.bits.append(UInt64(bitPattern: Int64(integer)))
                packed.kinds.append(2)
            case .number(let number):
                packed.bits.append(number.bitPattern)
                packed.kinds.append(3)
            default: return packed
            }
        }
        return packed
    }

    /// The elements of the sequence part.
    public func elements() throws -> [Value] {
        try (0..<count).map { index in
            if index & 0xfff == 0xfff { try Cancellation.check() }
            return try value(at: index + 1)
        }
    }
}

/// A function of a script.
public protocol ScriptFunction: AnyObject {
    /// Calls it. An error raised by the script is thrown, and if the Swift caller lets it through, it continues
    /// unchanged in the script.
    func call(_ arguments: [Value]) throws -> [Value]
    /// Where it is defined; nil for a function that is not written in Lua.
    var definition: ScriptPlace? { get }
    /// The number of its parameters; nil if it is variadic or not written in Lua.
    var parameters: Int? { get }
    /// Identifies the function as long as something holds it.
    var address: UInt { get }
}

extension ScriptFunction {
    public var address: UInt { UInt(bitPattern: ObjectIdentifier(self).hashValue) }
    public var definition: ScriptPlace? { nil }
    public var parameters: Int? { nil }
}

/// A value that only the interpreter can use.
public protocol ScriptForeign: AnyObject {
    /// Identifies the value as long as something holds it.
    var address: UInt { get }
}

extension [(key: Value, value: Value)] {
    /// Sorted by keys: numbers first, then strings, then booleans; other keys last, in their original order.
    public var inOrderOfKeys: Self {
        func rank(_ key: Value) -> Int {
            switch key {
            case .integer, .number: 0
            case .string: 1
            case .boolean: 2
            default: 3
            }
        }
        func before(_ a: Value, _ b: Value) -> Bool {
            switch (a, b) {
            case (.integer(let a), .integer(let b)): a < b
            case (.string(let a), .string(let b)): a < b
            case (.boolean(let a), .boolean(let b)): !a && b
            default:
                if let x = a.asNumber, let y = b.asNumber { x < y } else { rank(a) < rank(b) }
            }
        }
        return enumerated().sorted { a, b in
            before(a.element.key, b.element.key)
                || (!before(b.element.key, a.element.key) && a.offset < b.offset)
        }.map(\.element)
    }
}
