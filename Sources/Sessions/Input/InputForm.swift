import Editors
import LuaFlow

/// The form of an input, according to Lua's own parser.
package enum InputForm: Equatable {
    /// An expression: `return` is put before it, and its values are shown.
    case expression
    case statements
    /// Statements followed by an expression from this byte on, whose values are shown: `t = {1}; #t`.
    case ending(at: Int)
    /// The parser reached the end and expected more.
    case unfinished
    /// It ends in `x:name`, a method without a call.
    case uncalled
    case wrong

    /// - Parameter text: an input whose top-level locals were already converted to globals.
    package init(_ text: String, _ interpreter: Interpreter) {
        let whole = InputForm.verdict("return " + text, interpreter)
        if whole == .statements {
            self = .expression
            return
        }
        let statements = InputForm.verdict(text, interpreter)
        if statements == .statements {
            self = .statements
            return
        }
        let split = InputForm.split(text)
        let ending = split.map { InputForm.verdict(InputForm.returning(text, from: $0), interpreter) } ?? .wrong
        if let split, ending == .statements {
            self = .ending(at: split)
        } else if [whole, statements, ending].contains(.unfinished) {
            self = InputForm.endsInMethod(text, interpreter) ? .uncalled : .unfinished
        } else {
            self = .wrong
        }
    }

    /// Whether only a call's parentheses are missing. A method's name alone is no expression, and nobody ends a line
    /// between it and its arguments.
    private static func endsInMethod(_ text: String, _ interpreter: Interpreter) -> Bool {
        let end = Lua.tokens(text).filter { $0.kind != .comment }.suffix(2)
        guard end.first?.isSymbol(":") == true, end.last?.kind == .name, let last = end.last else { return false }
        let bytes = Array(text.utf8)[..<last.range.upperBound]
        let call = String(decoding: bytes, as: UTF8.self) + "()"
        return [call, "return " + call].contains { verdict($0, interpreter) == .statements }
    }

    /// The code that returns the input's values.
    package func code(_ text: String) -> String {
        switch self {
        case .expression: InputForm.returning(text, from: 0)
        case .ending(let start): InputForm.returning(text, from: start)
        default: text
        }
    }

    /// Where an expression begins after statements. They must be separated: `x = 1 2` is an error.
    package static func split(_ text: String) -> Int? {
        guard let start = Parser.refusedStatement(in: text), start > 0,
            let before = Lua.tokens(text).last(where: { $0.range.upperBound <= start && $0.kind != .comment })
        else { return nil }
        let gap = Array(text.utf8)[before.range.upperBound..<start]
        let isSetOff = before.isSymbol(";") || before.isKeyword("end") || gap.contains(UInt8(ascii: "\n"))
        return isSetOff ? start : nil
    }

    /// Where the last of several statements begins if it is a call; nil if it is none or the only one.
    package static func lastCall(in text: String) -> Int? {
        guard let tree = try? Parser.parse(text), let last = tree.body.statements.last, case .call = last.kind,
            last.offset > 0
        else { return nil }
        return last.offset
    }

    package static func returning(_ text: String, from start: Int) -> String {
        let bytes = Array(text.utf8)
        return String(decoding: bytes[..<start], as: UTF8.self) + "return "
            + String(decoding: bytes[start...], as: UTF8.self)
    }

    private static func verdict(_ text: String, _ interpreter: Interpreter) -> InputForm {
        do {
            // With a line end, at which a quoted string ends unless there is a backslash or \z.
            try interpreter.check(code: text + "\n")
            return .statements
        } catch {
            return error.isIncomplete ? .unfinished : .wrong
        }
    }
}
