/// A value prepared for the terminal.
package indirect enum Shown: Equatable {
    /// One line.
    case leaf(String)
    /// Text of several lines, such as a tensor's numbers.
    case block(String)
    /// Elements, then fields with keys as written in Lua, then the number of entries left out.
    case table(elements: [Shown], fields: [Field], omitted: Int)

    package struct Field: Equatable {
        let key: String
        let value: Shown
    }
}

/// Lays out values: on one line if they fit, else one entry per line, with numbers and short words in rows.
package struct Layout {
    private let columns: Int

    package init(columns: Int) { self.columns = columns }

    package func text(_ shown: Shown) -> String {
        switch shown {
        case .leaf(let text): Text.wrapped(text, to: columns)
        case .block(let text): Text.wrapped(text, to: columns, indent: 8)
        case .table: lines(shown, indent: 0, prefix: "").joined(separator: "\n")
        }
    }

    /// The value on one line; nil if it needs more columns than `room`.
    private func flat(_ shown: Shown, room: Int) -> String? {
        guard room > 0 else { return nil }
        switch shown {
        case .leaf(let text): return Text.width(text) <= room ? text : nil
        case .block(let text): return !text.contains("\n") && Text.width(text) <= room ? text : nil
        case .table(let elements, let fields, let omitted):
            var parts: [String] = []
            var used = 2
            func add(_ prefix: String, _ value: Shown) -> Bool {
                guard let text = flat(value, room: room - used - prefix.count) else { return false }
                parts.append(prefix + text)
                used += Text.width(prefix) + Text.width(text) + 2
                return used <= room + 2
            }
            for element in elements { guard add("", element) else { return nil } }
            for field in fields { guard add(field.key + " = ", field.value) else { return nil } }
            if omitted > 0 { guard add("", .leaf(Layout.omission(omitted))) else { return nil } }
            return "{" + parts.joined(separator: ", ") + "}"
        }
    }

    package static func omission(_ count: Int) -> String { "... \(count) more" }

    /// - Parameter prefix: the text before the value on its first line.
    private func lines(_ shown: Shown, indent: Int, prefix: String) -> [String] {
        let margin = String(repeating: " ", count: indent)
        let room = columns - indent - Text.width(prefix) - 1
        if let text = flat(shown, room: room) { return [margin + prefix + text] }
        guard case .table(let elements, let fields, let omitted) = shown else {
            let text: String =
                switch shown {
                case .leaf(let text), .block(let text): text
                case .table: ""
                }
            let whole = text.split(separator: "\n", omittingEmptySubsequences: false).joined(
                separator: "\n" + margin + "  ")
            return Text.wrapped(margin + prefix + whole, to: columns - 1).split(separator: "\n").map(String.init)
        }
        var inside = rows(elements, indent: indent + 2)
        for field in fields {
            inside.append(contentsOf: ended(lines(field.value, indent: indent + 2, prefix: field.key + " = ")))
        }
        if omitted > 0 { inside.append(margin + "  " + Layout.omission(omitted)) }
        return [margin + prefix + "{"] + inside + [margin + "}"]
    }

    private func ended(_ lines: [String]) -> [String] {
        lines.dropLast() + lines.suffix(1).map { $0 + "," }
    }

    /// Elements: several short ones per line, in aligned columns.
    private func rows(_ elements: [Shown], indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        let texts = elements.map { flat($0, room: 24) }
        guard !texts.contains(nil), elements.count > 4 else {
            return elements.flatMap { ended(lines($0, indent: indent, prefix: "")) }
        }
        let cells = texts.compactMap { $0.map { $0 + "," } }
        let width = (cells.map(Text.width).max() ?? 1) + 1
        let perRow = max((columns - indent) / width, 1)
        // Numbers are aligned at the right, words at the left.
        let isNumeric = cells.allSatisfy { $0.first.map { "-0123456789".contains($0) } ?? false }
        return stride(from: 0, to: cells.count, by: perRow).map { start in
            let row = cells[start..<min(start + perRow, cells.count)].map { cell in
                let padding = String(repeating: " ", count: width - 1 - Text.width(cell))
                return isNumeric ? padding + cell : cell + padding
            }
            var line = margin + row.joined(separator: " ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
