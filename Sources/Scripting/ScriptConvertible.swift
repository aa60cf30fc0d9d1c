/// A Swift type that can be converted to script values and back, for `Host.set`, `get`, `call`, `evaluate` and
/// `define`.
///
/// Conforming are numbers, strings, bytes (``ByteString``, `[UInt8]`), booleans, tensors, arrays, dictionaries with
/// string keys and optionals of these; ``FunctionValue`` and ``TableValue``, which are a script's own; and ``Value``
/// itself. Other types can conform by giving both conversions:
///
///     extension Point: ScriptConvertible {
///         static func from(_ value: Value) throws -> Point { let xy = try [Double].from(value); ... }
///         var scriptValue: Value { .list([.number(x), .number(y)]) }
///     }
public protocol ScriptConvertible: SendableMetatype {
    /// - Throws: ``ScriptError`` that says what was expected and what was given.
    static func from(_ value: Value) throws -> Self
    var scriptValue: Value { get }
    /// Reads an array of such values; the default reads a list.
    static func array(from value: Value) throws -> [Self]
    static func scriptValue(of array: [Self]) -> Value
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
    /// Rounded to the nearest Float; a number too large for it is an error.
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
    /// `2.0` is an integer; `2.5` is an error.
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

extension ByteString: ScriptConvertible {
    public static func from(_ value: Value) throws -> ByteString {
        guard case .string(let bytes) = value else { throw unexpected(value, expected: "a string") }
        return bytes
    }
    public var scriptValue: Value { .string(self) }
}

extension String: ScriptConvertible {
    /// Invalid UTF-8 is an error; ``ByteString`` and `[UInt8]` accept any bytes.
    public static func from(_ value: Value) throws -> String {
        guard let text = try ByteString.from(value).utf8Text else {
            throw unexpected(value, expected: "a string of UTF-8 (ByteString and [UInt8] take any bytes)")
        }
        return text
    }
    public var scriptValue: Value { .string(self) }
}

extension UInt8: ScriptConvertible {
    public static func from(_ value: Value) throws -> UInt8 {
        guard let byte = value.asInteger.flatMap(UInt8.init(exactly:)) else {
            throw unexpected(value, expected: "a whole number from 0 to 255")
        }
        return byte
    }
    public var scriptValue: Value { .integer(Int(self)) }

    /// An array of bytes is a Lua string.
    public static func array(from value: Value) throws -> [UInt8] { try ByteString.from(value).bytes }
    public static func scriptValue(of array: [UInt8]) -> Value { .string(ByteString(array)) }
}

extension Optional: ScriptConvertible where Wrapped: ScriptConvertible {
    public static func from(_ value: Value) throws -> Wrapped? {
        if case .none = value { return nil }
        return try Wrapped.from(value)
    }
    public var scriptValue: Value { map(\.scriptValue) ?? Value.none }
}

extension ScriptConvertible {
    /// The elements at 1, 2, ... of a table without other keys.
    public static func array(from value: Value) throws -> [Self] {
        if case .list(let elements) = value { return try elements.map(Self.from) }
        guard case .table(let table) = value else { throw unexpected(value, expected: "a list") }
        var elements = [Value](repeating: .none, count: try table.count)
        for (key, element) in try table.entries() {
            guard let place = key.asInteger, elements.indices.contains(place - 1) else {
                throw ScriptError("", "a list expected, got a table with the key \(key.shown)")
            }
            elements[place - 1] = element
        }
        return try elements.map(Self.from)
    }

    public static func scriptValue(of array: [Self]) -> Value { .list(array.map(\.scriptValue)) }
}

extension Array: ScriptConvertible where Element: ScriptConvertible {
    public static func from(_ value: Value) throws -> [Element] { try Element.array(from: value) }
    public var scriptValue: Value { Element.scriptValue(of: self) }
}

/// The type of a dictionary's keys: ``ByteString`` for any Lua string, or `String`.
public protocol ScriptKey: Hashable, ByteStringConvertible {
    /// - Throws: ``ScriptError`` when the type cannot represent these bytes.
    static func from(key: ByteString) throws -> Self
}

extension ByteString: ScriptKey {
    public static func from(key: ByteString) -> ByteString { key }
}

extension String: ScriptKey {
    public static func from(key: ByteString) throws -> String { try String.from(.string(key)) }
}

extension Dictionary: ScriptConvertible where Key: ScriptKey, Value: ScriptConvertible {
    /// Two strings that are one key of type `Key` are an error: Swift's `String` considers "\u{e9}" and "e\u{301}"
    /// equal.
    public static func from(_ value: Scripting.Value) throws -> [Key: Value] {
        var result: [Key: Value] = [:]
        for (name, element) in try fields(value) {
            guard result.updateValue(try Value.from(element), forKey: try Key.from(key: name)) == nil else {
                throw ScriptError(
                    "", "the keys \(name.quoted()) and another are one text to Swift; ByteString keys keep them apart")
            }
        }
        return result
    }

    private static func fields(_ value: Scripting.Value) throws -> [(key: ByteString, value: Scripting.Value)] {
        if case .record(let fields) = value { return fields }
        guard case .table(let table) = value else { throw unexpected(value, expected: "a table") }
        return try table.entries().map { key, element in
            guard case .string(let name) = key else {
                throw ScriptError("", "a table with text keys expected, got the key \(key.shown)")
            }
            return (key: name, value: element)
        }
    }

    public var scriptValue: Scripting.Value {
        .record(map { (key: $0.key.byteString, value: $0.value.scriptValue) }.sorted { $0.key < $1.key })
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
