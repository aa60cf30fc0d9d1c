/// A parameter without its Swift type: what messages, documentation, editors and `luaflow check` need.
public struct ParameterSpec: Sendable {
    public enum Place: Int, Sendable {
        /// Given by its place; if it has a default, or the form says so, also by its name in a last table.
        case argument
        /// All arguments that follow.
        case rest
        /// Given by its name only.
        case option
    }

    public let name: String
    public let place: Place
    public let type: ScriptType
    public let bounds: Bounds?
    /// What messages ask for: `a number from 0`.
    public let expected: String
    /// The default as a script writes it, `nil` for what may be left out; no value for what has to be given.
    public var fallback: String? { writtenFallback?() ?? (isOptional ? "nil" : nil) }
    /// Written when somebody asks: a program that calls a function does not read its signature.
    private let writtenFallback: (@Sendable () -> String)?
    /// Whether it may be left out.
    public let isOptional: Bool
    /// One sentence: what it is, in which units.
    public let note: String
    /// What is wrong with a value, as messages say it behind the parameter's name; nil for a value that is taken.
    public let refusal: @Sendable (Value) -> String?

    @usableFromInline
    init<T>(
        _ place: Place, _ name: String, _ domain: Domain<T>, fallback: (@Sendable () -> String)? = nil, _ note: String
    ) {
        (self.name, self.place, self.note) = (name, place, note)
        (type, bounds, expected) = (domain.type, domain.bounds, domain.expected)
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

/// What is wrong with an argument or a call. Where the call is decoded, the names of function and argument are added.
public struct Fault: Error {
    let parameter: String?
    package let message: String

    /// About the call as a whole, or about what is read right now.
    public init(_ message: String) { (parameter, self.message) = (nil, message) }
    public init(_ parameter: String, _ message: String) { (self.parameter, self.message) = (parameter, message) }

    /// The same, said of a part of a parameter's value: `group 2: option lr: ...`.
    public func inside(_ parameter: String, _ part: String) -> Fault {
        Fault(parameter, "\(part): \(self.parameter.map { "option \($0): " } ?? "")\(message)")
    }
}

extension Fault: CustomStringConvertible {
    /// The message, behind the parameter's name if it is about one.
    public var description: String { (parameter.map { "\($0): " } ?? "") + message }
}
