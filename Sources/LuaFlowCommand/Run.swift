import ArgumentParser
import LuaFlow

extension LuaFlowCommand {
    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a script; what follows the file is the script's own.",
            usage: "luaflow run [OPTIONS] FILE [ARGS...]")

        @OptionGroup var host: HostOptions
    
        @Argument(help: "The Lua file; - for standard input.", completion: .file(extensions: ["lua"]))
        var file: ByteString

        @Argument(
            parsing: .captureForPassthrough, help: "Arguments for the script, in `arg` and `...`.", completion: .file())
        var arguments: [ByteString] = []

        func run() throws {
            // Nobody should think that a script is fenced in when it is not.
            if arguments.contains("--sandbox") && !host.limits.sandbox {
                throw ValidationError("--sandbox goes before the file: what follows it is the script's own")
            }
            if file == ByteString(StandardInput.name) {
                return try host.withHost(sandboxes: true) { try StandardInput.run(in: $0, arguments: arguments) }
            }
            try host.withHost(script: file, records: true, sandboxes: true) {
                try host.run(.init(script: file, arguments: arguments), after: CommandWords.before(file), in: $0)
            }
        }
    }
}
