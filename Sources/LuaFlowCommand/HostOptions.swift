import ArgumentParser
import Foundation
import LuaFlow
import Repl

/// The options of all subcommands that run scripts, and the host made from them.
struct HostOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Load the plugins in this folder, too. May be repeated.", valueName: "DIR"),
        completion: .directory)
    var plugins: [ByteString] = []

    @Flag(help: "Load no plugins.")
    var noPlugins = false

    @Option(
        help: ArgumentHelp(
            """
            Write a capsule of the run, for luaflow replay. pairs goes through numbers and texts in their order then, \
            as Lua's own changes from run to run; next and keys that are objects stay in Lua's.
            """, valueName: "FILE"), completion: .file())
    var capsule: ByteString?

    @OptionGroup(title: "Limits") var limits: LimitOptions

    /// Runs `body` with a new host whose runs Ctrl-C interrupts; errors become messages and exit statuses.
    ///
    /// With `--sandbox` this process starts itself again, watches the other process, and the body runs there.
    /// - Parameters:
    ///   - globals: whether modules are globals, as for one-liners and the prompt.
    ///   - script: the script that will run; plugins beside it are loaded, and Lua files beside it may be loaded.
    ///   - records: whether the command can write capsules.
    ///   - repeats: whether the run repeats a recorded one.
    ///   - sandboxes: whether the command can run scripts in the sandbox.
    ///   - profile: records the scripts' operations.
    ///   - reportsPlugins: whether broken plugins are reported on standard error.
    ///   - modules: modules to add to the built-in ones.
    ///   - hearsTerminal: whether Ctrl-C interrupts; a notebook's kernel handles signals itself.
    func withHost(
        globals: Bool = false, script: ByteString? = nil, records: Bool = false, repeats: Bool = false,
        sandboxes: Bool = false, profile: Profile? = nil, reportsPlugins: Bool = true,
        adding modules: [any ScriptModule] = [], hearsTerminal: Bool = true,
        _ body: (LuaFlow.Host) throws -> Void
    ) throws {
        guard records || capsule == nil else { throw ValidationError("--capsule: for luaflow run, watch and -e only") }
        try limits.check()
        guard sandboxes || !limits.sandbox else {
            throw ValidationError(
                "--sandbox: for luaflow run FILE, replay, -e CODE and a script on standard input (luaflow --sandbox < "
                    + "FILE) only"
            )
        }
        guard capsule == nil || !limits.sandbox else {
            throw ValidationError(
                "--capsule and --sandbox: one of the two expected, as replaying a capsule is for scripts you trust")
        }
        let path = try pluginPath(script: script)
        try Session.leaving {
            var options = Interpreter.Options()
            options.globals = globals
            options.profile = profile
            options.memoryLimit = limits.memory?.bytes ?? MemoryLimit.standard
            try ProgramRanks.current?.divide(&options, self)
            var timeLimit = limits.timeout?.duration
            if limits.sandbox {
                let sandbox = try Sandbox(limits, plugins: path)
                guard Worker.isThisProcess else {
                    throw ExitCode(try WorkerProcess().status(sandbox))
                }
                try Worker.confine(sandbox, script: script)
                options.trust = .sandboxed
                options.files = sandbox.files
                options.memoryLimit = sandbox.memory
                timeLimit = sandbox.timeLimit
            }
            // Checked before a long run, not after it.
            if let capsule { try Capsule.check(canWriteTo: capsule) }
            let ranks = ProgramRanks.current?.communicator ?? SingleProcess()
            let host = try Host(adding: modules, options: options, ranks: ranks)
            // One time limit for everything, plugins included.
            host.interpreter.timeLimit = timeLimit
            host.interpreter.timeLimitBegins = .now
            if !limits.sandbox { Overrun.watch(host) }
            host.context.service(ProgramOptions.self).takesValue = HostOptions.takesValue
            Subcommands.reserve(in: host)
            try Repl.reserveCommands(in: host)
            try withClosing(host, hearsTerminal: hearsTerminal) {
                if hearsTerminal, ranks.size == 1 { PauseAtPrompt.offer(in: host, isSession: globals && !records) }
                // Plugins are part of the run.
                if repeats || capsule != nil { try host.interpreter.orderPairs() }
                let plugins = host.loadPlugins(path)
                if reportsPlugins { for plugin in plugins { plugin.report.map(Session.write) } }
                if plugins.contains(where: \.usedUpTheTime) { throw ExitCode(1) }
                do {
                    try body(host)
                } catch let error as LuaError {
                    if let fault = host.usageFault(in: error) { throw fault }
                    throw Repl.shown(host.interpreter.shown(error), in: host)
                }
            }
        }
    }

    /// The names of the options, and whether each takes a value.
    static let takesValue = [
        "plugins": true, "no-plugins": false, "capsule": true, "profile": true, "memory": true, "timeout": true,
        "sandbox": false,
        "allow-read": true, "allow-write": true,
    ]

    /// Ctrl-C interrupts `body`, and then the scripts' finalisers, which may also run for long; a script whose
    /// finalisers had to be stopped counts as failed.
    private func withClosing(
        _ host: LuaFlow.Host, hearsTerminal: Bool, _ body: () throws -> Void
    ) throws {
        func closing() throws {
            let ending = Result { try body() }
            host.interpreter.close()
            if let stop = host.interpreter.stopAtClose, ending.isGood { throw stop }
            try ending.get()
        }
        if hearsTerminal { try host.interpreter.withInterruptsFromTerminal(closing) } else { try closing() }
    }

    /// The folders in which plugins are searched.
    /// - Throws: `ValidationError` when --plugins names something that is no folder.
    func pluginPath(script: ByteString?) throws -> PluginPath {
        if noPlugins, !plugins.isEmpty { throw ValidationError("--plugins and --no-plugins: one of the two expected") }
        for folder in plugins {
            guard folder.isFolder else {
                throw ValidationError("--plugins \(folder): there is no such folder")
            }
        }
        return noPlugins ? .none : PluginPath(explicit: plugins, script: script, onlyExplicit: limits.sandbox)
    }
}

extension Result {
    /// Whether a run ended normally, or the script exited with status 0.
    fileprivate var isGood: Bool {
        switch self {
        case .success: true
        case .failure(let error): (error as? LuaError)?.kind == .exit(code: 0)
        }
    }
}
