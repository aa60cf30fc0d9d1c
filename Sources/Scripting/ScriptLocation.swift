/// Where in a script the work of the current task or thread was asked for.
public struct ScriptLocation: Sendable {
    /// A host binds one for the length of a run.
    @TaskLocal public static var current: ScriptLocation?

    /// Answers `script.lua:12`, with a long path shortened, or nil outside any script: for messages.
    public let describe: @Sendable () -> String?
    /// The same as file and line, with the whole path: to tell files apart.
    public let place: @Sendable () -> ScriptPlace?

    public init(describe: @escaping @Sendable () -> String?, place: @escaping @Sendable () -> ScriptPlace?) {
        self.describe = describe
        self.place = place
    }
}

/// A line of a script.
public struct ScriptPlace: Hashable, Sendable, CustomStringConvertible {
    /// The path as it was loaded, or what a text that is no file is called: `(prompt)`.
    public let path: ByteString
    public let line: Int

    public init(file: some ByteStringConvertible, line: Int) {
        path = file.byteString
        self.line = line
    }

    /// Reads `script.lua:12`.
    public init?(parsing text: some ByteStringConvertible) {
        let bytes = text.byteString.bytes
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")),
            let line = Int(String(decoding: bytes[(colon + 1)...], as: UTF8.self))
        else { return nil }
        self.init(file: ByteString(bytes[..<colon]), line: line)
    }

    /// ``path`` for showing.
    public var file: String { path.text }

    public var description: String { "\(file):\(line)" }
}
