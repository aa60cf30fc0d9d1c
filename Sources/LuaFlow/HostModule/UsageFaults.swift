import Runs
import Scripting

/// What was wrong with the words a script was called with: an error of the user's, which is said in one line where
/// nothing catches it, as that of an unknown option is.
///
///     host.check("--digit", 99999, {max = 10})    -- luaflow: digits.lua: --digit: a finite number to 10 expected, got 99999
final class UsageFaults: Service {
    private var messages: [String] = []

    init() {}

    /// Notes a message that is about to be raised.
    func note(_ message: String) {
        messages.append(message)
        // Scripts may try many.
        if messages.count > 16 { messages.removeFirst() }
    }

    /// The one that an error's message consists of, but for places before it.
    func message(in text: String) -> String? {
        messages.last { text == $0 || text.hasSuffix(": " + $0) }
    }
}

/// A script was called wrongly: one line, and exit status 2.
public struct UsageFault: Error, CustomStringConvertible {
    public let script: String
    public let message: String

    public var description: String { "\(script): \(message)" }
}

extension Host {
    /// What a run's error says of the words that the script was called with; nil for other errors.
    public func usageFault(in error: LuaError) -> UsageFault? {
        guard error.kind == .runtime else { return nil }
        let fault = try? interpreter.perform {
            context.service(UsageFaults.self).message(in: error.message).map {
                UsageFault(script: context.service(ScriptCall.self).script.text, message: $0)
            }
        }
        return fault.flatMap(\.self)
    }
}

/// The options that the program itself takes before a script's name, for a word to those who give them behind it.
public final class ProgramOptions: Service {
    /// Without dashes, and whether a value follows.
    public var takesValue: [String: Bool] = [:]

    public init() {}
}

/// An error that says by itself what it is about: no function's name stands before its message.
struct PlainError: Error, CustomStringConvertible {
    let description: String
}

extension Context {
    /// An error of whoever called the script.
    func usageError(_ message: String) -> PlainError {
        service(UsageFaults.self).note(message)
        return PlainError(description: message)
    }
}
