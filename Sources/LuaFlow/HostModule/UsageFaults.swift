import Runs
import Scripting

/// Errors in the words that a script was called with: errors of the user, shown as one line if nothing catches them,
/// like that for an unknown option.
///
///     host.check("--digit", 99999, {max = 10})
///     -- luaflow: digits.lua: --digit: a finite number to 10 expected, got 99999
final class UsageFaults: Service {
    private var messages: [String] = []

    init() {}

    /// Records a message that is about to be raised.
    func note(_ message: String) {
        messages.append(message)
        // A script may try many values.
        if messages.count > 16 { messages.removeFirst() }
    }

    /// The recorded message that an error's text consists of, apart from the position before it.
    func message(in text: String) -> String? {
        messages.last { text == $0 || text.hasSuffix(": " + $0) }
    }
}

/// A script was called wrongly: one line, and exit status 2.
public struct UsageFault: Error, CustomStringConvertible {
    /// As it was named on the command line.
    public let script: String
    /// What was wrong, with the value, and what would do.
    public let message: String

    public var description: String { "\(script): \(message)" }
}

extension Host {
    /// The usage fault in a run's error; nil for other errors.
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

/// The options that the program takes before a script's name, for a hint to users who put them after it.
public final class ProgramOptions: Service {
    /// The options without dashes, and whether each takes a value.
    public var takesValue: [String: Bool] = [:]

    public init() {}
}

/// An error whose message is complete: no function's name is put before it.
struct PlainError: Error, CustomStringConvertible {
    let description: String
}

extension Context {
    /// An error of the user who called the script.
    func usageError(_ message: String) -> PlainError {
        service(UsageFaults.self).note(message)
        return PlainError(description: message)
    }
}
