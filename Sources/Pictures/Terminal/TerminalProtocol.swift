/// How a terminal can be made to show a picture.
package enum TerminalProtocol: String, CaseIterable {
    /// Kitty's graphics protocol: a PNG in escape sequences.
    case kitty
    /// iTerm2's inline images: a PNG in one escape sequence.
    case iterm2
    /// DEC's sixels.
    case sixel
    /// Upper half blocks, two pixels a cell, in 24-bit colour.
    case blocks
    /// Half blocks in xterm's 256 colours.
    case blocks256
    /// Characters of growing density, one cell for two pixels: files, pipes, NO_COLOR.
    case ascii

    /// What the variables that terminals set tell of the one we write to.
    ///
    /// Asking the terminal itself would mean reading its answer from standard input, which belongs to the script.
    /// - Parameter isTerminal: whether standard output is one.
    package static func detect(_ environment: (String) -> String?, isTerminal: Bool) -> TerminalProtocol {
        func set(_ name: String) -> Bool { environment(name).map { !$0.isEmpty } ?? false }
        let terminal = environment("TERM") ?? ""
        let program = environment("TERM_PROGRAM") ?? ""
        guard isTerminal, !set("NO_COLOR"), terminal != "dumb" else { return .ascii }
        // Multiplexers swallow graphics, yet pass the outer terminal's variables on.
        let multiplexed = set("TMUX") || terminal.hasPrefix("screen") || terminal.hasPrefix("tmux")
        if !multiplexed {
            if set("KITTY_WINDOW_ID") || terminal.contains("kitty") || program == "ghostty" { return .kitty }
            if program == "iTerm.app" || program == "WezTerm" || program == "mintty"
                || environment("LC_TERMINAL") == "iTerm2"
            {
                return .iterm2
            }
            if terminal.contains("sixel") || terminal.hasPrefix("mlterm") || terminal.hasPrefix("foot") {
                return .sixel
            }
        }
        return ["truecolor", "24bit"].contains(environment("COLORTERM") ?? "") ? .blocks : .blocks256
    }

    /// Whether pictures travel as pixels, not as characters.
    var isGraphic: Bool { self == .kitty || self == .iterm2 || self == .sixel }
}
