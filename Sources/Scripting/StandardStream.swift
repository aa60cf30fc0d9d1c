#if canImport(Glibc)
    // For `stdout`, a global variable of C that never changes.
    @preconcurrency import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Standard output and standard error, unbuffered.
///
/// There may be no reader any more (the terminal was closed), or the disk may be full. Such output is lost, without an
/// error.
///
///     StandardStream.error.write("luaflow: no such file\n")
public enum StandardStream: Int32, Sendable {
    /// What a script prints.
    case output = 1
    /// Warnings, errors, progress.
    case error = 2

    /// Whether it is a terminal, so that someone sees the output at once and the cursor can be moved.
    public var isTerminal: Bool { RunStreams.current == nil && isatty(rawValue) == 1 }

    /// Writes a text after everything printed before; in a run with ``RunStreams``, to these.
    public func write(_ text: String) {
        if let streams = RunStreams.current { return streams.take(.text(self, Array(text.utf8))) }
        StandardStream.flush()
        var text = text
        _ = text.withUTF8 { StandardStream.write(UnsafeRawBufferPointer($0), to: rawValue) }
    }

    /// Flushes the two standard streams. Flushing all streams would wait for those in use by another interpreter, such
    /// as one in `io.read()`.
    public static func flush() {
        fflush(stdout)
        fflush(stderr)
    }

    /// - Returns: whether everything was written.
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
                // The descriptor is non-blocking: wait until it takes more.
                var one = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&one, 1, -1) > 0 || errno == EINTR else { return false }
            } else if count == 0 || errno != EINTR {
                return false
            }
        }
        return rest.isEmpty
    }

    /// The next bytes of standard input, as many as are available.
    /// - Returns: how many; 0 at the end of input, negative for an error or an interrupted wait.
    package static func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
        #else
            Darwin.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
        #endif
    }
}
