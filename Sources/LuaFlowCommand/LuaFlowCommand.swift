import ArgumentParser
import Foundation
import LuaFlow

/// `luaflow`: run scripts, one-liners, documentation, conversions.
@main
struct LuaFlowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "luaflow",
        abstract: "Run Lua scripts with tensors, gradients and normalizing flows.",
        usage: """
            luaflow run FILE [ARGS...]
            luaflow -e 'CODE'
            luaflow doc [NAME]
            luaflow convert IN OUT [--dtype TYPE]
            """,
        version: Host.version,
        subcommands: [
            Run.self,
            Doc.self,
            Convert.self,
        ])

    @OptionGroup var host: HostOptions

    @Option(name: .customShort("e"), help: ArgumentHelp("Run this text; every module is a global.", valueName: "CODE"))
    var code: String?

    func run() throws {
        guard let code else { throw CleanExit.helpRequest(self) }
        try host.withHost(globals: true) { _ = try $0.run(code: code, name: "(command line)") }
    }

    /// Wrong usage leaves with 2, as the shell's own commands do; ArgumentParser's own choice is 64.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
            Foundation.exit(2)
        }
    }
}
