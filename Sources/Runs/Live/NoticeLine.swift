import Scripting

extension StandardStream {
    /// Prints a line, replacing a progress bar if there is one.
    package func line(_ text: String) { write((isTerminal ? "\r\u{1B}[K" : "") + text.visible + "\n") }
}
