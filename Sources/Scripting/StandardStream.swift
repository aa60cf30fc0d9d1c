#if canImport(Glibc)
    // For `stdout`, a variable that C never changes.
    @preconcurrency import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Standard output and standard error, written to past every buffer.
///
/// Nobody may be reading: the terminal went away, the disk is full. What is written then is lost, and that is no error
/// of whoever wrote it.
///
///     StandardStream.error.write("luaflow: no such file\n")
public enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    /// Whether somebody sees it as it is written, and a cursor can be moved there.
    public var isTerminal: Bool { RunStreams.current == nil && isatty(rawValue) == 1 }

    /// Writes a text, after all that was printed before. In a run whose streams somebody takes it goes there.
    public func write(_ text: String) {
        if let streams = RunStreams.current { return streams.take(.text(self, Array(text.utf8))) }
        StandardStream.flush()
        var text = text
        _ = text.withUTF8 { StandardStream.write(UnsafeRawBufferPointer($0), to: rawValue) }
    }

    /// Writes out what was printed and still waits in a buffer: of the two standard streams only. Flushing every stream
    /// would wait for whoever reads one of them: another interpreter in `io.read()`.
    public static func flush() {
        fflush(stdout)
        fflush(stderr)
    }

    /// - Returns: whether all of it was taken.
    @discardableResult
    package static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        #if canImport(Glibc)
            let put = Glibc.write
        #else
            let put = Darwin.write
        #endif
        var rest = bytes[...]
        while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
            let count = put(descriptor, base, rest.count)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if count < 0, errno == EAGAIN {
                // Somebody made it non-blocking: wait as if it were not.
                var one = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&one, 1, -1) > 0 || errno == EINTR else { return false }
            } else if count == 0 || errno != EINTR {
                return false
            }
        }
        return rest.isEmpty
    }

    /// The next bytes of standard input, as many as are there.
    /// - Returns: how many; 0 at the input's end, below 0 for a failure or an interrupted wait.
    package static func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
        #else
            Darwin.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
        #endif
    }
}
