/// The ways in which a terminal can show an image.
package enum TerminalProtocol: String, CaseIterable {
    /// Kitty's graphics protocol: a PNG in escape sequences.
    case kitty
    /// iTerm2's inline images: a PNG in one escape sequence.
    case iterm2
    /// DEC's sixels.
    case sixel
    /// Half blocks, two pixels per cell, in 24-bit colour.
    case blocks
    /// Half blocks in xterm's 256 colours.
    case blocks256
    /// Characters of increasing density, one cell for two pixels: for files, pipes and NO_COLOR.
    case ascii

    /// The protocol according to environment variables that terminals set.
    ///
    /// Asking the terminal itself would mean reading its answer from standard input, which belongs to the script.
    /// - Parameter isTerminal: whether standard output is a terminal.
    package static func detect(_ environment: (String) -> String?, isTerminal: Bool) -> TerminalProtocol {
        func set(_ name: String) -> Bool { environment(name).map { !$0.isEmpty } ?? false }
        let terminal = environment("TERM") ?? ""
        let program = environment("TERM_PROGRAM") ?? ""
        guard isTerminal, !set("NO_COLOR"), terminal != "dumb" else { return .ascii }
        // Multiplexers do not pass graphics through, but do pass on the outer terminal's variables.
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

    /// Whether images are sent as pixels, not as characters.
    var isGraphic: Bool { self == .kitty || self == .iterm2 || self == .sixel }
}
