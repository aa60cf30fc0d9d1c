import ArgumentParser
import Foundation
import LuaFlow

extension LuaFlowCommand {
    /// The command `luaflow plugins`.
    struct Plugins: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the plugins that are found, what each registers, and what is broken.",
            usage: "luaflow plugins [OPTIONS] [FILE]",
            discussion: """
                A plugin is a file NAME.lua, or a folder NAME with an init.lua and whatever that requires, that calls \
                host.register. It is loaded before the script from: the folders given by --plugins, the folder plugins \
                beside the script, the folders in LUAFLOW_PLUGINS (with colons between them), and luaflow/plugins in \
                your configuration folder (XDG_CONFIG_HOME, or ~/.config). Leaves with 1 when one is broken.
                """)

        @OptionGroup var host: HostOptions

        @Argument(help: "A script, to list what is loaded for it.", completion: .file(extensions: ["lua"]))
        var file: ByteString?

        func run() throws {
            let path = try host.pluginPath(script: file)
            try host.withHost(script: file, reportsPlugins: false) {
                print(PluginListing(plugins: $0.plugins, path: path).text, terminator: "")
                if $0.plugins.contains(where: { $0.fault != nil }) { throw ExitCode(1) }
            }
        }
    }
}

/// The output of `luaflow plugins`.
struct PluginListing {
    let plugins: [Plugin]
    let path: PluginPath

    var text: String {
        var lines: [String] = []
        for plugin in plugins {
            lines.append("\(plugin.file.name)  (\(plugin.file.path))")
            if let fault = plugin.fault {
                lines.append("  broken: \(fault)")
            } else if plugin.registrations.isEmpty {
                lines.append("  registers nothing")
            }
            let rows = plugin.registrations.map { (name: $0.kind.shown($0.name.text), text: $0.help ?? "") }
            if !rows.isEmpty { lines.append(String(Page.list(rows, indent: "  ").dropLast())) }
        }
        if plugins.isEmpty { lines.append("No plugins.") }
        if path.folders.isEmpty { return lines.joined(separator: "\n") + "\n" }
        lines += ["", "Looked in:"]
        let width = path.folders.map(\.reason.count).max() ?? 0
        for folder in path.folders {
            let there = folder.path.fileExists ? "" : "  (not there)"
            lines.append(
                "  " + folder.reason.padding(toLength: width, withPad: " ", startingAt: 0) + "  \(folder.path)\(there)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
