import ArgumentParser
import LuaFlow

extension LuaFlowCommand {
    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a script; what follows the file is the script's own.",
            usage: "luaflow run [OPTIONS] FILE [ARGS...]")

        @OptionGroup var host: HostOptions

        @Option(
            help: ArgumentHelp(
                """
                Measure the script's operations: a table on standard error, and in FILE their times as text that \
                flamegraph.pl and speedscope draw.
                """, valueName: "FILE"), completion: .file())
        var profile: ByteString?

        @Argument(help: "The Lua file; - for standard input.", completion: .file(extensions: ["lua"]))
        var file: ByteString

        @Argument(
            parsing: .captureForPassthrough, help: "Arguments for the script, in `arg` and `...`.", completion: .file())
        var arguments: [ByteString] = []

        func run() throws {
            // An option after the script's name is the script's: this must not be mistaken for a sandboxed run.
            if arguments.contains("--sandbox") && !host.limits.sandbox {
                throw ValidationError("--sandbox goes before the file: what follows it is the script's own")
            }
            if profile != nil, host.limits.sandbox {
                throw ValidationError(
                    "--profile and --sandbox: one of the two expected, as a sandboxed run writes no such file")
            }
            try ProfiledRun.measure(into: profile) { profile in
                if file == ByteString(StandardInput.name) {
                    return try host.withHost(sandboxes: true, profile: profile) {
                        try StandardInput.run(in: $0, arguments: arguments)
                    }
                }
                try host.withHost(script: file, records: true, sandboxes: true, profile: profile) {
                    try host.run(.init(script: file, arguments: arguments), after: CommandWords.before(file), in: $0)
                }
            }
        }
    }
}
