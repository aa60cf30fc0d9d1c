import Editors
import Foundation

/// Where `require` would look, without Lua: beside the script, then the folders of Lua's own search.
struct ModuleSearch {
    /// The script's folder.
    let script: String

    private static let lua = ["/usr/local/share/lua/5.4", "/usr/share/lua/5.4", "/opt/homebrew/share/lua/5.4"]
    private static let native = [
        "/usr/local/lib/lua/5.4", "/usr/lib/lua/5.4", "/opt/homebrew/lib/lua/5.4", "/usr/lib/x86_64-linux-gnu/lua/5.4",
        "/usr/lib/aarch64-linux-gnu/lua/5.4",
    ]

    func find(_ name: String) -> Checker.Source {
        let path = name.replacingOccurrences(of: ".", with: "/")
        let files = FileManager.default
        for pattern in patterns("LUA_PATH", folders: [script] + Self.lua, ["/?.lua", "/?/init.lua"]) {
            if let text = files.contents(atPath: pattern.replacingOccurrences(of: "?", with: path)) {
                return .text([UInt8](text))
            }
        }
        for pattern in patterns("LUA_CPATH", folders: [script] + Self.native, ["/?.so"])
        where files.fileExists(atPath: pattern.replacingOccurrences(of: "?", with: path)) {
            return .opaque
        }
        return .missing
    }

    private func patterns(_ variable: String, folders: [String], _ endings: [String]) -> [String] {
        let environment = ProcessInfo.processInfo.environment
        let set = environment[variable + "_5_4"] ?? environment[variable] ?? ""
        return folders.flatMap { folder in endings.map { folder + $0 } } + set.split(separator: ";").map(String.init)
    }
}
