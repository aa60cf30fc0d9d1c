import ArgumentParser
import Foundation
import LuaFlow
import Repl

/// What plugins add to shell completion: names of subcommands, and results of their `complete`.
///
/// The completion scripts by ArgumentParser are fixed; the lines added here call the program itself each time.
enum PluginWords {
    /// `luaflow ---plugin-words WORD...` lists candidates for the last word. Used by the completion scripts only.
    static let option = "---plugin-words"

    static func print(for words: [String]) {
        for word in candidates(words) { Swift.print(word) }
    }

    private static func candidates(_ words: [String]) -> [String] {
        let typed = words.last ?? ""
        let line = ArrangedCommandLine(Array(words.dropLast()), builtIn: Subcommands.builtIn)
        if line.rest.isEmpty, line.name == nil || line.name == "help" {
            if typed.hasPrefix("-") { return [] }
            return Subcommands.all(hostOptions: line.hostOptions).map(\.name.text).filter { $0.hasPrefix(typed) }
        }
        if let name = line.name, ["run", "watch", "repl"].contains(name), let file = line.rest.first,
            typed.hasPrefix("-")
        {
            return ScriptOptions.words(ofScript: file).filter { $0.hasPrefix(typed) }
        }
        guard let name = line.name, !Subcommands.builtIn.contains(name) else { return [] }
        var found: [String] = []
        Subcommands.withAll(hostOptions: line.hostOptions) { host, entries in
            guard let complete = entries.first(where: { $0.name == ByteString(name) })?.complete else { return }
            let text = (line.rest + [typed]).joined(separator: " ")
            guard case .table(let list)? = try host.interpreter.call(complete, [.string(text)]).first else { return }
            found = try list.elements().compactMap { if case .string(let word) = $0 { word.text } else { nil } }
            // Candidates are whole arguments or their last word, depending on what they begin with.
            let before = text.count - typed.count
            found = found.compactMap { word in
                if before > 0, word.hasPrefix(text) { return String(word.dropFirst(before)) }
                return word.hasPrefix(typed) ? word : nil
            }
        }
        return found
    }

    /// A completion script with these lines added.
    static func adding(to script: String, for shell: CompletionShell) -> String {
        switch shell {
        case .bash: script + "\n" + bash
        case .zsh: zsh(script)
        default: script + "\n" + fish
        }
    }

    private static let bash = """
        # What plugins add.
        _luaflow_with_plugins() {
            _luaflow_whole_words "${@}"
            local word
            while IFS= read -r word; do
                COMPREPLY+=("${word}")
            done < <("${COMP_WORDS[0]}" \(option) "${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
        }

        complete -o filenames -F _luaflow_with_plugins luaflow
        """

    /// Zsh calls the function with the file's name: it is replaced by one that calls the original.
    private static func zsh(_ script: String) -> String {
        guard let head = script.range(of: "\n_luaflow() {") else { return script }
        let wrapper = """

            _luaflow() {
                # What plugins add.
                local program="${words[1]}" plugin_ret=1
                local -a typed found
                typed=("${(@)words[2,CURRENT]}")
                _luaflow_own "${@}" && plugin_ret=0
                found=("${(@f)$("${program}" \(option) "${(@)typed}" 2> /dev/null)}")
                found=("${(@)found:#}")
                (( ${#found} )) && compadd -a found && plugin_ret=0
                return plugin_ret
            }

            _luaflow_own() {
            """
        return script.replacingCharacters(in: head, with: wrapper)
    }

    private static let fish = """
        # What plugins add.
        complete -c luaflow -a '(luaflow \(option) (commandline -opc)[2..] (commandline -ct) 2> /dev/null)'
        """
}
