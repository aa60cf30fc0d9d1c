/// A token of a Lua program.
public struct Token: Sendable {
    /// Its kind; the raw value is Lua's notation.
    public enum Kind: String, Sendable, CaseIterable {
        /// Reserved words.
        case and, `break`, `do`, `else`, elseif, end, `false`, `for`, function, goto, `if`, `in`, local, `nil`, not, or
        case `repeat`, `return`, then, `true`, until, `while`

        /// Signs of one character.
        case plus = "+", minus = "-", star = "*", slash = "/", percent = "%", caret = "^", hash = "#", ampersand = "&"
        case tilde = "~", pipe = "|", less = "<", greater = ">", equals = "=", leftParenthesis = "("
        case rightParenthesis = ")", leftBrace = "{", rightBrace = "}", leftBracket = "[", rightBracket = "]"
        case semicolon = ";", colon = ":", comma = ",", dot = "."

        /// Signs of two or three characters.
        case floorDivide = "//", concatenate = "..", dots = "...", equal = "==", greaterOrEqual = ">="
        case lessOrEqual = "<=", notEqual = "~=", shiftLeft = "<<", shiftRight = ">>", doubleColon = "::"

        /// Kinds with many notations, and the end.
        case name = "<name>", string = "<string>", integer = "<integer>", number = "<number>", endOfFile = "<eof>"
        /// A byte that begins no token.
        case stray = "<stray>"
        /// A string or a comment that is not closed.
        case unfinished = "<unfinished>"

        /// The reserved words, which cannot be names.
        public static let reserved: [String: Kind] = Dictionary(
            uniqueKeysWithValues: allCases.filter { $0.rawValue.allSatisfy(\.isLetter) }.map { ($0.rawValue, $0) })
    }

    /// Reserved words and signs are kinds of their own.
    public let kind: Kind
    /// Its bytes in the text.
    public let range: Range<Int>
    /// The text of the token; for a string its contents.
    public let text: String
}

/// A syntax error and its position; Lua also refuses the text, with a message.
public struct SyntaxError: Error, Equatable, Sendable {
    /// The offset of the refused token.
    public let offset: Int
}
