import Editors

/// A token of a piece of Lua, complete or not. The prompt examines inputs by tokens; whether an input is right or
/// complete is decided by Lua's own parser.
package struct LuaToken: Equatable {
    package enum Kind: Equatable {
        case name, keyword, number, symbol, comment
        /// A string; an open one begins with these bytes and extends to the end of the text.
        case string(open: Bool)
    }

    package let kind: Kind
    package let text: String
    /// The offsets in the text's UTF-8.
    package let range: Range<Int>

    package func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
    package func isKeyword(_ keyword: String) -> Bool { kind == .keyword && text == keyword }
}

package enum Lua {
    package static let keywords = Set(Token.Kind.reserved.keys)

    package static func isName(_ text: String) -> Bool { Lexer.isName(text) }

    package static func tokens(_ text: String) -> [LuaToken] {
        let bytes = Array(text.utf8)
        var tokens: [LuaToken] = []
        func add(_ kind: LuaToken.Kind, _ range: Range<Int>) {
            tokens.append(LuaToken(kind: kind, text: String(decoding: bytes[range], as: UTF8.self), range: range))
        }
        var lexer = Lexer(bytes: bytes)
        while case let token = lexer.next(), token.kind != .endOfFile {
            add(kind(of: token, isLast: token.range.upperBound == bytes.count), token.range)
        }
        if let comment = lastComment(bytes, from: tokens.last?.range.upperBound ?? 0) { add(.comment, comment) }
        return tokens
    }

    private static func kind(of token: Token, isLast: Bool) -> LuaToken.Kind {
        switch token.kind {
        case .name: .name
        case .string: .string(open: false)
        // An unfinished token before the end of the text (a quoted string cut off by its line's end) counts as closed.
        case .unfinished: .string(open: isLast)
        case .integer, .number: .number
        default: token.kind.rawValue.first.map { $0.isLetter } ?? false ? .keyword : .symbol
        }
    }

    /// Comments are no tokens in Lua; a comment at the end of the text is one for the prompt.
    private static func lastComment(_ bytes: [UInt8], from start: Int) -> Range<Int>? {
        var end = bytes.count
        while end > start, bytes[end - 1] == UInt8(ascii: "\n") || bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        var begin = start
        while begin < end, bytes[begin] <= 32 { begin += 1 }
        return begin < end ? begin..<end : nil
    }
}
