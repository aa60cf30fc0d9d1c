import CLineEditor
import Foundation
import LuaFlow
import Sessions

/// Where the prompt writes, its width, and whether it may use colours.
public struct Console {
    /// Colours or none.
    public let style: Style
    /// Asked for every answer, as windows change their size.
    public let columns: () -> Int
    /// Writes text unchanged.
    public let write: (String) -> Void

    /// By default 80 columns, as for output that is no terminal.
    public init(style: Style, columns: @escaping () -> Int = { 80 }, write: @escaping (String) -> Void) {
        self.style = style
        self.columns = columns
        self.write = write
    }

    /// Standard output, in order with the output of scripts.
    public static var standard: Console {
        let style = Style.detect(ProcessInfo.processInfo.environment, isTerminal: isatty(STDOUT_FILENO) == 1)
        return Console(style: style, columns: { terminalColumns() }) { text in
            StandardStream.output.write(text)
        }
    }

    private static func terminalColumns() -> Int {
        let columns = Int(le_columns())
        return columns >= 20 ? columns : 80
    }

    func line(_ text: String) { write(text + "\n") }
}
