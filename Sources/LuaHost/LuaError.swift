import CLuaTrampolines
import Scripting

/// The error that ended a run, or that a script's function called by Swift raised.
///
///     do { try interpreter.run(file: "train.lua") }
///     catch { print(error.report) }
public struct LuaError: Error, CustomStringConvertible, Sendable {
    /// Why a run ended.
    public enum Kind: Equatable, Sendable {
        /// The code does not compile.
        case syntax
        /// An uncaught error.
        case runtime
        /// A file cannot be read.
        case file
        /// Lua's or native memory reached the limit.
        case memory
        /// Ctrl-C or ``Interpreter/interrupt()``.
        case interrupted
        /// The run took longer than ``Interpreter/timeLimit``.
        case timeLimit
        /// The script called `os.exit`.
        case exit(code: Int)
    }

    /// What a program decides by; the message is for people.
    public let kind: Kind
    /// The message as raised, with file and line.
    public let message: String
    /// Lua's stack at the error, innermost first.
    public let traceback: String?
    /// The script line at which an interrupt or the time limit stopped it; nil for other errors, and when unknown.
    public let place: ScriptPlace?
    /// The error value, by which the error can be raised again unchanged.
    let value: ErrorValue?

    init(
        _ kind: Kind, _ message: String, traceback: String? = nil, place: ScriptPlace? = nil, value: ErrorValue? = nil
    ) {
        self.kind = kind
        self.message = message
        self.traceback = traceback
        self.place = place
        self.value = value
    }

    public var description: String { message }

    /// Message and traceback, as the command line prints them; very long ones are shortened in the middle.
    public var report: String {
        let text = (place.map { "\($0): " } ?? "") + abridged(message)
        return traceback.map { text + "\n" + abridged($0, to: 16384) } ?? text
    }

    /// True for code that is incomplete rather than wrong: a prompt asks for another line.
    public var isIncomplete: Bool { kind == .syntax && message.hasSuffix("<eof>") }

    /// The same error with another message.
    public func saying(_ message: String) -> LuaError {
        LuaError(kind, message, traceback: traceback, place: place, value: value)
    }

    /// Whether the raised value is no text, number or object with a `__tostring`.
    public var isPlainObject: Bool { kind == .runtime && value != nil && message.hasPrefix("(error object is a ") }

    static let closed = LuaError(.runtime, "the interpreter was closed")
}

/// Keeps an error's value alive, whatever it is.
final class ErrorValue: @unchecked Sendable {
    let core: Core
    let reference: OpaquePointer

    /// Takes over the reference.
    init(core: Core, reference: OpaquePointer) {
        self.core = core
        self.reference = reference
    }

    deinit { lf_reference_release(reference) }
}

extension Core {
    /// Reads and clears the failure of a protected call.
    func error(_ failure: inout lf_failure) -> any Error {
        defer { lf_failure_clear(&failure) }
        func text(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> String? {
            bytes.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: count), as: UTF8.self) }
        }
        var value: ErrorValue?
        if let reference = failure.value {
            value = ErrorValue(core: self, reference: reference)
            failure.value = nil
        }
        let message = text(failure.message, failure.message_length).map(HabitHint.added) ?? "not enough memory"
        let traceback = text(failure.traceback, failure.traceback_length)
        switch Int(failure.kind) {
        case LF_FAILURE_SYNTAX: return LuaError(.syntax, message, value: value)
        case LF_FAILURE_FILE: return LuaError(.file, message, value: value)
        case LF_FAILURE_MEMORY: return LuaError(.memory, message, traceback: traceback, value: value)
        case LF_FAILURE_STOP, LF_FAILURE_EXIT: return Interrupted()
        default: return LuaError(.runtime, message, traceback: traceback, value: value)
        }
    }
}

extension LuaError: EndsWork {
    public var endsWork: Bool {
        switch kind {
        case .runtime, .syntax, .file: false
        case .memory, .interrupted, .timeLimit, .exit: true
        }
    }
}
