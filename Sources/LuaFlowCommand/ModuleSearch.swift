import Editors
import Foundation
import LuaFlow

/// Where `require` would look, without Lua: beside the script, then the folders of Lua's own search.
///
/// A file may be part of a program that starts elsewhere: the working folder and the folders around it count as well.
struct ModuleSearch {
    /// The script's folder.
    let script: String

    private static let lua = [
        "/usr/local/share/lua/5.4", "/usr/local/lib/lua/5.4", "/usr/share/lua/5.4", "/opt/homebrew/share/lua/5.4",
    ]
    private static let native = [
        "/usr/local/lib/lua/5.4", "/usr/lib/lua/5.4", "/opt/homebrew/lib/lua/5.4", "/usr/lib/x86_64-linux-gnu/lua/5.4",
        "/usr/lib/aarch64-linux-gnu/lua/5.4",
    ]

    static func folder(of file: String) -> String {
        let folder = file == "-" ? "" : (file as NSString).deletingLastPathComponent
        return folder.isEmpty ? "." : folder
    }

    func find(_ name: String) -> Checker.Source {
        let path = name.replacingOccurrences(of: ".", with: "/")
        let files = FileManager.default
        for pattern in patterns("LUA_PATH", folders: [script, "."] + Self.lua + around, ["/?.lua", "/?/init.lua"]) {
            if let text = files.contents(atPath: pattern.replacingOccurrences(of: "?", with: path)) {
                return .text([UInt8](text))
            }
        }
        // A library in C may hold its parts: lib.part is in lib.so, and what stands before a hyphen is no name.
        let root = name.split(separator: ".").first.map(String.init) ?? name
        let plain = name.split(separator: "-").last.map { $0.replacingOccurrences(of: ".", with: "/") } ?? path
        for pattern in patterns("LUA_CPATH", folders: [script, "."] + Self.native + around, ["/?.so"]) {
            let places = [path, root, plain].map { pattern.replacingOccurrences(of: "?", with: $0) }
            if places.contains(where: files.fileExists) { return .opaque }
        }
        return .missing
    }

    /// The modules that lie beside the script.
    func names() -> [String] {
        Self.files(below: script).map { (file: String) -> String in
            let path = file.dropLast(".lua".count)
            let name = path.hasSuffix("/init") ? path.dropLast("/init".count) : path
            return String(name).replacing("/", with: ".")
        }
    }

    /// Every .lua below a folder, as seen from there, without what is hidden; not more than a program has.
    static func files(below folder: String, most: Int = 10_000) -> [String] {
        var found: [String] = []
        let names = FileManager.default.enumerator(atPath: folder)
        while let name = names?.nextObject() as? String, found.count < most {
            let last = name.split(separator: "/").last ?? ""
            if last.hasPrefix(".") {
                names?.skipDescendants()
            } else if last.hasSuffix(".lua"), FileStamp(folder + "/" + name)?.isRegular ?? true {
                // A folder may be called so as well; a link to nothing is named where it is read.
                found.append(name)
            }
        }
        return found
    }

    /// The folders around the script's.
    private var around: [String] {
        var folder = URL(fileURLWithPath: script).standardizedFileURL
        var folders: [String] = []
        while folder.path != "/", folders.count < 4 {
            folder.deleteLastPathComponent()
            folders.append(folder.path)
        }
        return folders
    }

    private func patterns(_ variable: String, folders: [String], _ endings: [String]) -> [String] {
        let environment = ProcessInfo.processInfo.environment
        let set = environment[variable + "_5_4"] ?? environment[variable] ?? ""
        return folders.flatMap { folder in endings.map { folder + $0 } } + set.split(separator: ";").map(String.init)
    }
}

/// Searches from several folders, each of which finds the same as often as it is asked.
final class ModuleSearches {
    private var searches: [String: Search] = [:]

    func search(from folder: String) -> Search {
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
