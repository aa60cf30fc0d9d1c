import LuaFlow

/// What an input is, by Lua's own parser.
enum InputForm: Equatable {
    /// Its values are printed: `return` was put before it.
    case expression
    case statements
    /// The parser met the end where it wanted more.
    case unfinished
    case wrong

    /// - Parameter text: an input with its top-level locals kept already.
    init(_ text: String, _ interpreter: Interpreter) {
        let asExpression = InputForm.verdict("return " + text, interpreter)
        if asExpression == .statements {
            self = .expression
            return
        }
        let asStatements = InputForm.verdict(text, interpreter)
        self = asStatements == .wrong ? asExpression : asStatements
    }

    private static func verdict(_ text: String, _ interpreter: Interpreter) -> InputForm {
        do {
            try interpreter.check(code: text)
            return .statements
        } catch {
            return error.isIncomplete ? .unfinished : .wrong
        }
    }
}
