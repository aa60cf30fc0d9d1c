// Functions and tables of scripts, as types that convert: `any ScriptFunction` itself can conform to nothing.

/// A script's function as a parameter or a result, called like one of Swift's.
///
///     try host.define("simpson") { (f: FunctionValue, a: Double, b: Double) in
///         try (b - a) / 6 * (f(a) + 4 * f((a + b) / 2) + f(b))
///     }
public struct FunctionValue: ScriptConvertible {
    /// May be called while the host lives, on the interpreter's thread.
    public let function: any ScriptFunction

    /// To pass a function that came from a script on to another one.
    public init(_ function: any ScriptFunction) { self.function = function }

    public static func from(_ value: Value) throws -> FunctionValue {
        guard case .function(let function) = value else { throw unexpected(value, expected: "a function") }
        return FunctionValue(function)
    }

    public var scriptValue: Value { .function(function) }

    /// - Throws: ``ScriptError`` when the first result is no `R`, and errors of the script.
    public func callAsFunction<each A: ScriptConvertible, R: ScriptConvertible>(
        _ arguments: repeat each A, as type: R.Type = R.self
    ) throws -> R {
        try function.call(with: repeat each arguments, as: type)
    }

    /// Calls it and ignores its results.
    public func callAsFunction<each A: ScriptConvertible>(_ arguments: repeat each A) throws {
        let _: Value = try function.call(with: repeat each arguments)
    }
}

/// A script's table as a parameter or a result, read field by field; an array or a dictionary would copy it.
///
///     let settings: TableValue = try host.get("settings")
///     let rate = try settings.get("rate", as: Double.self)
public struct TableValue: ScriptConvertible {
    /// May be read and written while the host lives, on the interpreter's thread.
    public let table: any ScriptTable

    /// The table itself, not a copy: writes are seen by the script.
    public init(_ table: any ScriptTable) { self.table = table }

    public static func from(_ value: Value) throws -> TableValue {
        guard case .table(let table) = value else { throw unexpected(value, expected: "a table") }
        return TableValue(table)
    }

    public var scriptValue: Value { .table(table) }

    /// The value of a string key, read without metamethods; nil (for an optional type) if it is not set.
    public func get<R: ScriptConvertible>(_ key: some ByteStringConvertible, as type: R.Type = R.self) throws -> R {
        do {
            return try R.from(table.value(for: key.byteString))
        } catch let error as ScriptError where error.operation.isEmpty {
            throw ScriptError("", "\(key.byteString): \(error.message)")
        }
    }
}
