import Editors

/// The words of a piece of Lua, finished or not. The prompt looks at inputs by them; whether an input is right or
/// finished is Lua's own parser's to say.
struct LuaToken: Equatable {
    enum Kind: Equatable {
        case name, keyword, number, symbol, comment
        /// A string; one that is still open began with these bytes and ends with the text.
        case string(open: Bool)
    }

    let kind: Kind
    let text: String
    /// Positions in the text's UTF-8.
    let range: Range<Int>

    func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }
    func isKeyword(_ keyword: String) -> Bool { kind == .keyword && text == keyword }
}

enum Lua {
    static let keywords: Set<String> = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
        "not", "or", "repeat", "return", "then", "true", "until", "while",
    ]

    static func isNameStart(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (byte | 32 >= UInt8(ascii: "a") && byte | 32 <= UInt8(ascii: "z"))
    }
    static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, isNameStart(first), !keywords.contains(text) else { return false }
        return text.utf8.allSatisfy { isNameStart($0) || isDigit($0) }
    }

    static func tokens(_ text: String) -> [LuaToken] {
        let bytes = Array(text.utf8)
        var tokens: [LuaToken] = []
        var start = 0
        func add(_ kind: LuaToken.Kind, _ range: Range<Int>) {
            tokens.append(LuaToken(kind: kind, text: String(decoding: bytes[range], as: UTF8.self), range: range))
        }
        // Past what Lua refuses, its reader begins anew.
        while start < bytes.count {
            var lexer = Lexer(bytes: Array(bytes[start...]))
            do {
                while case let token = try lexer.next(), token.kind != .endOfFile {
                    add(kind(of: token), (token.range.lowerBound + start)..<(token.range.upperBound + start))
                }
                start = bytes.count
            } catch {
                let (kind, end) = refused(bytes, from: error.offset + start)
                add(kind, (error.offset + start)..<end)
                start = end
            }
        }
        if let comment = lastComment(bytes, from: tokens.last?.range.upperBound ?? 0) { add(.comment, comment) }
        return tokens
    }

    private static func kind(of token: Token) -> LuaToken.Kind {
        switch token.kind {
        case .name: .name
        case .string: .string(open: false)
        case .integer, .number: .number
        default: token.kind.rawValue.first.map { $0.isLetter } ?? false ? .keyword : .symbol
        }
    }

    /// What a word is that is no Lua, and where it ends: a string that stays open, or has an odd escape; a number.
    private static func refused(_ bytes: [UInt8], from start: Int) -> (LuaToken.Kind, end: Int) {
        guard start < bytes.count else { return (.symbol, bytes.count) }
        let quote = bytes[start]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            var end = start + 1
            if isDigit(quote) || quote == UInt8(ascii: ".") {
                while end < bytes.count, isNameStart(bytes[end]) || isDigit(bytes[end]) || bytes[end] == UInt8(ascii: ".") {
                    end += 1
                }
                return (.number, end)
            }
            while quote == UInt8(ascii: "["), end < bytes.count, bytes[end] == UInt8(ascii: "=") { end += 1 }
            // A bracket of no string; else a long string or comment, which has no other fault than having no end.
            let isLong = quote != UInt8(ascii: "[") || (end < bytes.count && bytes[end] == UInt8(ascii: "["))
            return isLong ? (.string(open: true), bytes.count) : (.symbol, end)
        }
        var end = start + 1
        while end < bytes.count, bytes[end] != quote {
            if bytes[end] == UInt8(ascii: "\n") { return (.string(open: false), end) }
            end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        return end < bytes.count ? (.string(open: false), end + 1) : (.string(open: true), bytes.count)
    }

    /// Comments are no words to Lua; the one that the text ends in is one to the prompt.
    private static func lastComment(_ bytes: [UInt8], from start: Int) -> Range<Int>? {
        var end = bytes.count
        while end > start, bytes[end - 1] == UInt8(ascii: "\n") || bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        var begin = start
        while begin < end, bytes[begin] <= 32 { begin += 1 }
        return begin < end ? begin..<end : nil
    }
}
