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
            let script = LuaFlowCommand.completionScript(for: shell)
            try Session.leaving {
                print(PluginWords.adding(to: shell == .bash ? Self.keepingColons(script) : script, for: shell))
            }
        }

        /// Bash splits words at colons; names such as tensor:sum are joined before ArgumentParser's function runs, and
        /// what bash takes for earlier words is removed from the answers.
        private static func keepingColons(_ script: String) -> String {
            script.replacing("-F _luaflow luaflow", with: "-F _luaflow_whole_words luaflow").replacing(
                "\ncomplete ", with: """

                    _luaflow_whole_words() {
                        local before="${COMP_LINE:0:${COMP_POINT}}"
                        local whole="${before##*[[:space:]]}"
                        if [[ "${COMP_WORDBREAKS}" != *:* || "${whole}" != *:* ]]; then
                            _luaflow "${@}"
                            return
                        fi
                        local -a words
                        read -ra words <<< "${before%"${whole}"}"
                        local -a COMP_WORDS=("${words[@]}" "${whole}")
                        local -i COMP_CWORD="${#words[@]}"
                        _luaflow "${1}" "${whole}" "${words[${#words[@]} - 1]}"
                        COMPREPLY=("${COMPREPLY[@]#"${whole%:*}:"}")
                    }

                    complete\u{20}
                    """)
        }
    }
}
