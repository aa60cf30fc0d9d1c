import ArgumentParser
import Foundation
import LuaFlow
import Repl

extension LuaFlowCommand {
    struct Prompt: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "repl", abstract: "A prompt for Lua; a file given runs first, and its globals stay.")

        @OptionGroup var host: HostOptions

        @Argument(help: "A Lua file to run first.")
        var file: String?

        @Argument(parsing: .captureForPassthrough, help: "Arguments for the file, in `arg` and `...`.")
        var arguments: [String] = []

        func run() throws { try LuaFlowCommand.prompt(host, file: file, arguments: arguments) }
    }

    /// The prompt at a terminal; elsewhere standard input is a script.
    static func prompt(_ options: HostOptions, file: String? = nil, arguments: [String] = []) throws {
        try options.withHost(globals: true, script: file) { host in
            guard isatty(STDIN_FILENO) == 1 else {
                if let file { _ = try host.run(file: file, arguments: arguments) }
                return try StandardInput.run(in: host)
            }
            // At the prompt every input has the time anew.
            host.interpreter.timeLimitBegins = nil
            let status = try Repl.run(host, file: file, arguments: arguments)
            if status != 0 { throw ExitCode(Int32(clamping: status)) }
        }
    }
}

/// `luaflow < script.lua`: the whole input is one script, named stdin in messages.
enum StandardInput {
    static func run(in host: LuaFlow.Host) throws {
        _ = try host.interpreter.run(code: source, name: "=luaflow")
    }

    /// Read by Lua, so that strings keep whatever bytes they have. A first line that begins with # is skipped, as in
    /// files. The tail call leaves no trace of this in tracebacks.
    private static let source = """
        local load, error, text = load, error, io.read("a") or ""
        local chunk, message = load(text:gsub("^#[^\\n]*", "", 1), "=stdin")
        if not chunk then error(message, 0) end
        return chunk()
        """
}
