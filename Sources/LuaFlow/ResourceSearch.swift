import Foundation

/// Where shipped files (trained flows, digits) are looked for.
enum ResourceSearch {
    /// The folders that hold `models`, best first: `LUAFLOW_HOME`, around the script, around the program, the working
    /// folder, the place `make install` puts them.
    static func folders(script: String?) -> [String] {
        var roots: [String] = []
        if let home = ProcessInfo.processInfo.environment["LUAFLOW_HOME"], !home.isEmpty { roots.append(home) }
        if let script { roots += ancestors(of: folder(of: absolute(script)), levels: 3) }
        if let program = Bundle.main.executablePath {
            let folder = folder(of: URL(fileURLWithPath: program).resolvingSymlinksInPath().path)
            roots.append(folder + "/../share/luaflow")
            roots += ancestors(of: folder, levels: 4)
        }
        roots.append(FileManager.default.currentDirectoryPath)
        var seen: Set<String> = []
        return roots.map { $0 + "/models" }.filter { seen.insert($0).inserted && FileManager.default.fileExists(atPath: $0) }
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    private static func ancestors(of folder: String, levels: Int) -> [String] {
        var found = [folder]
        for _ in 0..<levels where found[found.count - 1].contains("/") { found.append(self.folder(of: found[found.count - 1])) }
        return found.filter { !$0.isEmpty }
    }
}
