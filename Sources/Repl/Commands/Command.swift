import LuaFlow
import Sessions

/// A command of the prompt, `:name`.
public struct Command: Sendable {
    /// Without the colon.
    public let name: String
    /// How it is typed: `:time [N] EXPRESSION`.
    public let usage: String
    /// One sentence for `:help`.
    public let summary: String
    let argument: Argument
    let body: @Sendable (PromptSession, String) throws -> PromptSession.Outcome

    /// What follows the name, for completion.
    public enum Argument: Sendable {
        /// Nothing, Lua code, a file, a documented name, or a module's name.
        case none, code, file, documented, module
        /// The command's own completion function decides, if it has one.
        case registered
        case words([String])
    }

    /// - Parameter body: called with the text after the name. Its errors are shown, and Ctrl-C stops what it runs.
    public init(
        _ name: String, _ usage: String, _ summary: String, argument: Argument = .none,
        body: @escaping @Sendable (PromptSession, String) throws -> PromptSession.Outcome
    ) {
        self.name = name
        self.usage = usage
        self.summary = summary
        self.argument = argument
        self.body = body
    }

    /// A command that ends the prompt; the code that opened it gets the name and the text after it.
    public static func leaving(_ name: String, _ usage: String, _ summary: String) -> Command {
        Command(name, usage, summary) { _, argument in .leave(.command(name: name, argument: argument)) }
    }
}
