import Runs
import Scripting

extension Host {
    /// The record of what scripts read. From now on Lua files are kept with digests, too, so that one that was only
    /// touched has not changed.
    package var loadedFiles: LoadedFiles {
        let files = context.service(LoadedFiles.self)
        files.keepDigestsOfScripts()
        return files
    }
}

extension RunRecorder {
    /// - Parameter repeating: a capsule whose random numbers shall come again; nil for whatever comes.
    public convenience init(_ host: Host, repeating: Capsule.Randomness? = nil) throws {
        try self.init(host.interpreter, versions: .current, repeating: repeating)
    }
}

extension Capsule.Versions {
    /// Those of this program on this machine.
    public static var current: Self { Self(luaflow: Host.version) }
}
