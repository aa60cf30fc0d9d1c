import Foundation
import LuaFlow
import Sessions

/// The prompt of `luaflow`, from its greeting to its end.
public enum Repl {
    /// Keeps the names of the prompt's own commands from being registered.
    public static func reserveCommands(in host: LuaFlow.Host) throws {
        try host.interpreter.perform {
            host.context.service(Registry.self).reserve(.commands) { Commands.builtIn.map(\.name) }
        }
    }

    /// Runs a file first, if there is one, and then the prompt on the terminal.
    /// - Returns: the exit status.
    public static func run(
        _ host: LuaFlow.Host, file: ByteString? = nil, arguments: [ByteString] = []
    ) throws -> Int {
        let session = try PromptSession(host: host)
        session.console.line("LuaFlow \(LuaFlow.Host.version). :help lists the commands, Tab completes, Ctrl-D leaves.")
        var outcome = startUp(session)
        if outcome == .stay, let file { outcome = session.load(file, arguments: arguments) }
        if case .leave(let departure) = outcome { return status(departure) }
        return status(Prompt(session, lines: session.terminalLines()).run())
    }

    /// An error that is a table is shown with its fields, like values at the prompt; others are unchanged. Values in it
    /// may have a `__tostring`, which gets little time.
    public static func shown(_ error: LuaError, in host: LuaFlow.Host) -> LuaError {
        guard error.isPlainObject else { return error }
        let fields = host.interpreter.withLittleTime {
            try? host.interpreter.evaluation { () -> String? in
                guard case .table = try host.interpreter.raisedValue(error) else { return nil }
                let inspector = Inspector(try Helpers(host.interpreter), columns: 74)
                return Layout(columns: 74).text(try inspector.shown(host.interpreter.raisedValue(error)))
            }
        }
        guard let fields = fields ?? nil else { return error }
        return error.saying("\(error.message) \(abridged(fields))")
    }

    private static func status(_ departure: PromptSession.Departure) -> Int {
        if case .exit(let status) = departure { return status }
        return 0
    }

    /// The user's own file: $XDG_CONFIG_HOME/luaflow/init.lua.
    private static func startUp(_ session: PromptSession) -> PromptSession.Outcome {
        guard let path = startUpFile(ProcessInfo.processInfo.environment), FileManager.default.fileExists(atPath: path)
        else {
            return .stay
        }
        return session.load(path, forgotten: [], isStartUp: true)
    }

    static func startUpFile(_ environment: [String: String]) -> String? {
        PluginPath.configuration(environment).map { $0 + "/luaflow/init.lua" }
    }

    /// Opens a prompt inside a run, from a native function on the interpreter's thread while a script waits for it.
    ///
    ///     let goOn = Command.leaving("continue", ":continue", "Goes on.")
    ///     let departure = try Repl.pause(host, names: state, commands: [goOn])
    ///     if case .command(name: "continue", _) = departure { ... }
    ///
    /// At the prompt Ctrl-C clears the line, and what is entered there can be interrupted by itself; neither stops the
    /// paused run. `os.exit` entered there departs with its status: the caller throws `ExitRequest(code:)` to follow.
    /// - Parameters:
    ///   - names: a table whose entries are variables at the prompt; assigning to one changes the table. After them the
    ///     variables of the waiting function and those around it are visible and can be assigned.
    ///   - commands: commands that end the pause, and others. They replace commands of the prompt with the same name.
    ///   - greeting: printed first.
    ///   - lines: the source of inputs; by default the terminal.
    public static func pause(
        _ host: LuaFlow.Host, names: (any ScriptTable)? = nil, commands: [Command] = [], greeting: String? = nil,
        console: Console = .standard, lines: (any LineSource)? = nil
    ) throws -> PromptSession.Departure {
        let running = try host.interpreter.runningVariables()
        // Values made by an input may outlive the pause; the functions' frames do not.
        defer {
            if case .function(let close)? = running.last { _ = try? host.interpreter.evaluation { try close.call([]) } }
        }
        let session = try host.interpreter.evaluation {
            try PromptSession(host: host, console: console, names: names, running: running, commands: commands)
        }
        if let greeting { session.say(greeting) }
        let departure = Prompt(session, lines: lines ?? session.terminalLines(), prompts: ("run> ", " ..> ")).run()
        for name in Set(try session.helpers.names("assigned")).sorted() {
            host.context.service(LiveChanges.self).note("\(name) was assigned to in a pause")
        }
        return departure
    }
}
