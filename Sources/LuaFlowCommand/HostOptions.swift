import ArgumentParser
import Foundation
import LuaFlow
import Repl

/// The options of every subcommand that runs scripts, and the host made from them.
struct HostOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Load the plugins in this folder, too. May be repeated.", valueName: "DIR"),
        completion: .directory)
    var plugins: [String] = []

    @Flag(help: "Load no plugins.")
    var noPlugins = false

    @Option(
        help: ArgumentHelp(
            """
            Write a capsule of the run, for luaflow replay. pairs goes through numbers and texts in their order then, \
            as Lua's own changes from run to run; next and keys that are objects stay in Lua's.
            """, valueName: "FILE"), completion: .file())
    var capsule: String?

    @OptionGroup(title: "Limits") var limits: LimitOptions

    /// Runs `body` with a fresh host whose runs Ctrl-C interrupts; errors become messages and exit statuses.
    ///
    /// Under `--sandbox` this process only watches: it starts itself again, and the body runs there.
    /// - Parameters:
    ///   - globals: whether every module is a global, as for one-liners and the prompt.
    ///   - script: the script that will run; plugins beside it are loaded, and Lua files beside it may be.
    ///   - records: whether the command is one that writes capsules.
    ///   - repeats: whether the run repeats a recorded one.
    ///   - sandboxes: whether the command is one that runs scripts in the sandbox.
    ///   - reportsPlugins: whether broken plugins are named on standard error.
    func withHost(
        globals: Bool = false, script: String? = nil, records: Bool = false, repeats: Bool = false,
        sandboxes: Bool = false, reportsPlugins: Bool = true, _ body: (LuaFlow.Host) throws -> Void
    ) throws {
        guard records || capsule == nil else { throw ValidationError("--capsule: for luaflow run, watch and -e only") }
        try limits.check()
        guard sandboxes || !limits.sandbox else {
            throw ValidationError(
                "--sandbox: for luaflow run FILE, replay, -e CODE and a script on standard input (luaflow --sandbox < FILE) only")
        }
        guard capsule == nil || !limits.sandbox else {
            throw ValidationError("--capsule and --sandbox: one of the two expected, as replaying a capsule is for scripts you trust")
        }
        let path = try pluginPath(script: script)
        try Session.leaving {
            var options = Interpreter.Options()
            options.globals = globals
            options.memoryLimit = limits.memory?.bytes ?? MemoryLimit.standard
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
            // Before a long run, not after it.
            if let capsule { try Capsule.check(canWriteTo: capsule) }
            let host = try Host(options: options)
            // One time for all of it, plugins included.
            host.interpreter.timeLimit = timeLimit
            host.interpreter.timeLimitBegins = .now
            if !limits.sandbox { Overrun.watch(host) }
            Subcommands.reserve(in: host)
            try Repl.reserveCommands(in: host)
            try host.interpreter.withInterruptsFromTerminal {
                // Closed in here: finalisers may run for long, too.
                defer { host.interpreter.close() }
                PauseAtPrompt.offer(in: host)
                // Plugins are part of the run.
                if repeats || capsule != nil { try host.interpreter.orderPairs() }
                let plugins = host.loadPlugins(path)
                if reportsPlugins { for plugin in plugins { plugin.report.map(Session.write) } }
                if plugins.contains(where: \.usedUpTheTime) { throw ExitCode(1) }
                do {
                    try body(host)
                } catch let error as LuaError {
                    throw host.interpreter.shown(error)
                }
            }
        }
    }

    /// Where plugins are looked for.
    /// - Throws: `ValidationError` for a folder of --plugins that is none.
    func pluginPath(script: String?) throws -> PluginPath {
        if noPlugins, !plugins.isEmpty { throw ValidationError("--plugins and --no-plugins: one of the two expected") }
        for folder in plugins {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
                throw ValidationError("--plugins \(folder): there is no such folder")
            }
        }
        return noPlugins ? .none : PluginPath(explicit: plugins, script: script, onlyExplicit: limits.sandbox)
    }
}
