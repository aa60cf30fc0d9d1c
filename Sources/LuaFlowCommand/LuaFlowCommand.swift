import ArgumentParser
import CConfinement
import Foundation
import LuaFlow

/// `luaflow`: a prompt, scripts, one-liners, documentation, conversions.
struct LuaFlowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "luaflow",
        abstract: "Run Lua scripts with tensors, gradients and normalizing flows.",
        usage: """
            luaflow
            luaflow repl [FILE] [ARGS...]
            luaflow run FILE [ARGS...]
            luaflow -e 'CODE'
            luaflow - [ARGS...] < FILE
            luaflow watch FILE [ARGS...]
            luaflow replay CAPSULE
            luaflow doc [NAME]
            luaflow check FILE...
            luaflow completions bash|zsh|fish
            luaflow convert IN OUT [--dtype TYPE]
            luaflow compress [--images FILE | --unpack FILE] [--out FILE]
            luaflow new script|plugin|module NAME
            luaflow plugins [FILE]
            luaflow kernel install|run
            """,
        version: Host.version,
        subcommands: [
            Run.self,
            Prompt.self,
            Watch.self,
            Replay.self,
            Doc.self,
            Check.self,
            Completions.self,
            Convert.self,
            Compress.self,
            New.self,
            Plugins.self,
            KernelCommand.self,
        ])

    @OptionGroup var host: HostOptions

    @Option(name: .customShort("e"), help: ArgumentHelp("Run this text; every module is a global.", valueName: "CODE"))
    var code: ByteString?

    func run() throws {
        guard let code else { return try Self.prompt(host) }
        try host.withHost(globals: true, records: true, sandboxes: true) { try host.run(.init(code: code), in: $0) }
    }

    /// Wrong usage exits with status 2, as the shell's own commands do; ArgumentParser's default is 64.
    static func main() {
        _ = StandardInput.isMissing
        cf_open_missing_streams()
        cf_take_size_limits_as_errors(true)
        let words = ProgramRanks.words.map { CommandWords.parsed($0) }
        if words.first == PluginWords.option { return PluginWords.print(for: Array(words.dropFirst())) }
        let line = ArrangedCommandLine(words, builtIn: Subcommands.builtIn)
        do {
            try ProgramRanks.current?.check(line)
            if line.name == Compress._commandName {
                try Compress.run(line.rest, hostOptions: line.hostOptions)
            } else if let name = line.name, !Subcommands.builtIn.contains(name) {
                try Subcommands.run(name, line.rest, hostOptions: line.hostOptions)
            } else if line.name == "help", let name = line.rest.first, !Subcommands.builtIn.contains(name) {
                try Subcommands.help(on: name, hostOptions: line.hostOptions)
            } else {
                var command = try parseAsRoot(line.words)
                try command.run()
            }
        } catch {
            guard exitCode(for: error) == .validationFailure else {
                if line.asksForHelp {
                    show(fullMessage(for: error) + "\n" + Subcommands.help(hostOptions: line.hostOptions))
                }
                let message = fullMessage(for: error)
                if exitCode(for: error) == .success, !message.isEmpty {
                    let command = line.name == "help" ? line.rest.first : line.name
                    show(RefusedOptions.leftOut(of: message, for: command))
                }
                ProgramRanks.leave(exitCode(for: error).rawValue)
                exit(withError: error)
            }
            ProgramRanks.current?.waitForFirst()
            StandardStream.error.write(
                UsageMessage.text(CommandWords.word(fullMessage(for: error)).text).visible + "\n")
            leave(2)
        }
        ProgramRanks.leave(0)
    }

    /// Prints what was asked for and leaves: with 0 if all of it was written.
    private static func show(_ text: String) -> Never {
        do {
            try Session.leaving { print(text) }
            leave(0)
        } catch { leave(exitCode(for: error).rawValue) }
    }

    private static func leave(_ status: Int32) -> Never {
        ProgramRanks.leave(status)
        Foundation.exit(status)
    }
}
