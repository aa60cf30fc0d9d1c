import ArgumentParser

extension LuaFlowCommand {
    struct Completions: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the completions of a shell: bash, zsh or fish.",
            discussion: """
                To try them: source <(luaflow completions bash). `make install` puts them where the shells look.
                """)

        @Argument(help: "bash, zsh or fish.", completion: .list(["bash", "zsh", "fish"]))
        var shell: String

        func validate() throws {
            if CompletionShell(rawValue: shell) == nil { throw ValidationError("\(shell): bash, zsh or fish expected") }
        }

        func run() throws {
            guard let shell = CompletionShell(rawValue: shell) else { return }
            print(PluginWords.adding(to: LuaFlowCommand.completionScript(for: shell), for: shell))
        }
    }
}
