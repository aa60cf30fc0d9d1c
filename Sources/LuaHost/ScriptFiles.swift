import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Opens a Lua file for `require`, `dofile` and `loadfile` of a sandboxed script, if the rules allow it.
/// - Returns: a descriptor, or -1 with a message of at most `capacity` bytes including its zero.
func openScript(
    _ path: UnsafePointer<CChar>?, _ message: UnsafeMutablePointer<CChar>?, _ capacity: Int
) -> Int32 {
    guard let path, let message, capacity > 0 else { return -1 }
    do {
        return try openScript(ByteString(cString: path))
    } catch {
        strncpy(message, String(describing: error), capacity - 1)
        message[capacity - 1] = 0
        return -1
    }
}

private func openScript(_ path: ByteString) throws -> Int32 {
    // Without rules nothing may be opened in the sandbox.
    guard FileAccess.current != nil else { throw ScriptError("", "\(path): no file may be loaded now") }
    try FileAccess.check(.load, path, for: "")
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { throw ScriptError("", "no file '\(path)'") }
    do {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ScriptError("", "\(path): is not a regular file")
        }
        try FileAccess.check(.load, opened: descriptor, path, for: "")
        LoadedFiles.current?.note(path, .lua)
        return descriptor
    } catch {
        close(descriptor)
        throw error
    }
}
