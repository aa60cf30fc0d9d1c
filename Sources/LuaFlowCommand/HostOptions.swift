import ArgumentParser
import LuaFlow

/// The options of every subcommand that runs scripts, and the host made from them.
struct HostOptions: ParsableArguments {
    /// Runs `body` with a fresh host whose runs Ctrl-C interrupts; errors become messages and exit statuses.
    /// - Parameter globals: whether every module is a global, as for one-liners and the prompt.
    func withHost(globals: Bool = false, _ body: (Host) throws -> Void) throws {
        try Session.leaving {
            var options = Interpreter.Options()
            options.globals = globals
            options.memoryLimit = MemoryLimit.standard
            let host = try Host(options: options)
            try host.interpreter.withInterruptsFromTerminal {
                // Closed in here: finalisers may run for long, too.
                defer { host.interpreter.close() }
                try body(host)
            }
        }
    }
}
