/// The width of text in a terminal, in columns.
public enum TerminalText {
    /// Of a text without line feeds; the sum over its characters.
    public static func width(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + width($1) } }

    /// By the rules that terminals share: wide characters take two columns, combining ones none.
    public static func width(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .control, .format: return 0
        default: break
        }
        return first.properties.isEmojiPresentation || wide.contains { $0.contains(first.value) } ? 2 : 1
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD,
    ]

    /// The longest prefix of a text that fits.
    public static func beginning(of text: String, columns: Int) -> String {
        var used = 0
        return String(text.prefix { used += width($0); return used <= columns })
    }
}
