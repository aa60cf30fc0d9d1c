/// A call's arguments, with the checks that every function needs and one wording for what is wrong.
///
/// Positions are 1-based, as scripts count. Each reader names the argument; the error names function, argument and
/// value: `tensor.zeros: argument 1 (size): a whole number from 0 expected, got 0.5`.
public struct Arguments {
    /// The function's full name, for messages.
    public let function: String
    public let values: [Value]
    public let context: Context

    public init(function: String, values: [Value], context: Context) {
        self.function = function
        self.values = values
        self.context = context
    }

    public var count: Int { values.count }

    /// The value at a position; `.none` past the end.
    public subscript(_ position: Int) -> Value {
        values.indices.contains(position - 1) ? values[position - 1] : .none
    }

    public func isNil(_ position: Int) -> Bool {
        if case .none = self[position] { true } else { false }
    }

    /// An error about the call as a whole.
    public func error(_ message: String) -> ScriptError { ScriptError(function, message) }

    /// An error about one argument.
    public func error(_ position: Int, _ name: String, expected: String) -> ScriptError {
        let got = values.indices.contains(position - 1) ? self[position].shown : "nothing"
        return ScriptError(function, "argument \(position) (\(name)): \(expected) expected, got \(got)")
    }

    public func number(_ position: Int, _ name: String) throws -> Double {
        guard let number = self[position].asNumber else { throw error(position, name, expected: "a number") }
        return number
    }

    public func number(_ position: Int, _ name: String, default fallback: Double) throws -> Double {
        isNil(position) ? fallback : try number(position, name)
    }

    /// A whole number in a range. `2.0` is whole; `2.5`, NaN and infinities are errors.
    public func integer(_ position: Int, _ name: String, in range: ClosedRange<Int> = Int.min...Int.max) throws -> Int {
        guard let integer = self[position].asInteger, range.contains(integer) else {
            throw error(position, name, expected: "a whole number" + describe(range))
        }
        return integer
    }

    public func integer(
        _ position: Int, _ name: String, in range: ClosedRange<Int> = Int.min...Int.max, default fallback: Int
    ) throws -> Int {
        isNil(position) ? fallback : try integer(position, name, in: range)
    }

    public func boolean(_ position: Int, _ name: String, default fallback: Bool? = nil) throws -> Bool {
        if let fallback, isNil(position) { return fallback }
        guard case .boolean(let flag) = self[position] else { throw error(position, name, expected: "true or false") }
        return flag
    }

    /// A text for people. Names, keys and paths are ``bytes(_:_:)``.
    public func string(_ position: Int, _ name: String) throws -> String { try bytes(position, name).text }

    /// A string as it is.
    public func bytes(_ position: Int, _ name: String) throws -> ByteString {
        guard case .string(let string) = self[position] else { throw error(position, name, expected: "a string") }
        return string
    }

    /// One of a fixed set of names.
    public func choice(_ position: Int, _ name: String, _ choices: [String]) throws -> String {
        let string = try bytes(position, name)
        guard let choice = choices.first(where: { ByteString($0) == string }) else {
            throw ScriptError(
                function,
                "argument \(position) (\(name)): one of \(choices.joined(separator: ", ")) expected, got \(string.quoted())"
                    + suggestion(for: string.text, among: choices))
        }
        return choice
    }

    public func function(_ position: Int, _ name: String) throws -> any ScriptFunction {
        guard case .function(let function) = self[position] else { throw error(position, name, expected: "a function") }
        return function
    }

    public func table(_ position: Int, _ name: String) throws -> any ScriptTable {
        guard case .table(let table) = self[position] else { throw error(position, name, expected: "a table") }
        return table
    }

    /// An object of a Swift class; `typeName` is what the message asks for.
    public func object<T: ScriptObject>(_ position: Int, _ name: String, as type: T.Type, _ typeName: String) throws -> T {
        guard case .object(let object) = self[position], let typed = object as? T else {
            throw error(position, name, expected: "a \(typeName)")
        }
        return typed
    }

