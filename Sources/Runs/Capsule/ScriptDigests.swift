import Scripting

extension LoadedFiles {
    /// From now on Lua files are kept with digests, too, so that one that was only touched has not changed.
    package func keepDigestsOfScripts() {
        keepDigests { path in
            // Others may be large; a time is enough there.
            (FileStamp(path)?.size ?? 0) <= 1 << 20 ? SHA256.ofFile(path)?.hex : nil
        }
    }

    /// Has digests computed of all that is read from now on, and of the code that was read before.
    func keepDigests(_ digest: @escaping @Sendable (ByteString) -> String?) {
        fingerprint = digest
        for file in all where file.kind == .lua || file.kind == .library { note(file.path, file.kind) }
    }
}
