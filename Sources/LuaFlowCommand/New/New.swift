import ArgumentParser
import Files
import Foundation
import LuaFlow

extension LuaFlowCommand {
    /// The command `luaflow new`.
    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a working skeleton of a script, a plugin or a Swift module.",
            usage: """
                luaflow new script NAME [--in DIR]
                luaflow new plugin NAME [--in DIR]
                luaflow new module NAME [--in DIR] [--luaflow DIR]
                """,
            discussion: """
                script: NAME.lua, an experiment with command-line options. plugin: plugins/NAME.lua, which registers \
                one part of each kind. module: NAME, a Swift package with a module for scripts and a program that runs \
                them. Nothing that exists is overwritten.
                """)

        @Argument(
            help: "What to write: script, plugin or module.", completion: .list(Skeleton.Kind.allCases.map(\.rawValue)))
        var what: String

        @Argument(help: "Its name: a letter, then letters, digits and _.")
        var name: String

        @Option(
            name: .customLong("in"),
            help: ArgumentHelp("Where to write it.", valueName: "DIR"), completion: .directory)
        var folder: ByteString = "."

        @Option(
            help: ArgumentHelp(
                "For a module: LuaFlow's source folder; else found around this program.", valueName: "DIR"),
            completion: .directory)
        var luaflow: String?

        func run() throws {
            guard let kind = Skeleton.Kind(rawValue: what) else {
                let kinds = Skeleton.Kind.allCases.map(\.rawValue)
                throw ValidationError(
                    "\"\(what)\": \(kinds.joined(separator: ", ")) expected\(suggestion(for: what, among: kinds))")
            }
            if kind != .module, luaflow != nil { throw ValidationError("--luaflow is for modules only") }
            try Session.leaving {
                let name = try SkeletonName(name)
                let skeleton: Skeleton
                switch kind {
                case .script:
                    skeleton = .script(name)
                case .plugin:
                    try name.checkPlugin(in: folder)
                    skeleton = .plugin(name, in: folder.text)
                case .module:
                    let source = try SourceFolder.find(given: luaflow)
                    try name.checkModule(source: source)
                    skeleton = .module(name, luaflow: source)
                }
                try skeleton.write(in: folder)
                print(skeleton.advice(in: folder.text), terminator: "")
            }
        }
    }
}

/// The files of a new project.
struct Skeleton {
    enum Kind: String, CaseIterable { case script, plugin, module }

    /// Paths and contents; none of the files may exist.
    let files: [(path: String, text: String)]
    /// What to do next: commands, with DIR for the folder, and what they do.
    let next: [(command: String, what: String)]

    /// The folder that contains only these files, if there is one.
    var ownFolder: String?

    /// Writes all files, or none if one exists already or cannot be written.
    func write(in folder: ByteString) throws {
        let operation = "luaflow new"
        func full(_ path: String) -> ByteString {
            folder == "." ? ByteString(path) : folder.appending(path: ByteString(path))
        }
        var taken = files.map { full($0.path) }.first(where: Self.isThere)
        if let ownFolder, Self.isThere(full(ownFolder)), full(ownFolder).folderEntries?.isEmpty != true {
            taken = taken ?? full(ownFolder)
        }
        if let taken {
            throw ScriptError(
                operation, "\(taken) exists already and is left as it is; choose another name, or --in DIR")
        }
        var made: (folders: [ByteString], files: [ByteString]) = ([], [])
        do {
            for file in files {
                let path = full(file.path)
                guard let folders = path.splitPath.folder.madeFolders() else {
                    throw ScriptError(operation, "\(path) cannot be written: \(String(cString: strerror(errno)))")
                }
                made.folders += folders
                try AtomicFile.write(to: path, for: operation) { try $0.write(file.text) }
                made.files.append(path)
            }
        } catch {
            for file in made.files { _ = file.withCString { unlink($0) } }
            for folder in made.folders.reversed() { _ = folder.withCString { rmdir($0) } }
            throw error
        }
    }

    /// Whether this name exists, also as a link to nothing.
    private static func isThere(_ path: ByteString) -> Bool {
        var status = stat()
        return path.withCString { lstat($0, &status) } == 0
    }

    func advice(in folder: String) -> String {
        func shown(_ text: String) -> String { text.replacing("DIR/", with: folder == "." ? "" : folder + "/") }
        return "Wrote " + files.map { shown("DIR/" + $0.path) }.joined(separator: ", ") + ".\n"
            + next.map { "  \(shown($0.command))   # \($0.what)\n" }.joined()
    }
}

/// LuaFlow's own sources, on which a new Swift package depends.
enum SourceFolder {
    static func find(given: String?) throws -> String {
        if let given {
            guard isSource(given) else {
                throw ScriptError(
                    "luaflow new",
                    "--luaflow \(given): LuaFlow's source folder expected, with Package.swift and Sources/LuaFlow")
            }
            return URL(fileURLWithPath: given).standardizedFileURL.path
        }
        guard let program = Bundle.main.executablePath else { throw missing }
        // .build/<platform>/release/luaflow
        var folder = URL(fileURLWithPath: program).resolvingSymlinksInPath()
        for _ in 0..<5 {
            folder.deleteLastPathComponent()
            if isSource(folder.path) { return folder.path }
        }
        throw missing
    }

    private static func isSource(_ folder: String) -> Bool {
        ["Package.swift", "Sources/LuaFlow"].allSatisfy { FileManager.default.fileExists(atPath: folder + "/" + $0) }
    }

    private static let missing = ScriptError(
        "luaflow new",
        "a module is built with LuaFlow's sources, which are not around this program; name their folder with "
            + "--luaflow DIR"
    )
}
