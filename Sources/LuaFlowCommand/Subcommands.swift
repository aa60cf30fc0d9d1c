import ArgumentParser
import Foundation
import LuaFlow

/// `luaflow NAME`: our own subcommands, and those of plugins.
enum Subcommands {
    static var builtIn: [String] { LuaFlowCommand.configuration.subcommands.map { $0._commandName } + ["help"] }

    /// Names that plugins cannot take.
    static func reserve(in host: LuaFlow.Host) { host.context.service(Registry.self).reserve(.subcommands) { builtIn } }

    /// Runs a plugin's subcommand.
    /// - Throws: `ValidationError` when no plugin has it.
    static func run(_ name: String, _ arguments: [String], hostOptions: [String]) throws {
        let file = FileManager.default
        if name.hasSuffix(".lua") || file.fileExists(atPath: name) {
            throw ValidationError("\"\(name)\" is no subcommand; did you mean: luaflow run \(name)")
        }
        var unknown: ValidationError?
        try HostOptions.parse(hostOptions).withHost(sandboxes: true) { host in
            let registry = host.context.service(Registry.self)
            if let subcommand = registry.entry(.subcommands, name) {
                try host.run(subcommand: subcommand, arguments: arguments)
            } else {
                let names = builtIn + registry.entries(.subcommands).map(\.name)
                unknown = ValidationError("there is no subcommand \"\(name)\"" + suggestion(for: name, among: names))
            }
        }
        if let unknown { throw unknown }
    }

    /// What `luaflow --help` says of plugins' subcommands; nothing when there are none.
    static func help(hostOptions: [String]) -> String {
        guard let options = try? HostOptions.parse(hostOptions), let path = try? options.pluginPath(script: nil),
            !path.plugins().isEmpty
        else { return "" }
        var lines: [String] = []
        try? options.withHost { host in
            let entries = host.context.service(Registry.self).entries(.subcommands).sorted { $0.name < $1.name }
            lines = entries.map {
                "  " + $0.name.padding(toLength: max(22, $0.name.count), withPad: " ", startingAt: 0) + "  "
                    + ($0.help ?? "")
            }
        }
        return lines.isEmpty ? "" : "\nSUBCOMMANDS OF PLUGINS:\n" + lines.joined(separator: "\n") + "\n"
    }
}
