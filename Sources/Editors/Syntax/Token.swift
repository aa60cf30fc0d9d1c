/// One word of a Lua program.
public struct Token: Sendable {
    /// What it is; the raw value is how Lua writes it.
    public enum Kind: String, Sendable, CaseIterable {
        case and, `break`, `do`, `else`, elseif, end, `false`, `for`, function, goto, `if`, `in`, local, `nil`, not, or
        case `repeat`, `return`, then, `true`, until, `while`

        case plus = "+", minus = "-", star = "*", slash = "/", percent = "%", caret = "^", hash = "#", ampersand = "&"
        case tilde = "~", pipe = "|", less = "<", greater = ">", equals = "=", leftParenthesis = "("
        case rightParenthesis = ")", leftBrace = "{", rightBrace = "}", leftBracket = "[", rightBracket = "]"
        case semicolon = ";", colon = ":", comma = ",", dot = "."

        case floorDivide = "//", concatenate = "..", dots = "...", equal = "==", greaterOrEqual = ">="
        case lessOrEqual = "<=", notEqual = "~=", shiftLeft = "<<", shiftRight = ">>", doubleColon = "::"

        case name = "<name>", string = "<string>", integer = "<integer>", number = "<number>", endOfFile = "<eof>"
        /// A byte that begins nothing in Lua.
        case stray = "<stray>"
        /// A string or a comment that nothing ends.
        case unfinished = "<unfinished>"

        /// The reserved words, which are no names.
        public static let reserved: [String: Kind] = Dictionary(
            uniqueKeysWithValues: allCases.filter { $0.rawValue.allSatisfy(\.isLetter) }.map { ($0.rawValue, $0) })
    }

    public let kind: Kind
    /// The bytes of the text it stands on.
    public let range: Range<Int>
    /// As it is written; of a string the content.
    public let text: String
}

/// Text that the parser cannot read, and where: Lua refuses it as well, in words of its own.
public struct SyntaxError: Error, Equatable, Sendable {
    /// The byte at which the refused token begins.
    public let offset: Int
}
