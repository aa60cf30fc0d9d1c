/// Strings, in quotes and in long brackets.
extension Lexer {
    /// The number of `=` between two brackets, `[==[`, if that is what stands here; stays in front of it.
    func longBracket() -> Int? {
        var end = index + 1
        while end < bytes.count, bytes[end] == UInt8(ascii: "=") { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "[") else { return nil }
        return end - index - 1
    }

    /// Reads up to the closing bracket of the same level. Ends of lines become `\n`; one right at the start is dropped.
    mutating func longContent(level: Int, from start: Int, what: String) throws(SyntaxError) -> [UInt8] {
        let first = line
        index += level + 2
        if atNewline { passNewline() }
        var content: [UInt8] = []
        let close = [UInt8(ascii: "]")] + [UInt8](repeating: UInt8(ascii: "="), count: level) + [UInt8(ascii: "]")]
        while let byte = current {
            if byte == close[0], bytes[index...].starts(with: close) {
                index += close.count
                return content
            }
            if atNewline {
                passNewline()
                content.append(Self.newline)
            } else {
                content.append(byte)
                index += 1
            }
        }
        throw SyntaxError(
            line: line, offset: start, message: "unfinished long \(what) (starting at line \(first)) near <eof>")
    }

    mutating func quotedString() throws(SyntaxError) -> Token {
        let start = index
        let quote = bytes[index]
        var content: [UInt8] = []
        index += 1
        while let byte = current {
            if byte == quote {
                index += 1
                return string(content, from: start, shown: [quote] + content + [quote])
            }
            if atNewline { throw error("unfinished string", near: ([quote] + content)[...], at: start) }
            if byte == UInt8(ascii: "\\") {
                try escape(into: &content, quote: quote, from: start)
            } else {
                content.append(byte)
                index += 1
            }
        }
        throw SyntaxError(line: line, offset: start, message: "unfinished string near <eof>")
    }

    private static let simpleEscapes: [UInt8: UInt8] = [
        UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A,
        UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09, UInt8(ascii: "v"): 0x0B, UInt8(ascii: "\\"): 0x5C,
        UInt8(ascii: "\""): 0x22, UInt8(ascii: "'"): 0x27,
    ]

    /// Reads one escape sequence. What is wrong is shown with all that was read of the string, the escape as written.
    private mutating func escape(into content: inout [UInt8], quote: UInt8, from start: Int) throws(SyntaxError) {
        let escapeStart = index
        let before = [quote] + content
        index += 1
        func check(_ condition: Bool, _ message: String) throws(SyntaxError) {
            if condition { return }
            let end = index < bytes.count ? index + 1 : index
            throw error(message, near: (before + bytes[escapeStart..<end])[...], at: start)
        }
        func hexDigit() throws(SyntaxError) -> Int {
            try check(current.map(isHexDigit) ?? false, "hexadecimal digit expected")
            return bytes[index].hexValue
        }
        guard let byte = current else { return }
        if let simple = Self.simpleEscapes[byte] {
            content.append(simple)
            index += 1
            return
        }
        switch byte {
        case Self.newline, Self.carriageReturn:
            passNewline()
            content.append(Self.newline)
        case UInt8(ascii: "x"):
            index += 1
            let high = try hexDigit()
            index += 1
            let low = try hexDigit()
            index += 1
            content.append(UInt8(truncatingIfNeeded: high << 4 | low))
        case UInt8(ascii: "u"):
            index += 1
            try check(current == UInt8(ascii: "{"), "missing '{'")
            index += 1
            var code = try hexDigit()
            index += 1
            while let digit = current, isHexDigit(digit) {
                try check(code <= 0x7FFF_FFFF >> 4, "UTF-8 value too large")
                code = code << 4 | digit.hexValue
                index += 1
            }
            try check(current == UInt8(ascii: "}"), "missing '}'")
            index += 1
            content += longUTF8(code)
        case UInt8(ascii: "z"):
            index += 1
            while let space = current, (0x09...0x0D).contains(space) || space == 0x20 {
                if atNewline { passNewline() } else { index += 1 }
            }
        default:
            try check(isDigit(byte), "invalid escape sequence")
            var code = 0
            var count = 0
            while count < 3, let digit = current, isDigit(digit) {
                code = code * 10 + Int(digit - UInt8(ascii: "0"))
                index += 1
                count += 1
            }
            try check(code <= 255, "decimal escape too large")
            content.append(UInt8(truncatingIfNeeded: code))
        }
    }
}

/// UTF-8 as it was first defined, up to 2^31, which is what Lua writes for `\u{...}`.
private func longUTF8(_ code: Int) -> [UInt8] {
    if code < 0x80 { return [UInt8(truncatingIfNeeded: code)] }
    var rest = code
    var tail: [UInt8] = []
    var room = 0x3F
    repeat {
        tail.insert(0x80 | UInt8(truncatingIfNeeded: rest & 0x3F), at: 0)
        rest >>= 6
        room >>= 1
    } while rest > room
    return [UInt8(truncatingIfNeeded: ~room << 1 | rest)] + tail
}

extension UInt8 {
    fileprivate var hexValue: Int {
        isDigit(self) ? Int(self - UInt8(ascii: "0")) : Int(self | 0x20) - Int(UInt8(ascii: "a")) + 10
    }
}
