import ArgumentParser
import Foundation
import LuaFlow

/// `luaflow NAME`: built-in subcommands, and those of plugins.
enum Subcommands {
    static var builtIn: [String] { LuaFlowCommand.configuration.subcommands.map { $0._commandName } + ["help"] }

    /// Reserves the names that plugins cannot use.
    static func reserve(in host: LuaFlow.Host) { host.context.service(Registry.self).reserve(.subcommands) { builtIn } }

    /// Runs a subcommand of a plugin.
    /// - Throws: `ValidationError` when no plugin has it.
    static func run(_ name: String, _ arguments: [String], hostOptions: [String]) throws {
        let file = FileManager.default
        if name.hasSuffix(".lua") || file.fileExists(atPath: name) {
            throw ValidationError("\"\(name)\" is no subcommand; did you mean: luaflow run \(name)")
        }
        try withSubcommand(name, hostOptions, sandboxes: true, isMisplaced: arguments.first == "--plugins") {
            try $0.run(subcommand: $1, arguments: arguments.map { CommandWords.word($0) })
        }
    }

    /// `luaflow help NAME`: a plugin's help for its subcommand, which is not run.
    static func help(on name: String, hostOptions: [String]) throws {
        try withSubcommand(name, hostOptions) { _, subcommand in
            print(RegisteredPage(subcommand).text, terminator: "")
            print("\nluaflow \(name) --help tells its options, if it reads any with host.arguments.")
        }
    }

    private static func withSubcommand(
        _ name: String, _ hostOptions: [String], sandboxes: Bool = false, isMisplaced: Bool = false,
        _ body: (LuaFlow.Host, Registration) throws -> Void
    ) throws {
        var unknown: ValidationError?
        try HostOptions.parse(hostOptions).withHost(sandboxes: sandboxes) { host in
            let registry = host.context.service(Registry.self)
            if let subcommand = registry.entry(.subcommands, name) {
                try body(host, subcommand)
            } else {
                let names = builtIn + registry.entries(.subcommands).map(\.name.text)
                unknown = ValidationError(
                    "there is no subcommand \"\(name)\"" + suggestion(for: name, among: names)
                        + (isMisplaced ? "; --plugins goes before it: what follows it is its own" : ""))
            }
        }
        if let unknown { throw unknown }
    }

    /// The subcommands of plugins, for `luaflow --help`; empty if there are none.
    static func help(hostOptions: [String]) -> String {
        let rows = all(hostOptions: hostOptions).map { (name: $0.name.text, text: $0.help ?? "") }
        return rows.isEmpty ? "" : "\nSUBCOMMANDS OF PLUGINS:\n" + Page.list(rows, indent: "  ")
    }

    /// The subcommands that plugins register, by name.
    static func all(hostOptions: [String]) -> [Registration] {
        var all: [Registration] = []
        withAll(hostOptions: hostOptions) { all = $1 }
        return all
    }

    /// Calls `body` with them and their host, for help and completion; errors are not reported here.
    static func withAll(hostOptions: [String], _ body: (LuaFlow.Host, [Registration]) throws -> Void) {
        guard let options = try? HostOptions.parse(hostOptions), let path = try? options.pluginPath(script: nil),
            !path.plugins().isEmpty
        else { return }
        try? options.withHost(reportsPlugins: false) { host in
            try body(host, host.context.service(Registry.self).entries(.subcommands).sorted { $0.name < $1.name })
        }
    }
}

/// The page about a registered part: its name as it is used, its help, and where it was registered.
struct RegisteredPage {
    let text: String

    init(_ part: Registration) {
        let help = part.help.map { "\n" + Page.wrapped($0, indent: "  ") + "\n" } ?? ""
        text = part.kind.shown(part.name.text) + "\n" + help + "\n  Registered by \(part.origin).\n"
    }

    /// The page of a registered part, by its name as used (`projection.Diamond`, `:frames`) or alone.
    init?(_ name: String, in registry: Registry) {
        let meant = registry.all.filter { $0.kind.shown($0.name.text) == name || $0.name.text == name }
        guard !meant.isEmpty else { return nil }
        text = meant.map { RegisteredPage($0).text }.joined(separator: "\n")
    }
}
