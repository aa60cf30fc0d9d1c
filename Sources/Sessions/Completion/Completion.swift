/// What Tab found.
package struct Completion: Equatable {
    /// What can be inserted for certain.
    package var insertion = ""
    /// All that would do, in order.
    package var candidates: [String] = []
    /// What of them was typed already.
    package var typed = ""
    /// Something to say about it, on lines of its own.
    package var note = ""

    private static let most = 120

    package init() {}

    /// - Parameter typed: what is there of the name already.
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

    /// The candidates in columns, as a terminal of this width takes them.
    package func list(columns: Int) -> String {
        let shown = candidates.prefix(Completion.most).map { Text.clipped(Text.safe($0), to: columns) }
        let width = (shown.map(Text.width).max() ?? 1) + 2
        let perRow = max((columns + 1) / width, 1)
        let rows = (shown.count + perRow - 1) / perRow
        var text = ""
        for row in 0..<rows {
            // Down the columns, as ls does.
            let cells = stride(from: row, to: shown.count, by: rows).map { shown[$0] }
            var line = cells.map { $0 + String(repeating: " ", count: width - Text.width($0)) }.joined()
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        let rest = candidates.count - shown.count
        return text + (rest > 0 ? "... and \(rest) more\n" : "")
    }
}
