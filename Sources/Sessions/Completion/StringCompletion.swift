import LuaFlow

/// Completes strings: names of modules after `require`, keys of a table after a bracket, otherwise names of files.
enum StringCompletion {
    static func complete(_ context: CompletionContext) throws -> Completion? {
        guard let last = context.last, last.kind == .string(open: true) else { return nil }
        let typed = String(last.text.dropFirst())
        guard last.text.hasPrefix("\"") || last.text.hasPrefix("'") else { return Completion() }
        if isRequire(context.tokens.dropLast()) {
            return Completion(try ModuleNames.all(context.session), typed: typed)
        }
        if let keys = try keys(before: context) {
            var completion = Completion(keys, typed: typed)
            if completion.candidates.count == 1 { completion.insertion += last.text.prefix(1) + "]" }
            return completion
        }
        return FileNames.completion(typed, closing: String(last.text.prefix(1)))
    }

    private static func isRequire(_ before: ArraySlice<LuaToken>) -> Bool {
        let before = before.last?.isSymbol("(") == true ? before.dropLast() : before
        return before.last?.kind == .name && before.last?.text == "require"
    }

    /// For `nest["` the keys of the table, those that can be written without escapes.
    private static func keys(before context: CompletionContext) throws -> [String]? {
        let before = context.tokens.dropLast()
        guard before.last?.isSymbol("[") == true, let indexed = before.dropLast().last,
            indexed.kind == .name || indexed.isSymbol("]") || indexed.isSymbol(")")
        else { return nil }
        guard let box = try ValuePath.box(endingAt: before.dropLast(), in: context.session) else { return [] }
        return try context.session.helpers.names("keys_in", [.table(box)]).filter { key in
            !key.unicodeScalars.contains { $0.value < 32 || $0 == "\\" || $0 == "\"" || $0 == "'" }
        }
    }
}
