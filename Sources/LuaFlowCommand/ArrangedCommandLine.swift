import ArgumentParser

/// Puts the words of a command line where ArgumentParser understands them.
///
/// A group of options that command and subcommand share is parsed once, by the command; and behind a subcommand that
/// hands words on to a script, the command does not look. So the host's options go to the front. Behind a name that is
/// not ours stands what a plugin reads, and nothing is taken there.
struct ArrangedCommandLine {
    /// The host's options, before the subcommand or between it and the script's name.
    private(set) var hostOptions: [String] = []
    /// The subcommand; nil when an option of the command's own comes first, or nothing.
    private(set) var name: String?
    /// Everything else.
    private(set) var rest: [String] = []

    /// - Parameter builtIn: the subcommands that are ours.
    init(_ words: [String], builtIn: [String]) {
        var left = words[...]
        hostOptions = ArrangedCommandLine.takeHostOptions(from: &left)
        if left.first == StandardInput.name {
            // As the shell's own commands have it: a script from standard input, with arguments.
            name = LuaFlowCommand.Prompt._commandName
        } else if let first = left.first, !first.hasPrefix("-") {
            name = left.removeFirst()
            if let name, builtIn.contains(name) {
                hostOptions += ArrangedCommandLine.takeHostOptions(from: &left)
                // The one subcommand of a subcommand that runs scripts.
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

    /// `luaflow --help`, of the command itself.
    var asksForHelp: Bool { name == nil ? ["-h", "--help"].contains(rest.first) : name == "help" && rest.isEmpty }

    /// Takes the options that the host knows off the front.
    private static func takeHostOptions(from words: inout ArraySlice<String>) -> [String] {
        var taken: [String] = []
        while let word = words.first, word.hasPrefix("-"), word != "--" {
            guard let length = [1, 2].first(where: { isHostOption(words.prefix($0)) }) else { break }
            taken += words.prefix(length)
            words = words.dropFirst(length)
        }
        return taken
    }

    /// Whether the words are one option of the host's, whole.
    private static func isHostOption(_ words: ArraySlice<String>) -> Bool {
        (try? HostOptions.parse(Array(words))) != nil
    }
}
