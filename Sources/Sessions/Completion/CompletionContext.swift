import LuaFlow

/// The text before the cursor, as completers use it.
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

    /// The last token, if it ends at the cursor.
    var last: LuaToken? { tokens.last.flatMap { $0.range.upperBound == text.utf8.count ? $0 : nil } }

    /// The name that is being typed, perhaps empty, and the tokens before it.
    var word: (typed: String, before: ArraySlice<LuaToken>) {
        guard let last, last.kind == .name || last.kind == .keyword else { return ("", tokens[...]) }
        return (last.text, tokens.dropLast())
    }
}

extension Session {
    /// The completers; the first one with an answer decides. A new one is a file and a line here.
    private static let completers: [@Sendable (CompletionContext) throws -> Completion?] = [
        StringCompletion.complete, MemberCompletion.complete, OptionCompletion.complete, NameCompletion.complete,
    ]

    /// Completes this text as Lua. Runs no code of the user except `__complete`; call it inside an evaluation.
    package func completion(of text: String) throws -> Completion {
        let context = CompletionContext(self, text)
        for completer in Session.completers {
            if let found = try completer(context) { return found }
        }
        return Completion()
    }

    /// The members of the value before a dot or colon at the end of the text; nil if there is none.
    package func members(_ text: String) throws -> Completion? {
        try MemberCompletion.complete(CompletionContext(self, text))
    }
}
