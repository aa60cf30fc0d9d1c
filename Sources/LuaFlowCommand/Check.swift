import ArgumentParser
import Editors
import Foundation
import LuaFlow

extension LuaFlowCommand {
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find mistakes in scripts without running them.",
            discussion: """
                Reports what is no Lua, names that nothing sets, members that no module or type has, and options that no \
                function takes. Where it cannot be certain it keeps silent. Leaves with 0 when nothing was found, with 1 \
                when something was, and with 2 when a file cannot be read.
                """)

        @Argument(help: "The Lua files; - is standard input.", completion: .file(extensions: ["lua"]))
        var files: [String]

        @Option(help: ArgumentHelp("More globals that exist, with commas between them.", valueName: "names"))
        var globals: String = ""

        @Flag(help: "Every module is a global, as with -e and at the prompt.")
        var modules = false

        /// Plugins are read for the names that they register, not run.
        @OptionGroup var host: HostOptions

        @Flag(help: "Print nothing; the exit status tells.")
        var quiet = false

        func run() throws {
            // Wrong options are the user's before any file is.
            _ = try host.pluginPath(script: nil)
            try Session.leaving {
                let catalogue = try Catalogue(Host.builtInModules)
                var status: Int32 = 0
                // A plugin beside several files is named once.
                var named: Set<String> = []
                for file in files {
                    guard let text = Self.read(file) else {
                        FileHandle.standardError.write(Data("luaflow check: \(file) cannot be read\n".utf8))
                        status = 2
                        continue
                    }
                    let plugins = try host.pluginPath(script: file == "-" ? nil : file).plugins()
                    for plugin in plugins where named.insert(plugin.path).inserted { Self.report(plugin) }
                    let findings = checker(catalogue, for: file, plugins).check(text)
                    if !findings.isEmpty { status = max(status, 1) }
                    if !quiet { Self.show(findings, in: file == "-" ? "(standard input)" : file, text) }
                }
                if status != 0 { throw ExitCode(status) }
            }
        }

        private static func read(_ file: String) -> [UInt8]? {
            if file == "-" { return [UInt8](FileHandle.standardInput.readDataToEndOfFile()) }
            return FileManager.default.contents(atPath: file).map { [UInt8]($0) }
        }

        /// A plugin whose names are not known is said to be broken: what it would register is found to be missing.
        private static func report(_ plugin: PluginFile) {
            let fault: String
            if let known = plugin.fault {
                fault = known
            } else if let text = read(plugin.path) {
                guard let error = Checker.syntaxError(in: text) else { return }
                fault = "\(plugin.path):\(error.line): \(error.message)"
            } else {
                fault = "\(plugin.path): the file cannot be read"
            }
            Session.write("luaflow check: plugin \(plugin.name) is skipped: \(fault)\n")
        }

        private func checker(_ catalogue: Catalogue, for file: String, _ plugins: [PluginFile]) -> Checker {
            let folder = file == "-" ? "." : (file as NSString).deletingLastPathComponent
            let search = ModuleSearch(script: folder.isEmpty ? "." : folder)
            let names = globals.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            return Checker(
                catalogue, modulesAreGlobals: modules, globals: Set(names),
                plugins: plugins.compactMap { FileManager.default.contents(atPath: $0.path).map { [UInt8]($0) } },
                find: search.find)
        }

        /// One finding a line; for a reader at a terminal also the place.
        private static func show(_ findings: [Finding], in file: String, _ text: [UInt8]) {
            let source = SourceText(text)
            let isTerminal = isatty(STDOUT_FILENO) != 0
            for finding in findings {
                print("\(file):\(finding.line):\(finding.column): \(finding.message)")
                guard isTerminal else { continue }
                let line = source.line(finding.line)
                // Tabs stay, so that the caret stands where the terminal puts the letter.
                let margin = line.prefix(finding.column - 1).map { $0 == "\t" ? "\t" : " " }
                print("    \(line)\n    \(margin.joined())^")
            }
        }
    }
}
