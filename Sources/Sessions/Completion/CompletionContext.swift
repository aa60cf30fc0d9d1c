import LuaFlow

/// What is before the cursor, as completers look at it.
struct CompletionContext {
    let session: Session
    /// The input up to the cursor.
    let text: String
    let tokens: [LuaToken]

    init(_ session: Session, _ text: String) {
        self.session = session
        self.text = text
        tokens = Lua.tokens(text)
    }

    /// The end of the text that a token directly before the cursor covers.
    var last: LuaToken? { tokens.last.flatMap { $0.range.upperBound == text.utf8.count ? $0 : nil } }

    /// The name that is being typed, maybe empty, and the tokens before it.
    var word: (typed: String, before: ArraySlice<LuaToken>) {
        guard let last, last.kind == .name || last.kind == .keyword else { return ("", tokens[...]) }
        return (last.text, tokens.dropLast())
    }
}

extension Session {
    /// The completers: the first that has an answer gives it. A new one is a file and a line here.
    private static let completers: [@Sendable (CompletionContext) throws -> Completion?] = [
        StringCompletion.complete, MemberCompletion.complete, OptionCompletion.complete, NameCompletion.complete,
    ]

    /// What may follow this text, as Lua. Runs nothing of the user's but a `__complete`; inside an evaluation.
    package func completion(of text: String) throws -> Completion {
        let context = CompletionContext(self, text)
        for completer in Session.completers {
            if let found = try completer(context) { return found }
        }
        return Completion()
    }

    /// Members of the value that the text ends in after a dot or colon; nil where there is none of these.
    package func members(_ text: String) throws -> Completion? {
        try MemberCompletion.complete(CompletionContext(self, text))
    }
}
