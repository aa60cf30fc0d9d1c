import Scripting

#if canImport(Glibc)
    import Glibc

    private let systemRead = Glibc.read
#elseif canImport(Darwin)
    import Darwin

    private let systemRead = Darwin.read
#endif

/// A file that is not on a disk: a pipe, `/dev/stdin`, or a shell's `<(...)`. Its text is read as it arrives, so that
/// an interrupt or the time limit can end the wait.
public enum PipedFile {
    /// Whether a path refers to such a file.
    public static func isOne(_ path: ByteString) -> Bool {
        var status = stat()
        guard path.withCString({ stat($0, &status) }) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFIFO || status.st_mode & S_IFMT == S_IFCHR
    }

    /// Prints that a named pipe is being waited for.
    static func announce(_ path: ByteString) {
        var status = stat()
        guard path.withCString({ lstat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFIFO else { return }
        StandardStream.error.write("luaflow: \(path) is a pipe: waiting for what somebody writes into it\n")
    }

    /// Reads all of it, charging memory as it arrives.
    ///
    /// If nobody writes to a named pipe, a message says so once, after half a second.
    /// - Throws: ``ScriptError`` when it cannot be read; `Interrupted` when the run is stopped.
    public static func read(_ path: ByteString, for operation: String = "") throws -> [UInt8] {
        let descriptor = path.withCString { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
        guard descriptor >= 0 else { throw ScriptError(operation, "\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        var charged = 0
        defer { NativeMemory.current?.release(charged) }
        var looks = 0
        var hasWriter = !isNamedPipe(descriptor)
        while true {
            try Cancellation.check()
            let count = systemRead(descriptor, &piece, piece.count)
            if count > 0 {
                // An array exists twice while it grows.
                try NativeMemory.current?.charge(2 * count)
                charged += 2 * count
                try append(piece.prefix(count), to: &text, of: path, for: operation)
                hasWriter = true
                continue
            }
            if count < 0, errno != EAGAIN, errno != EINTR {
                throw ScriptError(operation, "\(path): \(String(cString: strerror(errno)))")
            }
            if count < 0 { hasWriter = true }
            // The end, unless no writer has opened it yet.
            if count == 0, hasWriter { return text }
            var one = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let found = poll(&one, 1, 50)
            if count == 0 {
                // There was a writer, which closed without writing.
                if found > 0, one.revents & Int16(POLLIN) != 0 { continue }
                if found > 0, one.revents & Int16(POLLHUP) != 0 { return text }
                if found > 0 { usleep(20_000) }
                looks += 1
                if looks == 10 {
                    StandardStream.error.write("luaflow: waiting for somebody who writes into the pipe \(path)\n")
                }
            }
        }
    }

    /// Appends what came to a script's text.
    /// - Throws: ``ScriptError`` for a text too long for a script, which may have no end.
    public static func append(
        _ piece: ArraySlice<UInt8>, to text: inout [UInt8], of path: ByteString, for operation: String = ""
    ) throws {
        guard text.count + piece.count <= ByteString.longestText else {
            throw ScriptError(operation, "\(path): more than \(ByteString.longestText) bytes, which is no script")
        }
        text += piece
    }

    /// A pipe in a folder; those of a shell's `|` and `<(...)` have had their writer from the start.
    private static func isNamedPipe(_ descriptor: Int32) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return false }
        #if canImport(Glibc)
            var link = [CChar](repeating: 0, count: 64)
            let count = readlink("/proc/self/fd/\(descriptor)", &link, link.count)
            // Their link is `pipe:[12345]`.
            return
                !(count > 5 && String(decoding: link.prefix(5).map { UInt8(bitPattern: $0) }, as: UTF8.self) == "pipe:")
        #else
            return true
        #endif
    }
}
