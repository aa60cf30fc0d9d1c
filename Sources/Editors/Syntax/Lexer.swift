/// Cuts a text into Lua 5.4's tokens. Messages and lines are those of Lua's own reader.
///
///     var lexer = Lexer("local x = 0x1p4 -- sixteen")
///     while try lexer.next().kind != .endOfFile {}
public struct Lexer: Sendable {
    let bytes: [UInt8]
    var index = 0
    /// The line of what is read next, which Lua's messages name.
    public internal(set) var line = 1

    public init(_ text: String) { self.init(bytes: Array(text.utf8)) }

    /// - Parameter isFile: whether a byte order mark and a first line that begins with `#` are passed over, as Lua does
    ///   for files.
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

    /// Passes one end of line: `\n`, `\r`, `\r\n` or `\n\r`.
    mutating func passNewline() {
        let first = current
        index += 1
        if atNewline, current != first { index += 1 }
        line += 1
    }

    /// The next token; the end of file again and again once it is reached.
    public mutating func next() throws(SyntaxError) -> Token {
        while let byte = current {
            switch byte {
            case Self.newline, Self.carriageReturn: passNewline()
            case UInt8(ascii: " "), 0x09, 0x0B, 0x0C: index += 1
            case UInt8(ascii: "-") where peek() == UInt8(ascii: "-"): try passComment()
            default: return try word(byte)
            }
        }
        return Token(kind: .endOfFile, range: bytes.count..<bytes.count, text: "", near: "<eof>")
    }

    private mutating func passComment() throws(SyntaxError) {
        let start = index
        index += 2
        if current == UInt8(ascii: "["), let level = longBracket() {
            _ = try longContent(level: level, from: start, what: "comment")
            return
        }
        while current != nil, !atNewline { index += 1 }
    }

    private mutating func word(_ byte: UInt8) throws(SyntaxError) -> Token {
        switch byte {
        case UInt8(ascii: "["):
            let start = index
            if let level = longBracket() {
                let content = try longContent(level: level, from: start, what: "string")
                let bracket = String(repeating: "=", count: level)
                let shown = Array("[\(bracket)[".utf8) + content + Array("]\(bracket)]".utf8)
                return string(content, from: start, shown: shown)
            }
            if peek() == UInt8(ascii: "=") {
                var end = index + 1
                while end < bytes.count, bytes[end] == UInt8(ascii: "=") { end += 1 }
                throw error("invalid long string delimiter", near: bytes[start..<end], at: start)
            }
            return symbol(.leftBracket, 1)
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return try quotedString()
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return try numeral()
        case UInt8(ascii: "."):
            if let after = peek(), isDigit(after) { return try numeral() }
            guard peek() == UInt8(ascii: ".") else { return symbol(.dot, 1) }
            return peek(2) == UInt8(ascii: ".") ? symbol(.dots, 3) : symbol(.concatenate, 2)
        case _ where isNameStart(byte): return name()
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
        if byte < 0x80, let kind = Token.Kind(rawValue: letter) { return symbol(kind, 1) }
        let near = (0x20..<0x7F).contains(byte) ? "'\(letter)'" : "'<\\\(byte)>'"
        defer { index += 1 }
        return Token(kind: .stray, range: index..<index + 1, text: "", near: near)
    }

    private mutating func symbol(_ kind: Token.Kind, _ length: Int) -> Token {
        defer { index += length }
        return Token(kind: kind, range: index..<index + length, text: "", near: kind.expected)
    }

    private mutating func name() -> Token {
        let start = index
        while let byte = current, isNameStart(byte) || isDigit(byte) { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        return Token(kind: Token.Kind.reserved[text] ?? .name, range: start..<index, text: text, near: "'\(text)'")
    }

    /// Reads as Lua does: everything that could belong to a number first, and then whether it is one.
    private mutating func numeral() throws(SyntaxError) -> Token {
        let start = index
        if current == UInt8(ascii: ".") { index += 1 }
        let isHexadecimal = current == UInt8(ascii: "0") && peek().map { $0 | 0x20 == UInt8(ascii: "x") } ?? false
        index += isHexadecimal ? 2 : 1
        let exponent = UInt8(ascii: isHexadecimal ? "p" : "e")
        while let byte = current {
            if byte | 0x20 == exponent {
                index += 1
                if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { index += 1 }
            } else if isHexDigit(byte) || byte == UInt8(ascii: ".") {
                index += 1
            } else {
                break
            }
        }
        if let byte = current, isNameStart(byte) { index += 1 }
        let text = bytes[start..<index]
        guard let kind = Numeral.kind(of: text) else {
            throw error("malformed number", near: text, at: start)
        }
        return Token(
            kind: kind, range: start..<index, text: String(decoding: text, as: UTF8.self), near: quoted(text))
    }

    func string(_ content: [UInt8], from start: Int, shown: [UInt8]) -> Token {
        Token(
            kind: .string, range: start..<index, text: String(decoding: content, as: UTF8.self),
            near: quoted(shown[...]))
    }

    func error(_ message: String, near: ArraySlice<UInt8>, at offset: Int) -> SyntaxError {
        SyntaxError(line: line, offset: offset, message: "\(message) near \(quoted(near))")
    }

    /// Lua's messages are C strings: they end at a zero byte.
    private func quoted(_ text: ArraySlice<UInt8>) -> String {
        "'\(String(decoding: text.prefix { $0 != 0 }, as: UTF8.self))'"
    }
}

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}

func isNameStart(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}
