/// The lines of a text, counted as Lua counts them.
public struct SourceText: Sendable {
    /// The text, which need not be UTF-8.
    public let bytes: [UInt8]
    private let starts: [Int]

    /// A line ends at a line feed, a carriage return, or both in either order.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var starts = [0]
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            guard byte == Lexer.newline || byte == Lexer.carriageReturn else { continue }
            if index < bytes.count, bytes[index] != byte, [Lexer.newline, Lexer.carriageReturn].contains(bytes[index]) {
                index += 1
            }
            starts.append(index)
        }
        self.starts = starts
    }

    /// The line and column of a byte, both from 1; columns count characters.
    public func position(of offset: Int) -> (line: Int, column: Int) {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        let before = bytes[starts[low]..<min(max(offset, starts[low]), bytes.count)]
        return (low + 1, String(decoding: before, as: UTF8.self).count + 1)
    }

    /// A line without its line end.
    public func line(_ number: Int) -> String {
        guard starts.indices.contains(number - 1) else { return "" }
        let end = number < starts.count ? starts[number] : bytes.count
        let text = bytes[starts[number - 1]..<end].prefix { $0 != Lexer.newline && $0 != Lexer.carriageReturn }
        return String(decoding: text, as: UTF8.self)
    }
}

/// An error in a script, found without running it.
public struct Finding: Sendable, Equatable {
    /// From 1.
    public let line: Int
    /// In characters, from 1.
    public let column: Int
    /// One sentence, without the position.
    public let message: String
}
