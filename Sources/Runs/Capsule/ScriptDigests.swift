import Scripting

extension LoadedFiles {
    /// From now on Lua files are recorded with digests, so that a file that was only touched counts as unchanged.
    package func keepDigestsOfScripts() {
        keepDigests { path in
            // Other files may be large; for them the modification time is enough.
            (FileStamp(path)?.size ?? 0) <= 1 << 20 ? SHA256.ofFile(path)?.hex : nil
        }
    }

    /// Computes digests of all files read from now on, and of Lua code read before.
    func keepDigests(_ digest: @escaping @Sendable (ByteString) -> String?) {
        fingerprint = digest
        for file in all where file.kind == .lua || file.kind == .library { note(file.path, file.kind) }
    }
}
