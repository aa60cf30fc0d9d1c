import Scripting
import Testing

@testable import Runs

/// The progress bar of `host.progress` and `host.steps`.
@Suite struct ProgressTests {
    @Test(arguments: [1, 2, 5, 10, 20, 21, 40, 60, 79, 80, 100, 120, 200, 500])
    func theBarFits(_ columns: Int) {
        for note in [
            "", "-log p -1234.5", "日本語のノート", String(repeating: "long ", count: 100), "two\nlines\u{1B}[2J",
        ] {
            for (k, n) in [(0, 0), (3, 10), (1_000_000, 1_000_000_000)] {
                let line = Progress.line(k, of: n, seconds: 1.25, note: note, columns: columns)
                #expect(TerminalText.width(line) < max(columns, 2), "\(line)")
                #expect(!line.unicodeScalars.contains { $0.value < 32 })
                if columns >= 40 { #expect(line.contains("\(k)/\(n)")) }
            }
        }
        let whole = Progress.line(120, of: 300, seconds: 1.2, note: "-log p -1234.5", columns: columns)
        if columns >= 60 { #expect(whole.hasPrefix("[#") && whole.hasSuffix("120/300  1.2 s  -log p -1234.5")) }
        if columns == 120 { #expect(TerminalText.width(whole) > 60) }
    }
}
