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
        var scanner = Scanner(bytes: Array(text.utf8))
        return scanner.all()
    }

    private struct Scanner {
        let bytes: [UInt8]
        var at = 0

        private func peek(_ offset: Int = 0) -> UInt8 { at + offset < bytes.count ? bytes[at + offset] : 0 }
        private func character(_ offset: Int = 0) -> Character { Character(UnicodeScalar(peek(offset))) }

        mutating func all() -> [LuaToken] {
            var tokens: [LuaToken] = []
            while true {
                while at < bytes.count, peek() <= 32 { at += 1 }
                guard at < bytes.count else { return tokens }
                let start = at
                let kind = next()
                at = max(at, start + 1)
                let text = String(decoding: bytes[start..<at], as: UTF8.self)
                let isKeyword = kind == .name && Lua.keywords.contains(text)
                tokens.append(LuaToken(kind: isKeyword ? .keyword : kind, text: text, range: start..<at))
            }
        }

        private mutating func next() -> LuaToken.Kind {
            let byte = peek()
            if Lua.isNameStart(byte) {
                while Lua.isNameStart(peek()) || Lua.isDigit(peek()) { at += 1 }
                return .name
            }
            if Lua.isDigit(byte) || (character() == "." && Lua.isDigit(peek(1))) { return number() }
            if character() == "-", character(1) == "-" { return comment() }
            if character() == "\"" || character() == "'" { return quotedString(byte) }
            if character() == "[", let level = longBracket() { return longString(level) }
            for symbol in ["...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"]
            where bytes[at...].starts(with: symbol.utf8) {
                at += symbol.utf8.count
                return .symbol
            }
            at += 1
            while at < bytes.count, bytes[at] & 0xC0 == 0x80 { at += 1 }
            return .symbol
        }

        private mutating func number() -> LuaToken.Kind {
            while Lua.isDigit(peek()) || Lua.isNameStart(peek()) || character() == "."
                || ("+-".contains(character()) && "eEpP".contains(character(-1)))
            {
                // `1..x` is a number and an operator.
                if character() == ".", character(1) == "." { break }
                at += 1
            }
            return .number
        }

        private mutating func comment() -> LuaToken.Kind {
            at += 2
            if character() == "[", let level = longBracket() {
                return longString(level) == .string(open: true) ? .string(open: true) : .comment
            }
            while at < bytes.count, character() != "\n" { at += 1 }
            return .comment
        }

        private mutating func quotedString(_ quote: UInt8) -> LuaToken.Kind {
            at += 1
            while at < bytes.count, peek() != quote {
                if character() == "\n" { return .string(open: false) }
                at += character() == "\\" ? 2 : 1
            }
            guard at < bytes.count else {
                at = bytes.count
                return .string(open: true)
            }
            at += 1
            return .string(open: false)
        }

        /// The number of `=` in `[==[`, or nil if it is none.
        private func longBracket() -> Int? {
            var end = at + 1
            while end < bytes.count, bytes[end] == UInt8(ascii: "=") { end += 1 }
            return end < bytes.count && bytes[end] == UInt8(ascii: "[") ? end - at - 1 : nil
        }

        private mutating func longString(_ level: Int) -> LuaToken.Kind {
            let end = Array(("]" + String(repeating: "=", count: level) + "]").utf8)
            at += level + 2
            while at < bytes.count {
                if bytes[at...].starts(with: end) {
                    at += end.count
                    return .string(open: false)
                }
                at += 1
            }
            return .string(open: true)
        }
    }
}
