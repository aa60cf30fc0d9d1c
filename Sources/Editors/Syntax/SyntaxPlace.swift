import LuaHost

/// Finds the place of a syntax error: Lua's message only names a line, and some words on it.
public enum SyntaxPlace {
    /// - Returns: the offset in bytes; nil where it cannot be determined.
    public static func offset(of error: LuaSyntax, in bytes: [UInt8], isFile: Bool = false) -> Int? {
        let (tokens, message) = (tokens(bytes, isFile: isFile), error.message)
        func line(at offset: Int) -> Int { bytes.prefix(offset).count { $0 == Lexer.newline } + 1 }
        // Wrong jumps and labels are only noticed at the end of their block: the message ends with the line meant.
        if let meant = message.split(separator: " ").last.flatMap({ Int($0) }) {
            func first(_ kind: Token.Kind) -> Int? {
                tokens.firstIndex { $0.kind == kind && line(at: $0.range.lowerBound) == meant }
            }
            if message.hasPrefix("break "), let place = first(.break) { return tokens[place].range.lowerBound }
            if message.hasPrefix("label ") {
                let labels = zip(tokens, tokens.dropFirst()).filter {
                    $0.kind == .doubleColon && $1.text == quoted(message)
                }
                if labels.count > 1 { return labels[1].1.range.lowerBound }
            }
            if message.contains("goto"), let place = first(.goto), place + 1 < tokens.count {
                return tokens[place + 1].range.lowerBound
            }
        }
        do {
            _ = try Parser.parse(bytes: bytes, isFile: isFile)
        } catch let refused {
            // Otherwise Lua has stopped at something else.
            if line(at: refused.offset) <= error.line { return refused.offset }
        }
        // What our parser accepts: an invalid number or string, or a name that cannot be used.
        guard let word = quoted(message) else { return nil }
        let before = tokens.filter { line(at: $0.range.lowerBound) <= error.line }
        let named = before.last { String(decoding: bytes[$0.range], as: UTF8.self) == word }
        let string = before.last { $0.kind == .string && bytes[$0.range.lowerBound] == word.utf8.first }
        return (named ?? string)?.range.lowerBound
    }

    private static func tokens(_ bytes: [UInt8], isFile: Bool) -> [Token] {
        var lexer = Lexer(bytes: bytes, isFile: isFile)
        var tokens: [Token] = []
        while case let token = lexer.next(), token.kind != .endOfFile { tokens.append(token) }
        return tokens
    }

    /// The text in quotes: after `near`, if that occurs.
    private static func quoted(_ message: String) -> String? {
        let start = message.firstRange(of: " near '")?.upperBound ?? message.firstRange(of: "'")?.upperBound
        guard let start else { return nil }
        let rest = message[start...]
        // It may be followed by a hint in parentheses.
        let end = rest.firstRange(of: "' (")?.lowerBound ?? rest.lastIndex(of: "'") ?? rest.endIndex
        return String(rest[..<end])
    }
}
