import Editors
import LuaFlow

/// The position of an error on its line, where the caret is put.
enum Caret {
    // MARK: Text that Lua refuses

    /// The offset of a syntax error, if the source has exactly this error.
    static func syntax(_ message: String, source: String) -> Int? {
        // Whether the source came from a file is unknown; an input never begins as only files may.
        let bytes = Array((source + "\n").utf8)
        guard let error = LuaSyntax.error(in: bytes, isFile: true), error.message == message else { return nil }
        return SyntaxPlace.offset(of: error, in: bytes, isFile: true)
    }

    /// Replaces a single byte in a message by the whole character that Lua has no use for.
    static func readable(_ message: String, at offset: Int, in source: String) -> String {
        guard let near = message.range(ofLast: " near '<\\"), message.hasSuffix(">'") else { return message }
        let rest = String(decoding: Array(source.utf8)[min(offset, source.utf8.count)...], as: UTF8.self)
        guard let letter = rest.first, letter.utf8.count > 1 else { return message }
        return message[..<near.lowerBound] + " near '\(letter)': names are made of a-z, A-Z, 0-9 and _"
    }

    // MARK: Errors of runs

    /// The columns of what a message is about: `(global 'x')`, `tensor.matmul: ...`, or the only operator that can be
    /// meant; nil where that is not certain.
    static func runtime(_ message: String, line: String) -> Range<Int>? {
        let tokens = Lua.tokens(line).filter { $0.kind != .comment }
        for path in paths(in: message) {
            for end in tokens.indices where tokens[end].kind == .name && ends(tokens[...end], with: path) {
                return tokens[end].range
            }
        }
        if let operators = operators(in: message) {
            let meant = tokens.filter { $0.kind == .symbol && operators.contains($0.text) }
            return meant.count == 1 ? meant[0].range : nil
        }
        guard !message.hasPrefix("attempt to ") else { return nil }
        return tokens.first { $0.kind == .name && ["error", "assert"].contains($0.text) }?.range
    }

    /// Whether tokens end with names joined by dots or colons.
    private static func ends(_ tokens: ArraySlice<LuaToken>, with path: [String]) -> Bool {
        guard let last = path.last, tokens.last?.text == last else { return false }
        let before = tokens.dropLast()
        guard path.count > 1 else { return true }
        guard let joint = before.last, joint.isSymbol(".") || joint.isSymbol(":") else { return false }
        // `tensor.exp` may have been written as the method `x:exp`.
        return joint.isSymbol(":") || ends(before.dropLast(), with: path.dropLast())
    }

    /// The names that a message may be about, the most certain first.
    private static func paths(in message: String) -> [[String]] {
        var paths: [[String]] = []
        // (local 'x'), (field 'y'), (method 'z'), and the like.
        if message.hasSuffix("')"), let name = quoted(in: message) { paths.append([name]) }
        // tensor.matmul: ..., tensor:foo: ..., bad argument #1 to 'rep' ...
        let head = message.prefix { $0 != " " }
        if head.hasSuffix(":") {
            let path = head.dropLast().split(whereSeparator: { $0 == "." || $0 == ":" }).map(String.init)
            if path.allSatisfy(Lua.isName) { paths.append(path) }
            if path.count > 1, let last = path.last { paths.append([last]) }
        }
        if let name = quoted(in: message) { paths.append([name]) }
        // flow has no field "lod"
        let parts = message.split(separator: "\"", omittingEmptySubsequences: false)
        if parts.count > 2, Lua.isName(String(parts[1])) { paths.append([String(parts[1])]) }
        return paths
    }

    private static func quoted(in message: String) -> String? {
        guard let open = message.range(ofLast: " '"), let end = message[open.upperBound...].firstIndex(of: "'") else {
            return nil
        }
        return String(message[open.upperBound..<end])
    }

    private static func operators(in message: String) -> Set<String>? {
        let kinds: [(String, Set<String>)] = [
            ("perform arithmetic", ["+", "-", "*", "/", "//", "%", "^"]),
            ("perform bitwise", ["&", "|", "~", "<<", ">>"]), ("concatenate", [".."]),
            ("compare", ["<", ">", "<=", ">="]), ("get length", ["#"]),
        ]
        return kinds.first { message.hasPrefix("attempt to " + $0.0) }?.1
    }
}

/// The `name:12: ` at the beginning of a message.
struct SourceLocation: Equatable {
    let chunk: String
    let line: Int
    /// The message after it.
    let rest: String

    init?(_ message: some StringProtocol) {
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

    /// All places in a message, the innermost last: an error passed on by a coroutine has two, and that of a module
    /// with a syntax error is on a line of its own.
    static func all(in message: String) -> [SourceLocation] {
        message.split(separator: "\n").flatMap { line in
            var found: [SourceLocation] = []
            var rest = String(line.drop { $0 == "\t" || $0 == " " })
            while let next = SourceLocation(rest) {
                found.append(next)
                rest = next.rest
            }
            return found
        }
    }
}

extension String {
    /// The range of the last occurrence of a text.
    func range(ofLast text: String) -> Range<Index>? {
        var end = endIndex
        while true {
            if self[..<end].hasSuffix(text) { return index(end, offsetBy: -text.count)..<end }
            guard end > startIndex else { return nil }
            end = index(before: end)
        }
    }
}
