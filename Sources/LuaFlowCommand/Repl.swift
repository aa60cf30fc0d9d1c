import ArgumentParser
import Foundation
import LuaFlow
import Repl

extension LuaFlowCommand {
    struct Prompt: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "repl", abstract: "A prompt for Lua; a file given runs first, and its globals stay.",
            usage: "luaflow repl [OPTIONS] [FILE] [ARGS...]")

        /// Options of the group that all commands share which this one refuses.
        static let refused = ["--capsule", "--sandbox", "--allow-read", "--allow-write"]

        /// The help without them: they cannot be hidden from one command alone.
        static func help(_ text: String) -> String {
            var isLeftOut = false
            return text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
                // What is said of an option goes on further in; the next option begins like this one.
                if !line.hasPrefix("   ") { isLeftOut = refused.contains { line.hasPrefix("  " + $0 + " ") || line == "  " + $0 } }
                return !isLeftOut
            }.joined(separator: "\n")
        }

        @OptionGroup var host: HostOptions

        @Argument(help: "A Lua file to run first.")
        var file: String?

        @Argument(parsing: .captureForPassthrough, help: "Arguments for the file, in `arg` and `...`.")
        var arguments: [String] = []

        func run() throws { try LuaFlowCommand.prompt(host, file: file, arguments: arguments) }
    }

    /// The prompt at a terminal; elsewhere standard input is a script.
    static func prompt(_ options: HostOptions, file: String? = nil, arguments: [String] = []) throws {
        try options.withHost(globals: true, script: file == StandardInput.name ? nil : file) { host in
            if file == StandardInput.name { return try StandardInput.run(in: host, arguments: arguments) }
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

/// `luaflow < script.lua`, `luaflow - a b < script.lua`: the whole input is one script, named stdin in messages.
enum StandardInput {
    /// How one names it where a file is expected.
    static let name = "-"

    /// Whether we were started without one. Asked before anything is opened, which would take its number.
    static let isMissing = fcntl(STDIN_FILENO, F_GETFD) == -1

    static func run(in host: LuaFlow.Host, arguments: [String] = []) throws {
        guard !isMissing else { throw ScriptError("standard input", "it is closed; luaflow run FILE runs a file") }
        host.install(ScriptCall(script: "stdin", usage: "luaflow -", arguments: arguments))
        let words = arguments.map { Value.string($0) }
        let read = try host.interpreter.run(code: source, name: "=luaflow", arguments: words)
        switch read.first {
        case .function(let chunk)?: try host.interpreter.call(chunk, words)
        case .string(let message)?: throw ScriptError("", message)
        default: throw ScriptError("standard input", "it cannot be read")
        }
    }

    /// Read by Lua as it reads files: strings keep whatever bytes they have, a byte order mark and a first line that begins
    /// with # are skipped.
    private static let source = """
        arg = {[0] = "-", ...}
        local chunk, message = loadfile(nil, "t")
        return chunk or message
        """
}
