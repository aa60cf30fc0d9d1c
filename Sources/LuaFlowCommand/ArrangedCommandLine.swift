import ArgumentParser

/// Reorders the words of a command line for ArgumentParser.
///
/// ArgumentParser reads a group of options that command and subcommands share only in the command, and does not look
/// behind a subcommand that passes words on to a script. So the host's options are moved to the front. Behind an
/// unknown name follow words that a plugin reads; none are taken from there.
struct ArrangedCommandLine {
    /// The host's options, from before the subcommand or between it and the script's name.
    private(set) var hostOptions: [String] = []
    /// The subcommand; nil when an option of the command itself comes first, or nothing.
    private(set) var name: String?
    /// Everything else.
    private(set) var rest: [String] = []

    /// - Parameter builtIn: the built-in subcommands.
    init(_ words: [String], builtIn: [String]) {
        var left = words[...]
        hostOptions = ArrangedCommandLine.takeHostOptions(from: &left)
        if left.first == StandardInput.name {
            // As with the shell's own commands: a script from standard input, with arguments.
            name = LuaFlowCommand.Prompt._commandName
        } else if let first = left.first, !first.hasPrefix("-") {
            name = left.removeFirst()
            if let name, builtIn.contains(name) {
                hostOptions += ArrangedCommandLine.takeHostOptions(from: &left)
                // The only subcommand of a subcommand that runs scripts.
                let kernelRun = LuaFlowCommand.RunKernel._commandName
                if name == LuaFlowCommand.KernelCommand._commandName, left.first == kernelRun {
                    left.removeFirst()
                    hostOptions += ArrangedCommandLine.takeHostOptions(from: &left)
                    left = [kernelRun] + left
                }
            }
        }
        rest = Array(left)
    }

    /// All words, in the new order.
    var words: [String] { hostOptions + (name.map { [$0] } ?? []) + rest }

    /// Whether the help of the command itself is asked for, `luaflow --help`.
    var asksForHelp: Bool { name == nil ? ["-h", "--help"].contains(rest.first) : name == "help" && rest.isEmpty }

    /// Removes the host's options from the front and returns them.
    private static func takeHostOptions(from words: inout ArraySlice<String>) -> [String] {
        var taken: [String] = []
        while let word = words.first, word.hasPrefix("-"), word != "--" {
            guard let length = [1, 2].first(where: { isHostOption(words.prefix($0)) }) else { break }
            taken += words.prefix(length)
            words = words.dropFirst(length)
        }
        return taken
    }

    /// Whether the words are one complete option of the host.
    private static func isHostOption(_ words: ArraySlice<String>) -> Bool {
        (try? HostOptions.parse(Array(words))) != nil
    }
}
