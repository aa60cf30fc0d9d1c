import ArgumentParser
import Foundation
import LuaFlow
import Repl

extension LuaFlowCommand {
    struct Prompt: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "repl", abstract: "A prompt for Lua; a file given runs first, and its variables stay.",
            usage: "luaflow repl [OPTIONS] [FILE] [ARGS...]")

        @OptionGroup var host: HostOptions

        @Argument(help: "A Lua file to run first.", completion: .file(extensions: ["lua"]))
        var file: ByteString?

        @Argument(
            parsing: .captureForPassthrough, help: "Arguments for the file, in `arg` and `...`.", completion: .file())
        var arguments: [ByteString] = []

        func run() throws { try LuaFlowCommand.prompt(host, file: file, arguments: arguments) }
    }

    /// The prompt if standard input is a terminal; else standard input is a script.
    static func prompt(_ options: HostOptions, file: ByteString? = nil, arguments: [ByteString] = []) throws {
        let isScript = isatty(STDIN_FILENO) != 1
        let readsInput = file == ByteString(StandardInput.name)
        try options.withHost(
            globals: true, script: readsInput ? nil : file, sandboxes: readsInput || (file == nil && isScript)
        ) { host in
            if readsInput { return try StandardInput.run(in: host, arguments: arguments) }
            guard !isScript else {
                if let file { _ = try host.run(file: file, arguments: arguments) }
                return try StandardInput.run(in: host)
            }
            // At the prompt the time limit holds for each input.
            host.interpreter.timeLimitBegins = nil
            let status = try Repl.run(host, file: file, arguments: arguments)
            if status != 0 { throw ExitCode(Int32(clamping: status)) }
        }
    }
}

/// `luaflow < script.lua`, `luaflow - a b < script.lua`: all of standard input is one script, called stdin in messages.
enum StandardInput {
    /// The name by which it is given where a file is expected.
    static let name = "-"

    /// Whether the process was started without standard input. Checked before a file is opened, which would get its
    /// number.
    static let isMissing = fcntl(STDIN_FILENO, F_GETFD) == -1

    static func run(in host: LuaFlow.Host, arguments: [ByteString] = []) throws {
        guard !isMissing else { throw ScriptError("standard input", "it is closed; luaflow run FILE runs a file") }
        host.install(ScriptCall(script: ByteString("stdin"), usage: "luaflow -", arguments: arguments))
        let words = arguments.map { Value.string($0) }
        // `-` precedes them, or nothing when the input is piped in.
        let before = CommandWords.all.dropLast(arguments.count)
        let interpreter = before.last == "-" ? before.dropLast() : before
        _ = try host.interpreter.run(
            code: "local before = ... arg = {[0] = '-', select(2, ...)} "
                + "for i = 1, #before do arg[i - 1 - #before] = before[i] end",
            name: "=luaflow", arguments: [.list(interpreter.map { .string($0) })] + words)
        try host.interpreter.run(name: "=stdin", arguments: words) { try read() }
    }

    /// All of it. Charged while it comes in, as it may never end.
    static func read() throws -> [UInt8] {
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        var charged = 0
        defer { NativeMemory.current?.release(charged) }
        while true {
            let count = Foundation.read(STDIN_FILENO, &piece, piece.count)
            if count < 0, errno == EINTR {
                try Cancellation.check()
                continue
            }
            guard count >= 0 else { throw ScriptError("stdin", String(cString: strerror(errno))) }
            if count == 0 { return text }
            // An array exists twice while it grows.
            try NativeMemory.current?.charge(2 * count)
            charged += 2 * count
            try PipedFile.append(piece.prefix(count), to: &text, of: "stdin")
        }
    }
}
