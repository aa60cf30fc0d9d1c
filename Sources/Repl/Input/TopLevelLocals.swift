/// Makes `local` at the prompt last.
///
/// A chunk's local variables end with the chunk, so that `local x = 1` would be gone at the next prompt. People mean a
/// variable of the session: outside of any block or function, `local x = 1` is read as `x = 1`. Inside a block, and
/// with `<close>`, nothing changes.
enum TopLevelLocals {
    enum Form {
        /// Nothing moves: messages name the columns that were typed.
        case inPlace
        /// Without the gaps, for a file.
        case compact
    }

    static func kept(_ text: String, _ form: Form = .inPlace) -> String {
        let tokens = Lua.tokens(text).filter { $0.kind != .comment }
        guard tokens.contains(where: { $0.isKeyword("local") }) else { return text }
        var edits: [(range: Range<Int>, text: String)] = []
        var depth = 0
        for (index, token) in tokens.enumerated() where token.kind == .keyword {
            switch token.text {
            case "do", "if", "function", "repeat": depth += 1
            case "end", "until": depth -= 1
            case "local" where depth == 0: edits += edit(tokens, at: index, form)
            default: break
            }
        }
        var bytes = Array(text.utf8)
        for (range, text) in edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound })
        where range.upperBound <= bytes.count { bytes.replaceSubrange(range, with: Array(text.utf8)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The names that an input so declares.
    static func declared(_ text: String) -> [String] {
        let tokens = Lua.tokens(text).filter { $0.kind != .comment }
        var names: [String] = []
        var depth = 0
        for (index, token) in tokens.enumerated() where token.kind == .keyword {
            switch token.text {
            case "do", "if", "function", "repeat": depth += 1
            case "end", "until": depth -= 1
            case "local" where depth == 0 && !edit(tokens, at: index, .inPlace).isEmpty:
                var next = index + 1
                if tokens.indices.contains(next), tokens[next].isKeyword("function") { next += 1 }
                while tokens.indices.contains(next), tokens[next].kind == .name {
                    names.append(tokens[next].text)
                    next += 1
                    if tokens.indices.contains(next), tokens[next].isSymbol("<") { next += 3 }
                    guard tokens.indices.contains(next), tokens[next].isSymbol(",") else { break }
                    next += 1
                }
            default: break
            }
        }
        return names
    }

    private static func edit(_ tokens: [LuaToken], at start: Int, _ form: Form) -> [(range: Range<Int>, text: String)] {
        func token(_ index: Int) -> LuaToken? { index < tokens.count ? tokens[index] : nil }
        guard let next = token(start + 1) else { return [] }
        let end = form == .compact ? next.range.lowerBound : tokens[start].range.upperBound
        let removal = tokens[start].range.lowerBound..<end
        let blank = form == .compact ? "" : String(repeating: " ", count: removal.count)
        var edits = [(range: removal, text: blank)]
        if next.isKeyword("function") { return edits }
        var index = start + 1
        while let name = token(index), name.kind == .name {
            index += 1
            if token(index)?.isSymbol("<") == true, token(index + 2)?.isSymbol(">") == true,
                let attribute = token(index + 1)
            {
                guard attribute.text == "const" else { return [] }
                let range = tokens[index].range.lowerBound..<tokens[index + 2].range.upperBound
                edits.append((range, form == .compact ? "" : String(repeating: " ", count: range.count)))
                index += 3
            }
            guard token(index)?.isSymbol(",") == true else { break }
            index += 1
        }
        guard index > start + 1 else { return [] }
        if token(index)?.isSymbol("=") != true {
            // A declaration alone: assigns nil.
            let last = tokens[index - 1].range.upperBound
            edits.append((last..<last, " = nil"))
        }
        return edits
    }
}
