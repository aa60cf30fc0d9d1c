/// Strings, in quotes and in long brackets.
extension Lexer {
    /// The number of `=` between two brackets, `[==[`, if these come next; does not move.
    func longBracket() -> Int? {
        var end = index + 1
        while end < bytes.count, bytes[end] == UInt8(ascii: "=") { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "[") else { return nil }
        return end - index - 1
    }

    /// Reads up to the closing bracket of the same level. Line ends become `\n`; one at the start is dropped.
    /// - Returns: nil if it is not closed.
    mutating func longContent(level: Int) -> [UInt8]? {
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
        return nil
    }

    /// - Returns: nil if the string is not closed on this line.
    mutating func quotedContent() -> [UInt8]? {
        let quote = bytes[index]
        var content: [UInt8] = []
        index += 1
        while let byte = current, !atNewline {
            index += 1
            if byte == quote { return content }
            if byte == UInt8(ascii: "\\") { escape(into: &content) } else { content.append(byte) }
        }
        return nil
    }

    private static let simpleEscapes: [UInt8: UInt8] = [
        UInt8(ascii: "a"): 0x07, UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A,
        UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09, UInt8(ascii: "v"): 0x0B,
    ]

    /// Reads one escape sequence after its backslash; an unknown one gives the character itself.
    private mutating func escape(into content: inout [UInt8]) {
        guard let byte = current else { return }
        switch byte {
        case Self.newline, Self.carriageReturn:
            passNewline()
            content.append(Self.newline)
        case UInt8(ascii: "x"):
            index += 1
            content.append(UInt8(truncatingIfNeeded: code(radix: 16, most: 2)))
        case UInt8(ascii: "u") where peek() == UInt8(ascii: "{"):
            index += 2
            let character = Unicode.Scalar(code(radix: 16, most: 8)) ?? "\u{FFFD}"
            content += Array(String(character).utf8)
            if current == UInt8(ascii: "}") { index += 1 }
        case UInt8(ascii: "z"):
            index += 1
            while let space = current, (0x09...0x0D).contains(space) || space == 0x20 { index += 1 }
        case _ where isDigit(byte): content.append(UInt8(truncatingIfNeeded: code(radix: 10, most: 3)))
        default:
            index += 1
            content.append(Self.simpleEscapes[byte] ?? byte)
        }
    }

    private mutating func code(radix: Int, most: Int) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<most {
            guard let byte = current, let digit = Character(UnicodeScalar(byte)).hexDigitValue, digit < radix
            else { break }
            code = code &* UInt32(radix) &+ UInt32(digit)
            index += 1
        }
        return code
    }
}
