#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
import Scripting

/// The terminal on standard output, if it is one.
enum Terminal {
    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    static var detected: TerminalProtocol {
        TerminalProtocol.detect(environment, isTerminal: StandardStream.output.isTerminal)
    }

    /// The number of columns: from the terminal, else COLUMNS, else 80.
    static var columns: Int {
        if RunStreams.current != nil { return 80 }
        var size = winsize()
        if ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        if let columns = environment("COLUMNS").flatMap(Int.init), (1...1000).contains(columns) { return columns }
        return 80
    }

    /// Writes to standard output, after what the script printed. That nobody reads it any more is no error.
    static func write(_ text: String) {
        if RunStreams.current != nil { return StandardStream.output.write(text) }
        fflush(nil)
        var text = text
        text.withUTF8 { buffer in
            var done = 0
            while done < buffer.count {
                let put = systemWrite(1, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                if put < 0 && errno == EINTR { continue }
                guard put > 0 else { return }
                done += put
            }
        }
    }
}

/// The system's `write`, which a method of that name hides.
private func systemWrite(_ descriptor: Int32, _ data: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, data, count)
}
