import Editors
import Foundation
import LuaFlow

/// Where `require` would search, without running Lua: beside the script, then the folders of Lua's own search path.
///
/// A file may belong to a program that is started elsewhere: the working folder and the folders around it are searched
/// as well.
struct ModuleSearch {
    /// The script's folder.
    let script: ByteString

    private static let lua: [ByteString] = [
        "/usr/local/share/lua/5.4", "/usr/local/lib/lua/5.4", "/usr/share/lua/5.4", "/opt/homebrew/share/lua/5.4",
    ]
    private static let native: [ByteString] = [
        "/usr/local/lib/lua/5.4", "/usr/lib/lua/5.4", "/opt/homebrew/lib/lua/5.4", "/usr/lib/x86_64-linux-gnu/lua/5.4",
        "/usr/lib/aarch64-linux-gnu/lua/5.4",
    ]

    static func folder(of file: ByteString) -> ByteString { file == "-" ? "." : file.splitPath.folder }

    func find(_ name: String) -> Checker.Source {
        let path = name.replacingOccurrences(of: ".", with: "/")
        for pattern in patterns("LUA_PATH", folders: [script, "."] + Self.lua + around, ["/?.lua", "/?/init.lua"]) {
            let place = Self.place(pattern, path)
            // Only regular files: a pipe would wait for a writer.
            if FileStamp(place)?.isRegular ?? false, let text = place.fileContents { return .text(text) }
        }
        // A C library may contain submodules: lib.part is in lib.so, and a prefix up to a hyphen is ignored.
        let root = name.split(separator: ".").first.map(String.init) ?? name
        let plain = name.split(separator: "-").last.map { $0.replacingOccurrences(of: ".", with: "/") } ?? path
        for pattern in patterns("LUA_CPATH", folders: [script, "."] + Self.native + around, ["/?.so"]) {
            if [path, root, plain].contains(where: { Self.place(pattern, $0).fileExists }) { return .opaque }
        }
        return .missing
    }

    /// The modules beside the script.
    func names() -> [String] {
        Self.files(below: script).map { file in
            let path = file.dropLast(".lua".count)
            let name = path.hasSuffix("/init") ? path.dropLast("/init".count) : path
            return name.text.replacing("/", with: ".")
        }
    }

    /// All .lua files below a folder, relative to it, without hidden ones; at most `most`.
    static func files(below folder: ByteString, most: Int = 10_000) -> [ByteString] {
        var found: [ByteString] = []
        var open: [ByteString] = [""]
        while let prefix = open.popLast(), found.count < most {
            for name in (folder.appending(path: prefix)).folderEntries ?? [] where !name.hasPrefix(".") {
                let path = prefix + name, whole = folder.appending(path: path)
                if isOwnFolder(whole) {
                    open.append(path + "/")
                } else if name.hasSuffix(".lua"), FileStamp(whole)?.isRegular ?? true {
                    // Links to nothing are included; reading one fails with a message.
                    found.append(path)
                }
            }
        }
        return found
    }

    /// Whether it is a folder and not a link to one, which may lead back.
    private static func isOwnFolder(_ path: ByteString) -> Bool {
        var status = stat()
        return path.withCString { lstat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// A pattern in which question marks are replaced by a module's path.
    private static func place(_ pattern: ByteString, _ path: String) -> ByteString {
        let parts = pattern.split(at: UInt8(ascii: "?"), omittingEmptySubsequences: false)
        return parts.dropFirst().reduce(parts.first ?? "") { $0 + ByteString(path) + $1 }
    }

    /// The folders that contain the script's folder.
    private var around: [ByteString] {
        let whole = script.hasPrefix("/") ? script : (ByteString.workingFolder ?? "/").appending(path: script)
        var parts: [ByteString] = []
        for part in whole.split(at: UInt8(ascii: "/")) where part != "." {
            if part != ".." { parts.append(part) } else { _ = parts.popLast() }
        }
        return (1...4).filter { $0 <= parts.count }.map { count in
            parts.dropLast(count).reduce("") { $0 + "/" + $1 }
        }
    }

    private func patterns(_ variable: String, folders: [ByteString], _ endings: [ByteString]) -> [ByteString] {
        let names: [String] = [variable + "_5_4", variable]
        let set = names.lazy.compactMap { name in getenv(name).map { ByteString(cString: $0) } }.first ?? ""
        return folders.flatMap { folder in endings.map { folder + $0 } } + set.split(at: UInt8(ascii: ";"))
    }
}

/// Searches from several folders, each with a cache of its results.
final class ModuleSearches {
    private var searches: [ByteString: Search] = [:]

    func search(from folder: ByteString) -> Search {
        if let known = searches[folder] { return known }
        let made = Search(ModuleSearch(script: folder))
        searches[folder] = made
        return made
    }

    final class Search {
        private let search: ModuleSearch
        private var found: [String: Checker.Source] = [:]
        private lazy var all = search.names()

        init(_ search: ModuleSearch) { self.search = search }

        func find(_ name: String) -> Checker.Source {
            if let known = found[name] { return known }
            let source = search.find(name)
            found[name] = source
            return source
        }

        func names() -> [String] { all }
    }
}
