import Scripting

/// A Lua table made in Swift, so that native functions can be called without an interpreter.
public final class SwiftTable: ScriptTable {
    private let sequence: [Value]
    private let named: [(key: String, value: Value)]

    public init(_ sequence: [Value] = [], named: [(key: String, value: Value)] = []) {
        self.sequence = sequence
        self.named = named
    }

    public var count: Int { sequence.count }
    public func value(at index: Int) throws -> Value {
        sequence.indices.contains(index - 1) ? sequence[index - 1] : .none
    }
    public func value(for key: ByteString) throws -> Value { named.first { ByteString($0.key) == key }?.value ?? .none }
    public func entries() throws -> [(key: Value, value: Value)] {
        sequence.enumerated().map { (key: .integer($0 + 1), value: $1) }
            + named.map { (key: .string($0.key), value: $0.value) }
    }
    public func numbers() throws -> [Double]? {
        let numbers = sequence.compactMap(\.asNumber)
        return numbers.count == sequence.count ? numbers : nil
    }
}

/// A Lua function made in Swift, so that native functions can be called without an interpreter.
public final class SwiftFunction: ScriptFunction {
    private let body: ([Value]) throws -> [Value]
    public init(_ body: @escaping ([Value]) throws -> [Value]) { self.body = body }
    public func call(_ arguments: [Value]) throws -> [Value] { try body(arguments) }
}

extension NativeFunction {
    /// Calls the body as a script would call the function.
    public func callAsFunction(_ arguments: Value...) throws -> [Value] { try call(arguments) }

    public func call(_ arguments: [Value]) throws -> [Value] {
        try body(Arguments(function: name, values: arguments, context: Context()))
    }
}

extension Value {
    public static func sequence(_ values: [Value]) -> Value { .table(SwiftTable(values)) }
    public static func options(_ named: (key: String, value: Value)...) -> Value { .table(SwiftTable(named: named)) }
}
