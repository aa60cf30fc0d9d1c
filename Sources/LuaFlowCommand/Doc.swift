import ArgumentParser
import Editors
import Files
import Foundation
import LuaFlow

extension LuaFlowCommand {
    struct Doc: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the documentation of a module, a type, a function, a method or an operator.",
            usage: """
                luaflow doc [NAME]
                luaflow doc --search WORD
                luaflow doc --luacats [DIR]
                luaflow doc --json
                """,
            discussion: """
                With --luacats it prints LuaCATS definitions, from which lua-language-server completes and checks \
                scripts in an editor. With a folder behind it, it writes them there: luacats/*.lua and a .luarc.json \
                that names them. With --json it prints everything at once, for other programs.
                """)

        @Argument(
            help: "A name such as tensor, flow.load, tensor:backward, :sum or +; none lists the modules.",
            completion: .custom { words, _, typed in DocCompletion.candidates(words, typed) })
        var name: String?

        @Flag(help: "List the names whose documentation has a word in it.")
        var search = false

        @Flag(help: "Print definitions for editors, or write them into a folder.")
        var luacats = false

        @Flag(help: "Print the documentation of every name as JSON.")
        var json = false

        /// Names that plugins register have a page as well.
        @OptionGroup var host: HostOptions

        func validate() throws {
            if search, luacats { throw ValidationError("--search and --luacats: one of the two expected") }
            if json, search || luacats || name != nil {
                throw ValidationError("--json: everything is printed, without a name and other options")
            }
            if search, name == nil { throw ValidationError("--search: a word expected") }
        }

        func run() throws {
            // Errors in options are reported before those of names.
            try host.refuseAllButPlugins()
            _ = try host.pluginPath(script: nil)
            try Session.leaving {
                let index = try Manual(Host.builtInModules)
                // Where a name of a page is expected, bytes that are no text are shown as replaced ones.
                let asked = name.map { CommandWords.word($0).text }
                if json {
                    print(try DocReference(Host.builtInModules, version: Host.version).text)
                } else if luacats {
                    try EditorFiles(Definitions(try ScriptIndex(Host.builtInModules))).write(
                        to: name.map { CommandWords.word($0) })
                } else if search, let asked {
                    try Pager.show(index.search(asked))
                } else {
                    try Pager.show(page(asked, index))
                }
            }
        }

        /// Built-in names come first; plugins are loaded for other names only.
        private func page(_ name: String?, _ index: Manual) throws -> String {
            do {
                return try index.page(name)
            } catch let unknown {
                guard let name, let page = try registered(name) else { throw unknown }
                return page
            }
        }

        private func registered(_ name: String) throws -> String? {
            guard try !host.pluginPath(script: nil).plugins().isEmpty else { return nil }
            var page: String?
            try host.withHost { host in
                page = RegisteredPage(name, in: host.context.service(Registry.self))?.text
            }
            return page
        }
    }
}

/// Completions of what was typed after `luaflow doc`.
enum DocCompletion {
    static func candidates(_ words: [String], _ typed: String) -> [String] {
        if words.contains("--luacats") { return folders(typed) }
        // During completion there is no place for an error message.
        guard let index = try? Manual(Host.builtInModules) else { return [] }
        // All names would be hundreds: without a prefix only modules, types and tables.
        let names = typed.isEmpty ? index.containers : index.names.filter { $0.hasPrefix(typed) }
        // In zsh's lists a colon begins a description, so it is escaped.
        return CompletionShell.requesting == .zsh ? names.map { $0.replacing(":", with: "\\:") } : names
    }

    private static func folders(_ typed: String) -> [String] {
        let parent = typed.lastIndex(of: "/").map { String(typed[...$0]) } ?? ""
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.isEmpty ? "." : parent)) ?? []
        return names.sorted().map { parent + $0 }.filter { path in
            var isFolder: ObjCBool = false
            return path.hasPrefix(typed) && FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
                && isFolder.boolValue
        }
    }
}

/// Writes definition files for editors.
struct EditorFiles {
    let definitions: Definitions

    init(_ definitions: Definitions) { self.definitions = definitions }

    /// Types of what may be written to `x[1]` differ from what is read, but the server only knows their union.
    private static let settings = """
        {
          "runtime.version": "Lua 5.4",
          "runtime.path": ["?.lua", "?/init.lua", "scripts/?.lua"],
          "workspace.library": ["luacats"],
          "type.weakUnionCheck": true
        }

        """

    /// Writes to standard output if there is no folder.
    func write(to folder: ByteString?) throws {
        guard let folder else {
            for file in definitions.files { print("-- \(file.name)\n\(file.text)") }
            return
        }
        let place = folder.appending(path: "luacats")
        guard place.madeFolders() != nil else {
            throw ScriptError("luaflow doc", "\(place): no folder can be made there")
        }
        for file in definitions.files { try refuseForeign(place.appending(path: ByteString(file.name))) }
        for file in definitions.files {
            try AtomicFile.write(to: place.appending(path: ByteString(file.name)), for: "luaflow doc") {
                try $0.write(file.text)
            }
        }
        let settings = folder.appending(path: ".luarc.json")
        if let present = settings.fileContents, present != Array(Self.settings.utf8) {
            print(
                "\(settings) is yours: add \"luacats\" to its \"workspace.library\", and \"type.weakUnionCheck\": true."
            )
        } else {
            try AtomicFile.write(to: settings, for: "luaflow doc") { try $0.write(Self.settings) }
        }
        print("\(place): \(definitions.files.count) files")
    }

    /// - Throws: when a file exists there that this program has not written: no file of the user is overwritten.
    private func refuseForeign(_ path: ByteString) throws {
        guard path.fileExists else { return }
        let text = path.fileContents.map { String(decoding: $0, as: UTF8.self) }
        guard text?.contains(Definitions.mark) ?? false else {
            throw ScriptError(
                "luaflow doc",
                "\(path): is there and was not written by luaflow doc; move it away, or name another folder")
        }
    }
}
