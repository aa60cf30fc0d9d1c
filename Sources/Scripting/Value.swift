/// What crosses the border between a script and Swift. Knows no interpreter.
///
/// The first group arrives as arguments and leaves as results; the second is for results only.
public enum Value {
    case none
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    /// Bytes that are not UTF-8 arrive repaired; binary data travels in tensors.
    case string(String)
    case object(any ScriptObject)
    case table(any ScriptTable)
    case function(any ScriptFunction)
    /// Something only the interpreter understands (a thread, another library's userdata), by its type's name.
    case foreign(String)

    /// A new table with the values at 1, 2, ...
    case list([Value])
    /// A new table with these string keys.
    case record([(key: String, value: Value)])
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
        case .foreign(let name): name
        }
    }

    /// The value as an error message shows it: `"abc"`, `0/0`, `table`.
    public var shown: String {
        switch self {
        case .boolean(let flag): String(flag)
        case .integer(let integer): String(integer)
        case .number(let number): number.isNaN ? "nan" : "\(number)"
        case .string(let string):
            string.utf8.count <= 60 ? "\"\(string)\"" : "\"\(string.prefix(57))...\""
        default: typeName
        }
    }
}

/// A number as a script would write it: `1`, `0.5`, `-inf`; every NaN is `nan`, whatever its sign.
public func shown(_ number: Double) -> String {
    if let whole = Int(exactly: number), whole.magnitude < 1 << 53 { return String(whole) }
    return number.isNaN ? "nan" : "\(number)"
}

/// Anything Swift hands to scripts as a userdata. The interpreter holds one strong reference per userdata.
public protocol ScriptObject: AnyObject {
    /// The type under which scripts know it; its ``TypeFace`` gives methods and operators.
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
    var count: Int { get }
    /// The element at a 1-based position, `.none` when absent.
    func value(at index: Int) throws -> Value
    func value(for key: String) throws -> Value
    /// All pairs, in the interpreter's order.
    func entries() throws -> [(key: Value, value: Value)]
    /// The sequence part as numbers, or nil if any element of it is not a number.
    func numbers() throws -> [Double]?
    /// Whether it holds nothing but the sequence part.
    func isList() throws -> Bool
}

extension ScriptTable {
    public func isList() throws -> Bool { try entries().count == count }

    /// A key outside the sequence part, if there is one.
    public func strayKey() throws -> Value? {
        if try isList() { return nil }
        return try entries().first { key, _ in !(key.asInteger.map { 1...max(count, 1) ~= $0 && count > 0 } ?? false) }?.key
    }

    /// The sequence part.
    public func elements() throws -> [Value] {
        try (0..<count).map { index in
            if index & 0xfff == 0xfff { try Cancellation.check() }
            return try value(at: index + 1)
        }
    }

    /// The sequence part of a short list (sizes, dimensions) that must hold nothing else: a key in it is an option that
    /// somebody meant, and would be lost.
    public func list(for operation: String) throws -> [Value] {
        let elements = try elements()
        for (key, _) in try entries() {
            if case .string(let name) = key { throw ScriptError(operation, "unknown option \(name) in a list of numbers") }
        }
        return elements
    }
}

/// A function of the script's.
public protocol ScriptFunction: AnyObject {
    /// Calls it and waits. A script error raised inside is thrown, and raises again unchanged in the script if the
    /// Swift caller lets it through.
    func call(_ arguments: [Value]) throws -> [Value]
    /// Where it was written; nil when no script wrote it.
    var definition: ScriptPlace? { get }
}

extension ScriptFunction {
    public var definition: ScriptPlace? { nil }
}
