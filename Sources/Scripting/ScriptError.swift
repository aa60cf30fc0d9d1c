/// A failure a script may catch: the operation's full name and what was wrong, with the offending values.
///
/// Every room throws this type for wrong input. The host turns it into a Lua error with the script's file and line:
/// `problem3.lua:12: tensor.matmul: (2, 5) and (3, 5) do not chain: 5 ~= 3`.
public struct ScriptError: Error, CustomStringConvertible, Equatable, Sendable {
    /// The operation as a script knows it: `tensor.matmul`, `flow.load`.
    public let operation: String
    /// What was wrong, with the values, and what is expected.
    public let message: String

    /// Texts of more than 4096 bytes are cut in the middle.
    public init(_ operation: String, _ message: String) {
        self.operation = abridged(operation)
        self.message = abridged(message)
    }

    public var description: String { operation.isEmpty ? message : "\(operation): \(message)" }
}

/// Thrown by long native calls when the host asks them to stop (Ctrl-C, a deadline). Scripts cannot catch it.
public struct Interrupted: Error, CustomStringConvertible, Sendable {
    public init() {}
    public var description: String { "interrupted" }
}

/// Ends the script as `os.exit(code)` does: after `--help`, or after a wrong call of the script.
public struct ExitRequest: Error, Sendable {
    /// 0 for success, 1 for an error, 2 for a wrong call.
    public let code: Int
    /// Only the lowest 8 bits reach the shell.
    public init(code: Int) { self.code = code }
}
