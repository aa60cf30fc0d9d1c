import Scripting

extension Capsule {
    /// The deepest folder that contains both the capsule and the script (with -e the working folder).
    public struct Place: Codable, Equatable, Sendable {
        /// Its path when the run was recorded.
        public var folder: ByteString
        /// The path from the capsule to it: `.`, `..`, `../..`.
        public var fromCapsule: String
    }

    /// A folder whose path was `from` when the run was recorded and is `to` now.
    struct Move: Equatable, Sendable {
        let from: ByteString
        let to: ByteString

        func path(_ path: ByteString) -> ByteString {
            if path == from { return to }
            return path.hasPrefix(from + "/") ? to + path.dropFirst(from.count) : path
        }
    }

    /// A copy with paths below the place made relative to it, for a file at `path`.
    func placed(for path: ByteString) -> Capsule {
        let capsule = Capsule.folders(LoadedFiles.absolute(path)).dropLast()
        let absolute = run.script.map { $0.hasPrefix("/") ? $0 : run.folder + "/" + $0 }
        let script = absolute.map { Array(Capsule.folders($0).dropLast()) } ?? Capsule.folders(run.folder)
        let common = zip(capsule, script).prefix { $0 == $1 }.map(\.0)
        var placed = self
        placed.place = nil
        guard !common.isEmpty else { return placed }
        let up = capsule.count - common.count
        let place = Place(
            folder: Capsule.path(common),
            fromCapsule: up == 0 ? "." : Array(repeating: "..", count: up).joined(separator: "/"))
        placed.place = place
        placed.mapPaths { path in
            if path == place.folder { return "." }
            return path.hasPrefix(place.folder + "/") ? path.dropFirst(place.folder.count + 1) : path
        }
        return placed
    }

    /// Makes paths absolute again: below the place as it is now, or as it was if the script only exists there.
    mutating func find(from path: ByteString) {
        guard let place else { return }
        let capsule = Array(Capsule.folders(LoadedFiles.absolute(path)).dropLast())
        let up = place.fromCapsule == "." ? 0 : place.fromCapsule.split(separator: "/").count
        let now = Capsule.path(capsule.dropLast(min(up, capsule.count)))
        func isThere(_ folder: ByteString) -> Bool {
            guard let script = run.script else { return true }
            let path = Capsule.absolute(Capsule.absolute(run.folder, folder) + "/" + script, folder)
            let named = script.hasPrefix("/") ? Move(from: place.folder, to: folder).path(script) : path
            return named.fileExists
        }
        let folder = now != place.folder && !isThere(now) && isThere(place.folder) ? place.folder : now
        mapPaths { Capsule.absolute($0, folder) }
        guard folder != place.folder else { return }
        let move = Move(from: place.folder, to: folder)
        self.move = move
        run.script = run.script.map(move.path)
        host.plugins = host.plugins.map(move.path)
    }

    /// Changes the paths that are relative to the place in the file. The script's own name is not changed.
    private mutating func mapPaths(_ change: (ByteString) -> ByteString) {
        run.folder = change(run.folder)
        absent = absent.map(change)
        for index in files.indices { files[index].path = change(files[index].path) }
    }

    private static func absolute(_ path: ByteString, _ folder: ByteString) -> ByteString {
        if path.hasPrefix("/") { return path }
        return path == "." ? folder : folder + "/" + path
    }

    private static func folders(_ path: ByteString) -> [ByteString] { path.split(at: UInt8(ascii: "/")) }

    private static func path(_ folders: some Sequence<ByteString>) -> ByteString {
        "/" + ByteString(Array(folders.map(\.bytes).joined(separator: "/".utf8)))
    }
}
