import LuaFlow

/// Where on its line an error is: what the caret is put under.
struct Caret {
    let interpreter: Interpreter

    /// The first byte of the token that a syntax error was reported at.
    ///
    /// Lua names the token but not its column. The parser reads from left to right, so it is the first of that name
    /// with which the text up to it is wrong, and not only unfinished.
    func syntax(_ message: String, source: String, prefix: String = "") -> Int? {
        if message.hasSuffix("<eof>") { return source.utf8.count }
        guard let near = message.range(ofLast: " near '"), message.hasSuffix("'") else { return nil }
        let text = String(message[near.upperBound..<message.index(before: message.endIndex)])
        let line = SourceLocation(message)?.line ?? 1
        let bytes = Array(source.utf8)
        var lineNow = 1
        var at = 0
        for token in Lua.tokens(source) {
            lineNow += bytes[at..<token.range.lowerBound].count { $0 == UInt8(ascii: "\n") }
            at = token.range.lowerBound
            // A long string is reported at its last line.
            guard lineNow <= line, token.text.hasPrefix(text) || text.hasPrefix(token.text) else { continue }
            let upTo = String(decoding: bytes[..<token.range.upperBound], as: UTF8.self)
            do { try interpreter.check(code: prefix + upTo) } catch  where !error.isIncomplete {
                return token.range.lowerBound
            } catch {}
        }
        return nil
    }

    /// Column and width of what a message names, in a line: `(global 'x')`, `tensor.matmul: ...`; otherwise the first
    /// word of the line.
    static func runtime(_ message: String, line: String) -> Range<Int> {
        let tokens = Lua.tokens(line)
        for name in names(in: message) {
            if let token = tokens.first(where: { $0.text == name && $0.kind == .name }) { return token.range }
        }
        guard let first = tokens.first(where: { $0.kind != .comment }) else { return 0..<0 }
        return first.range.lowerBound..<(first.range.lowerBound + 1)
    }

    private static func names(in message: String) -> [String] {
        var names: [String] = []
        // (local 'x'), (field 'y'), (method 'z'), and the like.
        if let open = message.range(ofLast: " '"), let end = message[open.upperBound...].firstIndex(of: "'") {
            names.append(String(message[open.upperBound..<end]))
        }
        // tensor.matmul: ...
        let head = message.prefix { $0 != ":" && $0 != " " }
        if let name = head.split(whereSeparator: { $0 == "." }).last { names.append(String(name)) }
        if let method = message.dropFirst(head.count + 1).split(separator: ":", maxSplits: 1).first, head.count > 0 {
            names.append(String(method))
        }
        return names
    }
}

/// The `name:12: ` that a message begins with.
struct SourceLocation: Equatable {
    let chunk: String
    let line: Int
    /// The message without it.
    let rest: String

    init?(_ message: String) {
        var start = message.startIndex
        while let colon = message[start...].firstIndex(of: ":") {
            let afterColon = message.index(after: colon)
            let digits = message[afterColon...].prefix { $0.isASCII && $0.isNumber }
            if let line = Int(digits), digits.endIndex < message.endIndex, message[digits.endIndex] == ":" {
                chunk = String(message[..<colon])
                self.line = line
                rest = message[message.index(after: digits.endIndex)...].drop { $0 == " " }.description
                return
            }
            start = afterColon
        }
        return nil
    }
}

extension String {
    /// The last place where a text occurs.
    func range(ofLast text: String) -> Range<Index>? {
        var end = endIndex
        while true {
            if self[..<end].hasSuffix(text) { return index(end, offsetBy: -text.count)..<end }
            guard end > startIndex else { return nil }
            end = index(before: end)
        }
    }
}
