/// The result of Tab.
package struct Completion: Equatable {
    /// What all candidates have in common and can be inserted.
    package var insertion = ""
    /// All candidates, sorted.
    package var candidates: [String] = []
    /// The part of them that is already typed.
    package var typed = ""
    /// A message, shown on lines of its own.
    package var note = ""

    private static let most = 120

    package init() {}

    /// - Parameter typed: the part of the name that is already typed.
    package init(_ names: some Sequence<String>, typed: String) {
        self.typed = typed
        candidates = Array(Set(names)).filter { $0.hasPrefix(typed) }.sorted()
        guard let first = candidates.first else { return }
        var common = first[...]
        for name in candidates.dropFirst() {
            while !name.hasPrefix(common) { common.removeLast() }
        }
        insertion = String(common.dropFirst(typed.count))
    }

    /// The candidates in columns, for a terminal of this width.
    package func list(columns: Int) -> String {
        let shown = candidates.prefix(Completion.most).map { Text.clipped(Text.safe($0), to: columns) }
        let width = (shown.map(Text.width).max() ?? 1) + 2
        let perRow = max((columns + 1) / width, 1)
        let rows = (shown.count + perRow - 1) / perRow
        var text = ""
        for row in 0..<rows {
            // Column by column, as ls does.
            let cells = stride(from: row, to: shown.count, by: rows).map { shown[$0] }
            var line = cells.map { $0 + String(repeating: " ", count: width - Text.width($0)) }.joined()
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        let rest = candidates.count - shown.count
        return text + (rest > 0 ? "... and \(rest) more\n" : "")
    }
}
