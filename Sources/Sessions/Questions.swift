import LuaFlow

// What is asked of a text that is being typed: nothing of it is run.

/// Candidates to replace a part of a text.
public struct Completions: Equatable, Sendable {
    /// The part to replace, in bytes of the text's UTF-8.
    public let range: Range<Int>
    public let candidates: [String]
}

/// Whether a text could be evaluated as it is.
public enum Completeness: Equatable, Sendable {
    /// It compiles, or is a question such as `?tensor`.
    case complete
    /// More is needed; the next line would have this indentation.
    case incomplete(indent: String)
    case invalid
}

extension Session {
    /// Candidates at a position in a text.
    /// - Parameter offset: the position, in bytes of UTF-8; nil for the end.
    public func complete(_ text: String, at offset: Int? = nil) -> Completions {
        let before = Session.beginning(of: text, to: offset)
        let end = before.utf8.count
        // A page is asked for by a name.
        let sought = before.trimmed.hasPrefix("?") ? String(before.drop { $0 == " " || $0 == "?" }) : before
        guard let found = try? host.interpreter.evaluation({ try completion(of: sought) }) else {
            // A failing __complete gives no candidates.
            return Completions(range: end..<end, candidates: [])
        }
        return Completions(range: (end - found.typed.utf8.count)..<end, candidates: found.candidates)
    }

    /// What is known about the name at a position in a text, or about the function whose arguments are there: its
    /// documentation, else the contents of a variable.
    /// - Parameter offset: the position, in bytes of UTF-8; nil for the end.
    /// - Returns: an empty list if nothing is known.
    public func inspect(_ text: String, at offset: Int? = nil) -> [Representation] {
        let place = min(max(offset ?? text.utf8.count, 0), text.utf8.count)
        let tokens = Lua.tokens(text).filter { $0.kind != .comment }
        let explained = try? host.interpreter.evaluation { () -> String? in
            for path in Session.paths(tokens, at: place) {
                if let found = try explanation(of: path) { return found }
            }
            return nil
        }
        guard let text = explained ?? nil else { return [] }
        return [Representation("text/plain", text)]
    }

    /// The explanation of a name, perhaps with what precedes it.
    private func explanation(of path: ArraySlice<LuaToken>) throws -> String? {
        let name = path.map(\.text).joined()
        if let page = try? page(name) { return page }
        guard let box = try ValuePath.box(endingAt: path, in: self) else { return nil }
        let shown = try Inspector(helpers, columns: Session.columns).result(box, 1)
        let text = Layout(columns: Session.columns).text(shown)
        return text == "nil" ? nil : "\(name) = \(text)\n"
    }

    /// The name at a position with what it is a member of, then the functions whose parentheses surround it, the
    /// innermost first.
    private static func paths(_ tokens: [LuaToken], at place: Int) -> [ArraySlice<LuaToken>] {
        var paths: [ArraySlice<LuaToken>] = []
        if let index = tokens.lastIndex(where: { token in
            token.isNameOrWord && token.range.lowerBound <= place && place <= token.range.upperBound
        }) {
            paths.append(path(tokens, endingAt: index))
        }
        var depth = 0
        for index in tokens.indices.reversed() where tokens[index].range.upperBound <= place {
            guard tokens[index].kind == .symbol else { continue }
            switch tokens[index].text {
            case ")", "}", "]": depth += 1
            case "(", "{", "[":
                depth -= 1
                if depth < 0 {
                    depth = 0
                    guard index > 0, tokens[index - 1].kind == .name else { break }
                    paths.append(path(tokens, endingAt: index - 1))
                }
            default: break
            }
        }
        return paths
    }

    private static func path(_ tokens: [LuaToken], endingAt end: Int) -> ArraySlice<LuaToken> {
        var start = end
        while start >= 2, tokens[start - 1].isSymbol(".") || tokens[start - 1].isSymbol(":"),
            tokens[start - 2].kind == .name
        {
            start -= 2
        }
        return tokens[start...end]
    }

    /// Whether a text could be evaluated, and the indentation of the next line if more is needed.
    public func isComplete(_ text: String) -> Completeness {
        if text.trimmed.isEmpty || Session.askedPage(text) != nil { return .complete }
        switch read(text).form {
        case .unfinished: return .incomplete(indent: Session.indent(text))
        case .wrong, .uncalled: return .invalid
        default: return .complete
        }
    }

    /// Four blanks for each open block or bracket.
    private static func indent(_ text: String) -> String {
        var depth = 0
        for token in Lua.tokens(text) {
            switch (token.kind, token.text) {
            case (.keyword, "do"), (.keyword, "then"), (.keyword, "function"), (.keyword, "repeat"): depth += 1
            // `else` separates two blocks; `elseif` is followed by a `then`.
            case (.keyword, "end"), (.keyword, "until"), (.keyword, "elseif"): depth -= 1
            case (.symbol, "("), (.symbol, "{"), (.symbol, "["): depth += 1
            case (.symbol, ")"), (.symbol, "}"), (.symbol, "]"): depth -= 1
            default: break
            }
        }
        return String(repeating: "    ", count: min(max(depth, 0), 20))
    }

    /// The text up to an offset, which is moved to the beginning of a character.
    private static func beginning(of text: String, to offset: Int?) -> String {
        guard let offset else { return text }
        let bytes = text.utf8
        var index = bytes.index(bytes.startIndex, offsetBy: min(max(offset, 0), bytes.count))
        while index > bytes.startIndex, index.samePosition(in: text.unicodeScalars) == nil {
            index = bytes.index(before: index)
        }
        return String(text[..<index])
    }
}

extension LuaToken {
    fileprivate var isNameOrWord: Bool { kind == .name || kind == .keyword }
}
