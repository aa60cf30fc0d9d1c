import ArgumentParser
import LuaFlow

extension LuaFlowCommand {
    struct Doc: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the documentation of a module, a function or a method.")

        @Argument(help: "A name such as tensor, flow.load or tensor:backward; none lists the modules.")
        var name: String?

        func run() throws {
            try Session.leaving { print(try DocumentationIndex(Host.builtInModules).page(name), terminator: "") }
        }
    }
}
