import ArgumentParser
import Editors
import Foundation
import LuaFlow

extension LuaFlowCommand {
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find mistakes in scripts without running them.",
            usage: "luaflow check [OPTIONS] FILE...",
            discussion: """
                Reports what is no Lua, names that nothing sets, modules that are not there, members that no module or \
                type has, options that no function takes, and too few or too many arguments. Where it cannot be \
                certain it keeps silent. Files given together share their globals. Leaves with 0 when nothing was \
                found, with 1 when something was, and with 2 when a file cannot be read.
                """)

        @Argument(
            help: "Lua files, and folders for every .lua below them; - is standard input.",
            completion: .file(extensions: ["lua"]))
        var files: [ByteString]

        @Option(help: ArgumentHelp("More globals that exist, with commas between them.", valueName: "names"))
        var globals: String = ""

        @Flag(help: "Every module is a global, as with -e and at the prompt.")
        var modules = false

        /// Plugins are read for the names that they register, but not run.
        @OptionGroup var host: HostOptions

        @Flag(help: "Print nothing; the exit status tells.")
        var quiet = false

        func run() throws {
            // Errors in options are reported before those of files.
            try host.refuseAllButPlugins()
            _ = try host.pluginPath(script: nil)
            try Session.leaving {
                let catalogue = try ScriptIndex(Host.builtInModules)
                var status: Int32 = 0
                var texts: [(file: ByteString, bytes: [UInt8])] = []
                // A plugin beside several files is reported once.
                var named: Set<ByteString> = []
                for file in files {
                    for path in file.isFolder ? Self.scripts(below: file) : [file] {
                        if let bytes = try Self.read(path) {
                            texts.append((path, bytes))
                        } else {
                            StandardStream.error.write("luaflow check: \(path) cannot be read\n")
                            status = 2
                        }
                    }
                }
                // Files that several scripts require are read once.
                let together = Companions(texts.map(\.bytes))
                let required = RequiredFiles()
                let searches = ModuleSearches()
                for text in texts {
                    let plugins = try host.pluginPath(script: text.file == "-" ? nil : text.file).plugins()
                    for plugin in plugins where named.insert(plugin.path).inserted { Self.report(plugin) }
                    let search = searches.search(from: ModuleSearch.folder(of: text.file))
                    let checker = checker(catalogue, search, plugins, together, required)
                    let findings = checker.check(text.bytes)
                    if !findings.isEmpty { status = max(status, 1) }
                    if !quiet {
                        Self.show(findings, in: text.file == "-" ? "(standard input)" : text.file.text, text.bytes)
                    }
                }
                if status != 0 { throw ExitCode(status) }
            }
        }

        /// Reports a plugin whose names could not be read, as they will be missing in scripts.
        private static func report(_ plugin: PluginFile) {
            let fault: String
            if let known = plugin.fault {
                fault = known
            } else if let text = plugin.path.fileContents {
                guard let error = Checker.syntaxError(in: text) else { return }
                fault = "\(plugin.path):\(error.line): \(error.message)"
            } else {
                fault = "\(plugin.path): the file cannot be read"
            }
            StandardStream.error.write("luaflow check: plugin \(plugin.name) is skipped: \(fault)\n")
        }

        /// The scripts below a folder, sorted, without hidden files.
        private static func scripts(below folder: ByteString) -> [ByteString] {
            ModuleSearch.files(below: folder).sorted().map { folder.appending(path: $0) }
        }

        /// The whole text of a file, also of one without a size, such as a pipe.
        private static func read(_ file: ByteString) throws -> [UInt8]? {
            if PipedFile.isOne(file) { return try PipedFile.read(file, for: "luaflow check") }
            return file == "-" ? (try? StandardInput.read()) : file.fileContents
        }

        private func checker(
            _ catalogue: ScriptIndex, _ search: ModuleSearches.Search, _ plugins: [PluginFile], _ together: Companions,
            _ required: RequiredFiles
        ) -> Checker {
            let names = globals.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            return Checker(
                catalogue, modulesAreGlobals: modules, globals: Set(names),
                plugins: plugins.compactMap { plugin in
                    plugin.path.fileContents.map {
                        Checker.Plugin($0, find: ModuleSearch(script: plugin.folder).find)
                    }
                },
                together: together, required: required, names: search.names(), find: search.find)
        }

        /// Prints one finding per line; at a terminal also the source line.
        private static func show(_ findings: [Finding], in file: String, _ text: [UInt8]) {
            let source = SourceText(text)
            let isTerminal = isatty(STDOUT_FILENO) != 0
            for finding in findings {
                print("\(file):\(finding.line):\(finding.column): \(finding.message)".visible)
                guard isTerminal else { continue }
                let line = source.line(finding.line)
                // Tabs are kept, so that the caret is below the right character.
                let margin = line.prefix(finding.column - 1).map { $0 == "\t" ? "\t" : " " }
                print("    \(line)\n    \(margin.joined())^".visible)
            }
        }
    }
}