    /// The table of options at a position (rule 3): absent means all defaults; an unknown name is an error that lists
    /// the known ones and names the nearest.
    public func options(_ position: Int, _ known: [String]) throws -> Options {
        switch self[position] {
        case .none:
            return Options(function: function, values: [:])
        case .table(let table):
            return try Options(function: function, table: table, known: known)
        default:
            throw error(position, "options", expected: "a table of options")
        }
    }

    /// Refuses arguments past the last that the function takes.
    public func atMost(_ count: Int) throws {
        guard values.count <= count else {
            throw error("takes at most \(count) argument\(count == 1 ? "" : "s"), got \(values.count)")
        }
    }
}

/// Named options of a call, already checked for unknown names.
public struct Options {
    public let function: String
    public let values: [String: Value]

    init(function: String, values: [String: Value]) {
        self.function = function
        self.values = values
    }

    /// Reads a table that holds nothing but options.
    public init(function: String, table: any ScriptTable, known: [String]) throws {
        var values: [String: Value] = [:]
        for (key, value) in try table.entries() {
            guard case .string(let given) = key, let name = known.first(where: { ByteString($0) == given }) else {
                var wrong = key.shown
                var hint = ""
                if case .string(let name) = key {
                    wrong = name.text
                    hint = suggestion(for: wrong, among: known)
                }
                throw ScriptError(
                    function, "unknown option \(wrong)\(hint); the options are \(known.joined(separator: ", "))")
            }
            values[name] = value
        }
        self.init(function: function, values: values)
    }

    public subscript(_ name: String) -> Value { values[name] ?? .none }

    public func has(_ name: String) -> Bool { values[name] != nil }

    public func error(_ name: String, expected: String) -> ScriptError {
        ScriptError(function, "option \(name): \(expected) expected, got \(self[name].shown)")
    }

    public func number(_ name: String, default fallback: Double) throws -> Double {
        guard has(name) else { return fallback }
        guard let number = self[name].asNumber else { throw error(name, expected: "a number") }
        return number
    }

    public func integer(_ name: String, in range: ClosedRange<Int> = Int.min...Int.max, default fallback: Int) throws -> Int {
        guard has(name) else { return fallback }
        guard let integer = self[name].asInteger, range.contains(integer) else {
            throw error(name, expected: "a whole number" + describe(range))
        }
        return integer
    }

    public func boolean(_ name: String, default fallback: Bool) throws -> Bool {
        guard has(name) else { return fallback }
        guard case .boolean(let flag) = self[name] else { throw error(name, expected: "true or false") }
        return flag
    }

    /// A text for people; see ``bytes(_:default:)``.
    public func string(_ name: String, default fallback: String) throws -> String {
        try bytes(name, default: ByteString(fallback)).text
    }

    /// A string as it is.
    public func bytes(_ name: String, default fallback: ByteString) throws -> ByteString {
        guard has(name) else { return fallback }
        guard case .string(let string) = self[name] else { throw error(name, expected: "a string") }
        return string
    }

    public func choice(_ name: String, _ choices: [String], default fallback: String) throws -> String {
        let string = try bytes(name, default: ByteString(fallback))
        guard let choice = choices.first(where: { ByteString($0) == string }) else {
            throw ScriptError(
                function, "option \(name): one of \(choices.joined(separator: ", ")) expected, got \(string.quoted())"
                    + suggestion(for: string.text, among: choices))
        }
        return choice
    }

    /// An optional function.
    public func function(_ name: String) throws -> (any ScriptFunction)? {
        guard has(name) else { return nil }
        guard case .function(let function) = self[name] else { throw error(name, expected: "a function") }
        return function
    }
}

extension Value {
    /// The number, if it is one.
    public var asNumber: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }

    /// The whole number, if it is one and fits.
    public var asInteger: Int? {
        switch self {
        case .integer(let integer): integer
        case .number(let number): Int(exactly: number)
        default: nil
        }
    }
}

private func describe(_ range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (.min, .max): ""
    case (let low, .max): " from \(low)"
    case (.min, let high): " up to \(high)"
    case (let low, let high): " from \(low) to \(high)"
    }
}

extension Value {
    fileprivate var isText: Bool { if case .string = self { true } else { false } }
}
