/// The source of lines for a prompt.
public protocol LineSource: AnyObject {
    /// - Parameter before: the lines of the same input that were already read.
    func read(prompt: String, before: String) -> Line
    /// Keeps a whole input for the up key and later sessions.
    func remember(_ input: String)
}

/// What came when a line was asked for.
public enum Line: Equatable, Sendable {
    /// Without the line feed.
    case text(String)
    /// Ctrl-C.
    case interrupted
    /// Ctrl-D on an empty line, or the terminal was closed.
    case end
}
