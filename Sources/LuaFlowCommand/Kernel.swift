import ArgumentParser
import Foundation
import LuaFlow
import Notebook

extension LuaFlowCommand {
    /// The command `luaflow kernel`.
    struct KernelCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "kernel", abstract: "Notebooks: the kernel for Jupyter.",
            usage: """
                luaflow kernel install [--user | --prefix DIR]
                luaflow kernel run CONNECTION_FILE
                """, subcommands: [Install.self, RunKernel.self])
    }

    struct Install: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "install", abstract: "Tell Jupyter of this program, as the kernel LuaFlow.",
            discussion: """
                Writes kernels/luaflow/kernel.json into your data folder of Jupyter's, or below DIR/share/jupyter, \
                such as that of a virtual environment. It names this program by its place: install again when you \
                move it.
                """)

        @Flag(help: "For you alone, which is the default.")
        var user = false

        @Option(
            help: ArgumentHelp("Into DIR/share/jupyter/kernels.", valueName: "DIR"), completion: .directory)
        var prefix: ByteString?

        func validate() throws {
            if user, prefix != nil { throw ValidationError("--user and --prefix: one of the two expected") }
        }

        func run() throws {
            try Session.leaving {
                guard let program = Bundle.main.executablePath else {
                    throw ScriptError("luaflow kernel install", "the place of this program cannot be found")
                }
                let spec = try KernelSpec(
                    prefix: prefix, program: program, environment: ProcessInfo.processInfo.environment)
                print("\(try spec.install()): the kernel LuaFlow, which runs \(program)")
            }
        }
    }

    struct RunKernel: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run", abstract: "Be the kernel of one notebook; Jupyter starts this.",
            usage: "luaflow kernel run [OPTIONS] CONNECTION_FILE")

        @OptionGroup var host: HostOptions

        @Argument(help: "The file in which Jupyter says where it listens.", completion: .file(extensions: ["json"]))
        var connectionFile: ByteString

        func run() throws {
            try host.withHost(globals: true, adding: [NotebookModule()], hearsTerminal: false) { host in
                // The time limit holds for each cell.
                host.interpreter.timeLimitBegins = nil
                try Kernel(host, connectionFile: connectionFile).run()
            }
        }
    }
}
