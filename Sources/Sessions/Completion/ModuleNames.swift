import Foundation
import LuaFlow

/// Completes names of modules for `require`: ours, loaded ones, and files on the path.
enum ModuleNames {
    static func all(_ session: Session) throws -> [String] {
        var names = session.host.modules.map(\.name) + (try session.helpers.names("loaded"))
        guard case .string(let path)? = try session.helpers.call("search_path").first else { return names }
        for pattern in path.text.split(separator: ";") where pattern.hasSuffix("/?.lua") {
            let folder = String(pattern.dropLast("/?.lua".count))
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "/" : folder)) ?? []
            names += files.filter { $0.hasSuffix(".lua") }.map { String($0.dropLast(4)) }
        }
        return names.filter { !$0.hasPrefix("_") && !$0.hasPrefix(".") }
    }
}
