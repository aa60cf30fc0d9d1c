/// What crosses the border between a script and Swift. Knows no interpreter.
///
/// The first group arrives as arguments and leaves as results; the second is for results only.
public enum Value {
    case none
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(ByteString)
    case object(any ScriptObject)
    case table(any ScriptTable)
    case function(any ScriptFunction)
    /// Something only the interpreter understands (a thread, another library's userdata): its type's name, and what
    /// passes it on unchanged.
    indirect case foreign(String, (any ScriptForeign)? = nil)

    /// A new table with the values at 1, 2, ...
    case list([Value])
    /// A new table with these string keys.
    case record([(key: ByteString, value: Value)])
    /// A new function: calls `function` with `bound` put before the arguments. The bound values are held by the
    /// interpreter's collector (as upvalues), so a cycle through them is collected.
    indirect case closure(NativeFunction, bound: [Value])  // indirect: keeps every other value small

    /// The value's type as a script's author knows it, for error messages.
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

    /// The value as an error message shows it: `"abc"`, `0/0`, `table`.
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
    /// A string as people read it; nil for other values.
    public var asText: String? { if case .string(let string) = self { string.text } else { nil } }

    public static func string(_ text: String) -> Value { .string(ByteString(text)) }

    public static func record(_ fields: [(key: String, value: Value)]) -> Value {
        .record(fields.map { (key: ByteString($0.key), value: $0.value) })
    }
}

/// A number as a script would write it: `1`, `0.5`, `-inf`; every NaN is `nan`, whatever its sign.
public func shown(_ number: Double) -> String {
    if let whole = Int(exactly: number), whole.magnitude < 1 << 53 { return String(whole) }
    return number.isNaN ? "nan" : "\(number)"
}

/// What holds functions and tables of scripts, and has to say so.
///
/// A function that Swift holds is never collected. One that an object was made of, and that names this object, would be
/// held by it for ever: what ``heldValues`` lists is kept by the object's userdata instead, where Lua's collector sees
/// the circle. What stands elsewhere as well (in the tape, in another object) stays alive all the same.
public protocol HoldsScriptValues {
    /// The functions and tables that this holds by itself or in its parts; other values do not matter. The same as long
    /// as it lives.
    var heldValues: [Value] { get }
}

extension HoldsScriptValues {
    public var heldValues: [Value] { [] }
}

/// Anything Swift hands to scripts as a userdata. The interpreter holds one strong reference per userdata.
public protocol ScriptObject: AnyObject, HoldsScriptValues {
    /// The type under which scripts know it; its ``TypeBinding`` gives methods and operators.
    var scriptType: ObjectType { get }
}

/// The identity of a userdata type. Two types with one name are one type.
public struct ObjectType: Hashable, Sendable {
    public let name: String
    /// Bytes that one costs about, besides the memory that it charges by itself: what ``NativeMemory`` counts for each
    /// that a script holds.
    public let footprint: Int

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
    /// - Throws: when another thread asks during a run.
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
    /// The same for the same table, as long as something holds it.
    var address: UInt { get }
    /// Whether it has a metatable of its own: tables that native functions made have one that only prints them.
    var hasMetatable: Bool { get }
    /// The elements from a 1-based position on, at most `count`, up to the first that is neither number nor boolean.
    func packed(from first: Int, count: Int) throws -> PackedNumbers
}

extension ScriptTable {
    /// Tables that are not Lua's have none.
    public var hasMetatable: Bool { false }
}

/// Numbers and booleans of a list as they are, in nine bytes each.
public struct PackedNumbers: Equatable, Sendable {
    /// An integer's or a double's bits; 0 or 1.
    public var bits: [UInt64] = []
    /// What the bits are: 1 a boolean, 2 an integer, 3 a number.
    public var kinds: [UInt8] = []

    public init() {}

    public var count: Int { bits.count }

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

    /// A key outside the sequence part, if there is one.
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

    /// The sequence part.
    public func elements() throws -> [Value] {
        try (0..<count).map { index in
            if index & 0xfff == 0xfff { try Cancellation.check() }
            return try value(at: index + 1)
        }
    }
}

/// A function of the script's.
public protocol ScriptFunction: AnyObject {
    /// Calls it and waits. A script error raised inside is thrown, and raises again unchanged in the script if the
    /// Swift caller lets it through.
    func call(_ arguments: [Value]) throws -> [Value]
    /// Where it was written; nil when no script wrote it.
    var definition: ScriptPlace? { get }
    /// How many arguments it names; nil when it takes any number, or no script wrote it.
    var parameters: Int? { get }
    /// The same for the same function, as long as something holds it.
    var address: UInt { get }
}

extension ScriptFunction {
    public var address: UInt { UInt(bitPattern: ObjectIdentifier(self).hashValue) }
    public var definition: ScriptPlace? { nil }
    public var parameters: Int? { nil }
}

/// A value that nobody but the interpreter understands.
public protocol ScriptForeign: AnyObject {
    /// The same for the same value, as long as something holds it.
    var address: UInt { get }
}

extension [(key: Value, value: Value)] {
    /// Numbers first, then texts, then true and false; other keys last, as they were.
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
