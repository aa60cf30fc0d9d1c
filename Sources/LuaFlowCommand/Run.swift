import ArgumentParser
import LuaFlow

extension LuaFlowCommand {
    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Run a script; what follows the file is the script's own.")

        @Argument(help: "The Lua file.")
        var file: String

        @Argument(parsing: .captureForPassthrough, help: "Arguments for the script, in `arg` and `...`.")
        var arguments: [String] = []

        func run() throws {
            try Session.leaving {
                var options = Interpreter.Options()
                options.memoryLimit = MemoryLimit.standard
                let host = try Host(options: options)
                try host.interpreter.withInterruptsFromTerminal {
                    // Closed in here: finalisers may run for long, too.
                    defer { host.interpreter.close() }
                    _ = try host.run(file: file, arguments: arguments)
                }
            }
        }
    }
}
