import Scripting

extension StandardStream {
    /// Writes a line of its own, over a progress bar if one stands there.
    package func line(_ text: String) { write((isTerminal ? "\r\u{1B}[K" : "") + text.visible + "\n") }
}
