/// Where lines come from.
public protocol LineSource: AnyObject {
    /// - Parameter before: the lines of the same input that were read already.
    func read(prompt: String, before: String) -> Line
    /// Keeps a whole input for the up key and for later sessions.
    func remember(_ input: String)
}

public enum Line: Equatable, Sendable {
    case text(String)
    /// Ctrl-C.
    case interrupted
    /// Ctrl-D on an empty line, or the terminal is gone.
    case end
}
