/// One word of a Lua program.
public struct Token: Sendable {
    /// What it is; the raw value is how Lua's own messages name it.
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

        /// The reserved words, which are no names.
        static let reserved: [String: Kind] = Dictionary(
            uniqueKeysWithValues: allCases.filter { $0.rawValue.allSatisfy(\.isLetter) }.map { ($0.rawValue, $0) })

        /// As messages show it where it was expected: `'then'`, `<name>`.
        var expected: String {
            switch self {
            case .name, .string, .integer, .number, .endOfFile, .stray: rawValue
            default: "'\(rawValue)'"
            }
        }
    }

    public let kind: Kind
    /// The bytes of the text it stands on.
    public let range: Range<Int>
    /// A name's letters, a string's content.
    public let text: String

    /// What "near" shows in messages: the content between the delimiters, as Lua has read it by then.
    let near: String
}

/// Text that Lua refuses, and where.
public struct SyntaxError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line that Lua's message names.
    public let line: Int
    /// The byte at which the refused token begins.
    public let offset: Int
    /// Lua's words, such as `unexpected symbol near '='`.
    public let message: String

    public var description: String { "\(line): \(message)" }
}
