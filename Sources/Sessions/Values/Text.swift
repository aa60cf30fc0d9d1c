import LuaFlow

/// Text for a terminal: its width, and the removal of control characters.
package enum Text {
    /// The columns of a string, by the rules that terminals share: wide characters take two, combining ones none.
    package static func width(_ text: some StringProtocol) -> Int { TerminalText.width(text) }
    private static func width(_ character: Character) -> Int { TerminalText.width(character) }

    /// A string as a Lua literal.
    package static func quoted(_ text: String) -> String { "\"" + escaped(text, quotes: true) + "\"" }

    /// Bytes that are no valid UTF-8, as a Lua literal.
    package static func quoted(bytes: [UInt8]) -> String {
        var result = ""
        var rest = bytes[...]
        while !rest.isEmpty {
            var decoder = UTF8()
            var iterator = rest.makeIterator()
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar):
                result += escaped(String(scalar), quotes: true)
                rest = rest.dropFirst(String(scalar).utf8.count)
            case .emptyInput: rest = []
            case .error:
                result += "\\x" + hexadecimal(UInt32(rest[rest.startIndex]))
                rest = rest.dropFirst()
            }
        }
        return "\"" + result + "\""
    }

    /// Untrusted text without control characters, so that it cannot move the terminal's cursor.
    package static func safe(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map {
            escaped(String($0), quotes: false, tabs: true)
        }
        .joined(separator: "\n")
    }

    private static func escaped(_ text: String, quotes: Bool, tabs: Bool = false) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"" where quotes: result += "\\\""
            case "\\" where quotes: result += "\\\\"
            case "\t" where tabs: result += "    "
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                switch scalar.properties.generalCategory {
                case .control: result += "\\x" + hexadecimal(scalar.value)
                // They include characters that reverse the direction of writing.
                case .format, .lineSeparator, .paragraphSeparator, .privateUse:
                    result += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
                default: result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return digits.count < 2 ? "0" + digits : digits
    }

    /// The beginning of a text, with dots if something is cut off.
    package static func clipped(_ text: String, to columns: Int) -> String {
        guard width(text) > columns else { return text }
        var result = ""
        var used = 0
        for character in text {
            used += width(character)
            if used > columns - 3 { break }
            result.append(character)
        }
        return result + "..."
    }

    /// Breaks lines that are too wide, after a blank or a comma if possible.
    package static func wrapped(_ text: String, to columns: Int, indent: Int = 4) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { wrap($0, columns, indent) }
            .joined(separator: "\n")
    }

    private static func wrap(_ line: Substring, _ columns: Int, _ indent: Int) -> String {
        guard width(line) > columns, columns > 3 else { return String(line) }
        let own = line.prefix { $0 == " " }.count
        let margin = String(repeating: " ", count: min(own + indent, columns / 3))
        var lines: [String] = []
        var current = ""
        var rest = line
        while !rest.isEmpty {
            var taken = rest.startIndex
            var room = columns - width(current)
            var end = rest.startIndex
            while end < rest.endIndex, room >= width(rest[end]) {
                room -= width(rest[end])
                if rest[end] == " " { taken = rest.index(after: end) }
                end = rest.index(after: end)
            }
            if end == rest.endIndex || taken == rest.startIndex || rest[..<taken].allSatisfy({ $0 == " " }) {
                taken = end
            }
            if taken == rest.startIndex { taken = rest.index(after: rest.startIndex) }
            current += rest[..<taken]
            rest = rest[taken...]
            while current.last == " " && !rest.isEmpty { current.removeLast() }
            lines.append(current)
            current = margin
        }
        return lines.joined(separator: "\n")
    }
}
