/// The place in a script from which the current task's or thread's work was called.
public struct ScriptLocation: Sendable {
    /// A host binds it for its runs.
    @TaskLocal public static var current: ScriptLocation?

    /// Returns `script.lua:12` for messages, with a long path shortened; nil outside of scripts.
    public let describe: @Sendable () -> String?
    /// Returns file and line with the whole path, for comparing files.
    public let place: @Sendable () -> ScriptPlace?

    /// Both are called where an error or a warning is made, and return nil outside of a script.
    public init(describe: @escaping @Sendable () -> String?, place: @escaping @Sendable () -> ScriptPlace?) {
        self.describe = describe
        self.place = place
    }
}

/// A line of a script.
public struct ScriptPlace: Hashable, Sendable, CustomStringConvertible {
    /// The path as it was loaded, or a name in parentheses for a text that is no file: `(prompt)`.
    public let path: ByteString
    public let line: Int

    /// Lines count from 1.
    public init(file: some ByteStringConvertible, line: Int) {
        path = file.byteString
        self.line = line
    }

    /// Parses `script.lua:12`.
    public init?(parsing text: some ByteStringConvertible) {
        let bytes = text.byteString.bytes
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")),
            let line = Int(String(decoding: bytes[(colon + 1)...], as: UTF8.self))
        else { return nil }
        self.init(file: ByteString(bytes[..<colon]), line: line)
    }

    /// ``path`` for display.
    public var file: String { path.text }

    public var description: String { "\(file):\(line)" }
}
