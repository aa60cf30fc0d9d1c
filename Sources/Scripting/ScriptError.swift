/// A failure a script may catch: the operation's full name and what was wrong, with the offending values.
///
/// Every room throws this one type for wrong input. The host turns it into a Lua error, adding the script's file and
/// line: `problem3.lua:12: tensor.matmul: (2, 5) and (3, 5) do not chain: 5 ~= 3`.
public struct ScriptError: Error, CustomStringConvertible, Equatable, Sendable {
    /// The operation as a script knows it: `tensor.matmul`, `flow.load`.
    public let operation: String
    /// What was wrong, with the values, and what would be right.
    public let message: String

    public init(_ operation: String, _ message: String) {
        self.operation = abridged(operation)
        self.message = abridged(message)
    }

    public var description: String { operation.isEmpty ? message : "\(operation): \(message)" }
}

/// Thrown by long native calls when the host asked them to stop (Ctrl-C, a deadline). Not a script's to catch.
public struct Interrupted: Error, CustomStringConvertible, Sendable {
    public init() {}
    public var description: String { "interrupted" }
}

/// Ends the script as `os.exit(code)` would: after `--help` was printed, or when the script was called wrongly.
public struct ExitRequest: Error, Sendable {
    public let code: Int
    public init(code: Int) { self.code = code }
}
