import Runs
import Scripting

extension Host {
    /// The record of files that scripts read. From now on Lua files are recorded with digests, so that a file that was
    /// only touched counts as unchanged.
    package var loadedFiles: LoadedFiles {
        let files = context.service(LoadedFiles.self)
        files.keepDigestsOfScripts()
        return files
    }
}

extension RunRecorder {
    /// - Parameter repeating: a capsule whose random numbers are to be repeated; nil for new ones.
    public convenience init(_ host: Host, repeating: Capsule.Randomness? = nil) throws {
        try self.init(host.interpreter, versions: .current, repeating: repeating)
    }
}

extension Capsule.Versions {
    /// The versions of this program on this machine.
    public static var current: Self { Self(luaflow: Host.version) }
}
