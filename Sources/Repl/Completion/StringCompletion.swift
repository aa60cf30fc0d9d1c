import LuaFlow

/// Inside a string: names of modules after `require`, otherwise names of files.
enum StringCompletion {
    static func complete(_ context: CompletionContext) throws -> Completion? {
        guard let last = context.last, last.kind == .string(open: true) else { return nil }
        let typed = String(last.text.dropFirst())
        guard last.text.hasPrefix("\"") || last.text.hasPrefix("'") else { return Completion() }
        if isRequire(context.tokens.dropLast()) {
            return Completion(try ModuleNames.all(context.session), typed: typed)
        }
        return FileNames.completion(typed, closing: String(last.text.prefix(1)))
    }

    private static func isRequire(_ before: ArraySlice<LuaToken>) -> Bool {
        let before = before.last?.isSymbol("(") == true ? before.dropLast() : before
        return before.last?.kind == .name && before.last?.text == "require"
    }
}
