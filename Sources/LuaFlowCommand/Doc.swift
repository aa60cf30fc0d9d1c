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
            // Wrong options are the user's before any name is.
            try host.refuseAllButPlugins()
            _ = try host.pluginPath(script: nil)
            try Session.leaving {
                let index = try Manual(Host.builtInModules)
                if json {
                    print(try DocReference(Host.builtInModules, version: Host.version).text)
                } else if luacats {
                    try EditorFiles(Definitions(try ScriptIndex(Host.builtInModules))).write(
                        to: name.map { CommandWords.word($0) })
                } else if search, let name {
                    try Pager.show(index.search(name))
                } else {
                    try Pager.show(page(name, index))
                }
            }
        }

        /// What is built in comes first; plugins are loaded for other names only.
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

/// What may follow `luaflow doc` and what was typed behind it.
enum DocCompletion {
    static func candidates(_ words: [String], _ typed: String) -> [String] {
        if words.contains("--luacats") { return folders(typed) }
        // A shell that completes has no place for an error.
        guard let index = try? Manual(Host.builtInModules) else { return [] }
        // Everything at once would be hundreds of names.
        let names = typed.isEmpty ? index.containers : index.names.filter { $0.hasPrefix(typed) }
        // In zsh's lists a description stands behind a colon.
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

/// Where definitions for editors go.
struct EditorFiles {
    let definitions: Definitions

    init(_ definitions: Definitions) { self.definitions = definitions }

    /// What may be written and what is read at `x[1]` are two types, of which the server knows the union only.
    private static let settings = """
        {
          "runtime.version": "Lua 5.4",
          "runtime.path": ["?.lua", "?/init.lua", "scripts/?.lua"],
          "workspace.library": ["luacats"],
          "type.weakUnionCheck": true
        }

        """

    /// To standard output without a folder.
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

    /// - Throws: when a file stands there that this program did not write: nothing of the user's own is overwritten.
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
