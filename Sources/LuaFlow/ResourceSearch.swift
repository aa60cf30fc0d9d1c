import Foundation
import Scripting

/// Where shipped files (trained flows, digits) are searched.
enum ResourceSearch {
    /// The folders that contain `models`, best first: `LUAFLOW_HOME`, around the script, around the program, the
    /// working folder, and the folder of `make install`.
    static func folders(script: ByteString?) -> [ByteString] {
        var roots: [ByteString] = []
        if let script { roots += ancestors(of: folder(of: absolute(script)), levels: 3) }
        return existing(home + roots + program + [ByteString.workingFolder].compactMap(\.self))
    }

    /// Those of them that do not depend on the script's place: somebody else's script may come with a folder `models`
    /// of its own, or a link of that name to anywhere.
    static var shipped: [ByteString] { existing(home + program) }

    private static var home: [ByteString] {
        getenv("LUAFLOW_HOME").map { ByteString(cString: $0) }.map { $0.isEmpty ? [] : [$0] } ?? []
    }

    private static var program: [ByteString] {
        var roots: [ByteString] = []
        if let program = Bundle.main.executablePath {
            let folder = folder(of: ByteString(program).resolvedPath ?? ByteString(program))
            roots.append(folder + "/../share/luaflow")
            roots += ancestors(of: folder, levels: 4)
        }
        return roots
    }

    private static func existing(_ roots: [ByteString]) -> [ByteString] {
        var seen: Set<ByteString> = []
        return roots.map { $0 + "/models" }.filter { seen.insert($0).inserted && $0.fileExists }
    }

    private static func absolute(_ path: ByteString) -> ByteString {
        path.hasPrefix("/") ? path : (ByteString.workingFolder ?? ".") + "/" + path
    }

    /// The folder of a path; empty for `/`.
    private static func folder(of path: ByteString) -> ByteString {
        let folder = path.splitPath.folder
        return folder == "/" ? "" : folder
    }

    private static func ancestors(of folder: ByteString, levels: Int) -> [ByteString] {
        var found = [folder]
        for _ in 0..<levels where found[found.count - 1].contains(UInt8(ascii: "/")) {
            found.append(self.folder(of: found[found.count - 1]))
        }
        return found.filter { !$0.isEmpty }
    }
}
