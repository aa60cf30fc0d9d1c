/// A parameter without its Swift type, for messages, documentation, editors and `luaflow check`.
public struct ParameterSpec: Sendable {
    /// How a script gives it.
    public enum Place: Int, Sendable {
        /// Given by position; also by name in a last table, if it has a default or the form allows it.
        case argument
        /// All arguments that follow.
        case rest
        /// Given by name only.
        case option
    }

    /// For options and arguments by name the key in the table.
    public let name: String
    /// Options may stand in any order, the others may not.
    public let place: Place
    /// What editors are told.
    public let type: ScriptType
    /// The expected value in messages: `a number from 0`.
    public let expected: String
    /// The default as a script would write it; `nil` for optional parameters; none for required ones.
    public var fallback: String? { writtenFallback?() ?? (isOptional ? "nil" : nil) }
    /// Computed on demand: a program that only calls a function needs no signature.
    private let writtenFallback: (@Sendable () -> String)?
    /// Whether it may be left out.
    public let isOptional: Bool
    /// One sentence: its meaning and units.
    public let note: String
    /// What is wrong with a value, to follow the parameter's name in messages; nil for an accepted value.
    public let refusal: @Sendable (Value) -> String?

    @usableFromInline
    init<T>(
        _ place: Place, _ name: String, _ domain: Domain<T>, fallback: (@Sendable () -> String)? = nil, _ note: String
    ) {
        (self.name, self.place, self.note) = (name, place, note)
        (type, expected) = (domain.type, domain.expected)
        writtenFallback = fallback
        let isOptional = domain.isOptional || fallback != nil
        self.isOptional = isOptional
        refusal = { [read = domain.read, type = domain.type, expected = domain.expected] value in
            if case .none = value, isOptional { return nil }
            do {
                return try read(value) == nil ? ParameterSpec.refusal(of: value, type, expected) : nil
            } catch let fault as Fault {
                return fault.message
            } catch {
                return (error as? ScriptError)?.message ?? "\(error)"
            }
        }
    }

    /// `a number from 0 expected, got -1`
    @usableFromInline static func refusal(of value: Value?, _ type: ScriptType, _ expected: String) -> String {
        var hint = ""
        if case .choice(let names) = type, case .string(let given)? = value {
            hint = suggestion(for: given.text, among: names)
        }
        return "\(expected) expected, got \(value?.shown ?? "nothing")\(hint)"
    }
}

/// An error in an argument or a call. The names of function and argument are added where the call is decoded.
public struct Fault: Error {
    let parameter: String?
    package let message: String

    /// An error about the call as a whole, or about the parameter that is being read.
    public init(_ message: String) { (parameter, self.message) = (nil, message) }
    public init(_ parameter: String, _ message: String) { (self.parameter, self.message) = (parameter, message) }

    /// The same error about a part of a parameter's value: `group 2: option lr: ...`.
    public func inside(_ parameter: String, _ part: String) -> Fault {
        Fault(parameter, "\(part): \(self.parameter.map { "option \($0): " } ?? "")\(message)")
    }
}

extension Fault: CustomStringConvertible {
    /// The message, after the parameter's name if it is about one.
    public var description: String { (parameter.map { "\($0): " } ?? "") + message }
}
