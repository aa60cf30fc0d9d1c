/// Makes top-level `local` variables persist at the prompt.
///
/// A chunk's local variables end with the chunk, so that `local x = 1` would be gone at the next prompt. Users mean a
/// variable of the session: outside of blocks and functions, `local x = 1` is read as `x = 1`. Inside a block, and with
/// `<close>`, nothing changes.
package enum TopLevelLocals {
    package enum Form {
        /// Keeps positions, so that messages name the columns as typed.
        case inPlace
        /// Without the gaps, for a file.
        case compact
    }

    package static func kept(_ text: String, _ form: Form = .inPlace) -> String {
        let edits = declarations(in: text, form).flatMap(\.edits)
        if edits.isEmpty { return text }
        var bytes = Array(text.utf8)
        for (range, text) in edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound })
        where range.upperBound <= bytes.count { bytes.replaceSubrange(range, with: Array(text.utf8)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The names that an input declares in this way.
    package static func declared(_ text: String) -> [String] { declarations(in: text, .inPlace).flatMap(\.names) }

    /// A `local` that is read as an assignment: its names and the changes to the text.
    private struct Declaration {
        var names: [String] = []
        var edits: [(range: Range<Int>, text: String)] = []
    }

    private static func declarations(in text: String, _ form: Form) -> [Declaration] {
        let tokens = Lua.tokens(text).filter { $0.kind != .comment }
        var found: [Declaration] = []
        var depth = 0
        for (index, token) in tokens.enumerated() where token.kind == .keyword {
            switch token.text {
            case "do", "if", "function", "repeat": depth += 1
            case "end", "until": depth -= 1
            case "local" where depth == 0: found += declaration(tokens, at: index, form).map { [$0] } ?? []
            default: break
            }
        }
        return found
    }

    /// - Returns: nil for one that stays local.
    private static func declaration(_ tokens: [LuaToken], at start: Int, _ form: Form) -> Declaration? {
        func token(_ index: Int) -> LuaToken? { index < tokens.count ? tokens[index] : nil }
        guard let next = token(start + 1) else { return nil }
        let end = form == .compact ? next.range.lowerBound : tokens[start].range.upperBound
        let removal = tokens[start].range.lowerBound..<end
        let blank = form == .compact ? "" : String(repeating: " ", count: removal.count)
        var declaration = Declaration(edits: [(range: removal, text: blank)])
        if next.isKeyword("function") {
            declaration.names = token(start + 2).map { [$0.text] } ?? []
            return declaration
        }
        var index = start + 1
        while let name = token(index), name.kind == .name {
            declaration.names.append(name.text)
            index += 1
            if token(index)?.isSymbol("<") == true, token(index + 2)?.isSymbol(">") == true,
                let attribute = token(index + 1)
            {
                guard attribute.text == "const" else { return nil }
                let range = tokens[index].range.lowerBound..<tokens[index + 2].range.upperBound
                declaration.edits.append((range, form == .compact ? "" : String(repeating: " ", count: range.count)))
                index += 3
            }
            guard token(index)?.isSymbol(",") == true else { break }
            index += 1
        }
        guard !declaration.names.isEmpty else { return nil }
        if token(index)?.isSymbol("=") != true {
            // A declaration without values assigns nil.
            let last = tokens[index - 1].range.upperBound
            declaration.edits.append((last..<last, " = nil"))
        }
        return declaration
    }
}
