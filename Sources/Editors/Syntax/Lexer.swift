/// Divides a text into Lua 5.4's tokens. It reports no errors: that is left to Lua's own compiler (``LuaSyntax``).
///
///     var lexer = Lexer("local x = 0x1p4 -- sixteen")
///     while lexer.next().kind != .endOfFile {}
public struct Lexer: Sendable {
    let bytes: [UInt8]
    var index = 0

    /// The tokens of code, not of a file: a first line with `#` is not skipped.
    public init(_ text: String) { self.init(bytes: Array(text.utf8)) }

    /// - Parameter isFile: whether a byte order mark and a first line that begins with `#` are skipped, as Lua does for
    ///   files.
    public init(bytes: [UInt8], isFile: Bool = false) {
        self.bytes = bytes
        guard isFile else { return }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
        if current == UInt8(ascii: "#") { while let byte = current, byte != Self.newline { index += 1 } }
    }

    static let newline = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")

    var current: UInt8? { index < bytes.count ? bytes[index] : nil }
    func peek(_ distance: Int = 1) -> UInt8? { index + distance < bytes.count ? bytes[index + distance] : nil }

    var atNewline: Bool { current == Self.newline || current == Self.carriageReturn }

    /// Skips one line end: `\n`, `\r`, `\r\n` or `\n\r`.
    mutating func passNewline() {
        let first = current
        index += 1
        if atNewline, current != first { index += 1 }
    }

    /// The next token; at the end always `endOfFile`.
    public mutating func next() -> Token {
        while let byte = current {
            switch byte {
            case UInt8(ascii: " "), 0x09...0x0D: index += 1
            case UInt8(ascii: "-") where peek() == UInt8(ascii: "-"):
                if let unfinished = passComment() { return unfinished }
            default: return word(byte)
            }
        }
        return Token(kind: .endOfFile, range: bytes.count..<bytes.count, text: "")
    }

    /// - Returns: the comment, if it is not closed.
    private mutating func passComment() -> Token? {
        let start = index
        index += 2
        if current == UInt8(ascii: "["), let level = longBracket() {
            return longContent(level: level) == nil ? token(.unfinished, from: start) : nil
        }
        while current != nil, !atNewline { index += 1 }
        return nil
    }

    private mutating func word(_ byte: UInt8) -> Token {
        let start = index
        switch byte {
        case UInt8(ascii: "["):
            if let level = longBracket() {
                let content = longContent(level: level)
                return string(content, from: start)
            }
            index += 1
            guard current == UInt8(ascii: "=") else { return token(.leftBracket, from: start) }
            while current == UInt8(ascii: "=") { index += 1 }
            return token(.stray, from: start)
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            let content = quotedContent()
            return string(content, from: start)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return numeral()
        case UInt8(ascii: "."):
            if let after = peek(), isDigit(after) { return numeral() }
            guard peek() == UInt8(ascii: ".") else { return symbol(.dot, 1) }
            return peek(2) == UInt8(ascii: ".") ? symbol(.dots, 3) : symbol(.concatenate, 2)
        case _ where isNameStart(byte):
            while let byte = current, isNameStart(byte) || isDigit(byte) { index += 1 }
            let name = token(.name, from: start)
            return Token(kind: Token.Kind.reserved[name.text] ?? .name, range: name.range, text: name.text)
        default: return punctuation(byte)
        }
    }

    private static let doubled: [String: Token.Kind] = [
        "==": .equal, "<=": .lessOrEqual, "<<": .shiftLeft, ">=": .greaterOrEqual, ">>": .shiftRight,
        "//": .floorDivide, "~=": .notEqual, "::": .doubleColon,
    ]

    private mutating func punctuation(_ byte: UInt8) -> Token {
        let letter = String(UnicodeScalar(byte))
        if let after = peek(), after < 0x80, let kind = Self.doubled[letter + String(UnicodeScalar(after))] {
            return symbol(kind, 2)
        }
        return symbol(byte < 0x80 ? Token.Kind(rawValue: letter) ?? .stray : .stray, 1)
    }

    private mutating func symbol(_ kind: Token.Kind, _ length: Int) -> Token {
        let start = index
        index += length
        return token(kind, from: start)
    }

    /// Reads everything that could belong to a number, valid or not, as Lua does.
    private mutating func numeral() -> Token {
        let start = index
        let isHexadecimal = current == UInt8(ascii: "0") && peek().map { $0 | 0x20 == UInt8(ascii: "x") } ?? false
        let exponent = UInt8(ascii: isHexadecimal ? "p" : "e")
        while let byte = current, isNameStart(byte) || isDigit(byte) || byte == UInt8(ascii: ".") {
            index += 1
            guard byte | 0x20 == exponent else { continue }
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { index += 1 }
        }
        let text = token(.number, from: start)
        // A decimal that does not fit an integer is a float; a hexadecimal wraps around.
        let isWhole = isHexadecimal ? !text.text.contains { ".pP".contains($0) } : Int64(text.text) != nil
        return isWhole ? Token(kind: .integer, range: text.range, text: text.text) : text
    }

    /// The token that was read since `start`.
    func token(_ kind: Token.Kind, from start: Int) -> Token {
        Token(kind: kind, range: start..<index, text: String(decoding: bytes[start..<index], as: UTF8.self))
    }

    /// - Parameter content: nil for a string that is not closed.
    private func string(_ content: [UInt8]?, from start: Int) -> Token {
        guard let content else { return token(.unfinished, from: start) }
        return Token(kind: .string, range: start..<index, text: String(decoding: content, as: UTF8.self))
    }

    /// Whether a text is a name in Lua, of a variable or a field.
    public static func isName(_ text: String) -> Bool {
        var lexer = Lexer(text)
        let first = lexer.next()
        return first.kind == .name && first.range == 0..<text.utf8.count
    }
}

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

func isNameStart(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}
