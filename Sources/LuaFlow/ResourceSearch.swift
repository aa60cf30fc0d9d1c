import Foundation

/// Where shipped files (trained flows, digits) are looked for.
enum ResourceSearch {
    /// The folders that hold `models`, best first: `LUAFLOW_HOME`, around the script, around the program, the working
    /// folder, the place `make install` puts them.
    static func folders(script: String?) -> [String] {
        var roots: [String] = []
        if let script { roots += ancestors(of: folder(of: absolute(script)), levels: 3) }
        return existing(home + roots + program + [FileManager.default.currentDirectoryPath])
    }

    /// Those of them that do not depend on where a script lies: somebody else's script may have come with a folder
    /// `models` of its own, or with a link of that name to anywhere.
    static var shipped: [String] { existing(home + program) }

    private static var home: [String] {
        ProcessInfo.processInfo.environment["LUAFLOW_HOME"].map { $0.isEmpty ? [] : [$0] } ?? []
    }

    private static var program: [String] {
        var roots: [String] = []
        if let program = Bundle.main.executablePath {
            let folder = folder(of: URL(fileURLWithPath: program).resolvingSymlinksInPath().path)
            roots.append(folder + "/../share/luaflow")
            roots += ancestors(of: folder, levels: 4)
        }
        return roots
    }

    private static func existing(_ roots: [String]) -> [String] {
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
