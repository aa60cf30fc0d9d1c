import Foundation

/// Colours, if the terminal supports them and they are not turned off (https://no-color.org).
public struct Style: Sendable {
    /// Whether escape codes are written at all.
    public let isColoured: Bool
    /// Errors stand on red already, as in notebooks, where red letters can hardly be read: they are bold.
    let isOnRed: Bool

    /// For a terminal with its own background.
    public init(isColoured: Bool) { self.init(isColoured: isColoured, isOnRed: false) }

    init(isColoured: Bool, isOnRed: Bool) { (self.isColoured, self.isOnRed) = (isColoured, isOnRed) }

    /// The style for a terminal with this environment.
    public static func detect(_ environment: [String: String], isTerminal: Bool) -> Style {
        let refused = !(environment["NO_COLOR"] ?? "").isEmpty
        let terminal = environment["TERM"] ?? ""
        return Style(isColoured: isTerminal && !refused && terminal != "dumb" && !terminal.isEmpty)
    }

    package func error(_ text: String) -> String { paint(text, isOnRed ? "1" : "31") }
    package func caret(_ text: String) -> String { paint(text, isOnRed ? "1" : "1;31") }
    package func faint(_ text: String) -> String { paint(text, "2") }

    private func paint(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
