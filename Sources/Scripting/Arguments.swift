/// The values of a call before a ``Declaration`` decodes them.
public struct Arguments {
    /// The function's full name, for messages.
    public let function: String
    public let values: [Value]
    public let context: Context

    /// For calls from Swift, as tests make them; scripts' calls are made by the host.
    public init(function: String, values: [Value], context: Context) {
        self.function = function
        self.values = values
        self.context = context
    }

    /// How many were given; nil counts where others follow it.
    public var count: Int { values.count }

    /// The value at a 1-based position, as scripts count; `.none` past the end.
    public subscript(_ position: Int) -> Value {
        values.indices.contains(position - 1) ? values[position - 1] : .none
    }

    /// An error about the call as a whole.
    public func error(_ message: String) -> ScriptError { ScriptError(function, message) }
}

extension Value {
    /// The value as a number, if it is one.
    public var asNumber: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }

    /// The value as an integer, if it is one and fits.
    public var asInteger: Int? {
        switch self {
        case .integer(let integer): integer
        case .number(let number): Int(exactly: number)
        default: nil
        }
    }
}
