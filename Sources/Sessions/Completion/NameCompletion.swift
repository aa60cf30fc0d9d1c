/// Completes globals, modules, variables of a paused run, and Lua's keywords.
enum NameCompletion {
    static func complete(_ context: CompletionContext) throws -> Completion? {
        if case .comment? = context.last?.kind { return Completion() }
        if case .number? = context.last?.kind { return Completion() }
        let typed = context.word.typed
        let names = try context.session.visibleNames(typed) + Lua.keywords
        return Completion(names.filter { Lua.isName($0) || Lua.keywords.contains($0) }, typed: typed)
    }
}
