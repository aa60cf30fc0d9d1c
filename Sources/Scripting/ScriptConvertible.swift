/// A Swift type whose values go to scripts and come back: what `Host.set`, `get`, `call`, `evaluate` and `define` take.
///
/// Numbers, strings, true and false, tensors, arrays, dictionaries with text keys and optionals of these are; so are
/// ``FunctionValue`` and ``TableValue``, a script's own, and ``Value`` itself, for what has no type. A type of your own joins by saying what it becomes:
///
///     extension Point: ScriptConvertible {
///         static func from(_ value: Value) throws -> Point { let xy = try [Double].from(value); ... }
///         var scriptValue: Value { .list([.number(x), .number(y)]) }
///     }
public protocol ScriptConvertible: SendableMetatype {
    /// - Throws: ``ScriptError`` that says what was expected, and what came.
    static func from(_ value: Value) throws -> Self
    var scriptValue: Value { get }
}

/// The error of ``ScriptConvertible/from(_:)``: `a whole number expected, got "x"`.
public func unexpected(_ value: Value, expected: String) -> ScriptError {
    ScriptError("", "\(expected) expected, got \(value.shown)")
}

extension Value: ScriptConvertible {
    public static func from(_ value: Value) throws -> Value { value }
    public var scriptValue: Value { self }
}

extension Double: ScriptConvertible {
    public static func from(_ value: Value) throws -> Double {
        guard let number = value.asNumber else { throw unexpected(value, expected: "a number") }
        return number
    }
    public var scriptValue: Value { .number(self) }
}

extension Float: ScriptConvertible {
    /// Rounded to the nearest; a number that is too large for it is an error.
    public static func from(_ value: Value) throws -> Float {
        let number = try Double.from(value)
        guard Float(number).isFinite || !number.isFinite else {
            throw unexpected(value, expected: "a number of at most \(Float.greatestFiniteMagnitude)")
        }
        return Float(number)
    }
    public var scriptValue: Value { .number(Double(self)) }
}

extension Int: ScriptConvertible {
    /// `2.0` is whole; `2.5` is an error.
    public static func from(_ value: Value) throws -> Int {
        guard let integer = value.asInteger else { throw unexpected(value, expected: "a whole number") }
        return integer
    }
    public var scriptValue: Value { .integer(self) }
}

extension Bool: ScriptConvertible {
    public static func from(_ value: Value) throws -> Bool {
        guard case .boolean(let flag) = value else { throw unexpected(value, expected: "true or false") }
        return flag
    }
    public var scriptValue: Value { .boolean(self) }
}

extension String: ScriptConvertible {
    public static func from(_ value: Value) throws -> String {
        guard case .string(let text) = value else { throw unexpected(value, expected: "a string") }
        return text
    }
    public var scriptValue: Value { .string(self) }
}

extension Optional: ScriptConvertible where Wrapped: ScriptConvertible {
    public static func from(_ value: Value) throws -> Wrapped? {
        if case .none = value { return nil }
        return try Wrapped.from(value)
    }
    public var scriptValue: Value { map(\.scriptValue) ?? Value.none }
}

extension Array: ScriptConvertible where Element: ScriptConvertible {
    /// The elements at 1, 2, ... of a table that holds nothing else.
    public static func from(_ value: Value) throws -> [Element] {
        if case .list(let elements) = value { return try elements.map(Element.from) }
        guard case .table(let table) = value else { throw unexpected(value, expected: "a list") }
        var elements = [Value](repeating: .none, count: table.count)
        for (key, element) in try table.entries() {
            guard let place = key.asInteger, elements.indices.contains(place - 1) else {
                throw ScriptError("", "a list expected, got a table with the key \(key.shown)")
            }
            elements[place - 1] = element
        }
        return try elements.map(Element.from)
    }
    public var scriptValue: Value { .list(map(\.scriptValue)) }
}

extension Dictionary: ScriptConvertible where Key == String, Value: ScriptConvertible {
    public static func from(_ value: Scripting.Value) throws -> [String: Value] {
        if case .record(let fields) = value {
            return try Dictionary(fields.map { ($0.key, try Value.from($0.value)) }) { $1 }
        }
        guard case .table(let table) = value else { throw unexpected(value, expected: "a table") }
        var result: [String: Value] = [:]
        for (key, element) in try table.entries() {
            guard case .string(let name) = key else {
                throw ScriptError("", "a table with text keys expected, got the key \(key.shown)")
            }
            result[name] = try Value.from(element)
        }
        return result
    }
    public var scriptValue: Scripting.Value {
        .record(sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value.scriptValue) })
    }
}

extension ScriptFunction {
    /// Calls the function with Swift values, and gives its first result as a Swift value.
    public func call<each A: ScriptConvertible, R: ScriptConvertible>(
        with arguments: repeat each A, as type: R.Type = R.self
    ) throws -> R {
        var values: [Value] = []
        for argument in repeat each arguments { values.append(argument.scriptValue) }
        return try R.from(call(values).first ?? .none)
    }
}
