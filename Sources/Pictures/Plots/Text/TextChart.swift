import Scripting

/// Axes drawn with characters: data as braille dots, in colour if the terminal supports it, or as plain letters.
struct TextChart {
    let columns: Int
    let mode: TerminalProtocol
    let operation: String

    private static let rows = 16
    private static let letters = Array("*o+x#@%")
    private var isPlain: Bool { mode == .ascii }

    func render(_ panel: Panel, _ axes: Axes) throws -> String {
        let up = axes.y.ticks(count: 5)
        let labels = up.marks.map { (row: row(axes.y.position($0.value)), text: written($0.label)) }
        let left = min(labels.map(\.text.count).max() ?? 0, 14) + 1
        let width = max(columns - left - 2, 8)
        var text = header(panel, up, left: left)
        let body: [String]
        if let field = axes.field {
            let raster = try field.raster.upsideDown.resized(width: width, height: 2 * TextChart.rows)
            body = isPlain ? PlainCharacters.rows(raster) : Blocks.rows(raster, trueColor: mode == .blocks)
        } else {
            body = try data(axes, width: width)
        }
        for (index, line) in body.enumerated() {
            let label = labels.first { $0.row == index }?.text ?? ""
            text += pad(label, left) + (label.isEmpty ? (isPlain ? "|" : "│") : (isPlain ? "+" : "┤")) + line + "\n"
        }
        return text + footer(panel, axes, left: left, width: width)
    }

    // MARK: Words

    private func header(_ panel: Panel, _ up: Ticks, left: Int) -> String {
        var text = title(panel.title)
        let unit = up.power == 0 ? "" : " (x 10^\(up.power))"
        if !panel.ylabel.isEmpty || !unit.isEmpty { text += clean(panel.ylabel) + unit + "\n" }
        return text
    }

    private func footer(_ panel: Panel, _ axes: Axes, left: Int, width: Int) -> String {
        let across = axes.x.ticks(count: min(max(width / 10, 2), 8))
        var rule = [Character](repeating: isPlain ? "-" : "─", count: width)
        var numbers = [Character](repeating: " ", count: width + 12)
        var free = 0
        for mark in across.marks {
            let at = min(max(Int(axes.x.position(mark.value) * Double(width - 1) + 0.5), 0), width - 1)
            rule[at] = isPlain ? "+" : "┬"
            let label = Array(written(mark.label))
            let start = max(at - label.count / 2, 0)
            // Numbers that would overlap are left out.
            guard start >= free, start + label.count <= width + 2 else { continue }
            numbers.replaceSubrange(start..<start + label.count, with: label)
            free = start + label.count + 1
        }
        let margin = String(repeating: " ", count: left)
        var text = margin + (isPlain ? "+" : "└") + String(rule) + "\n"
        let unit = across.power == 0 ? "" : " (x 10^\(across.power))"
        text += margin + " " + trimmed(String(numbers)) + "\n"
        if !panel.xlabel.isEmpty || !unit.isEmpty {
            let label = clean(panel.xlabel) + unit
            text += margin + " " + String(repeating: " ", count: max((width - label.count) / 2, 0)) + label + "\n"
        }
        let named = axes.series.enumerated().filter { !$0.element.label.isEmpty }
        if !named.isEmpty {
            let keys = named.map { key($0.element, $0.offset) + " " + clean($0.element.label) }
            text += margin + " " + keys.joined(separator: "   ") + "\n"
        }
        return text
    }

    private func key(_ series: Series, _ index: Int) -> String {
        isPlain ? String(TextChart.letters[index % TextChart.letters.count]) : colored("━━", series.color)
    }

    private func written(_ label: Ticks.Label) -> String {
        // A script's own labels are cut to the width of the numbers' column, without control characters.
        let base = String(clean(label.base).prefix(14))
        let text = label.exponent.map { base == "10" ? "1e" + $0 : base + "e" + $0 } ?? base
        return String(text.map { String($0) == Ticks.minus ? "-" : $0 })
    }

    private func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(width - 1 - text.count, 0)) + text + " "
    }

    private func trimmed(_ text: String) -> String {
        var text = text
        while text.last == " " { text.removeLast() }
        return text
    }

    /// Without control characters, which would move the terminal's pen.
    /// The lines of a title, each with a line end.
    func title(_ text: String) -> String { text.split(separator: "\n").map { clean(String($0)) + "\n" }.joined() }

    private func clean(_ text: String) -> String {
        let scalars = text.prefix(columns).unicodeScalars.filter { $0.properties.generalCategory != .control }
        let shown = String(String.UnicodeScalarView(scalars))
        return isPlain ? shown.map { MathText.plain($0) }.joined() : shown
    }

    private func row(_ position: Double) -> Int {
        TextChart.rows - 1 - min(max(Int(position * Double(TextChart.rows - 1) + 0.5), 0), TextChart.rows - 1)
    }

    // MARK: Data

    private func data(_ axes: Axes, width: Int) throws -> [String] {
        let cell = isPlain ? (width: 1, height: 1) : (width: 2, height: 4)
        var dots = DotGrid(width: width * cell.width, height: TextChart.rows * cell.height)
        for (index, series) in axes.series.enumerated() {
            try Cancellation.check()
            dots.draw(series, index, axes)
        }
        return (0..<TextChart.rows).map { row in
            var line = ""
            for column in 0..<width {
                var bits: UInt32 = 0
                var owner: Int?
                for (bit, offset) in TextChart.braille.enumerated()
                where offset.x < cell.width && offset.y < cell.height {
                    if let series = dots[column * cell.width + offset.x, row * cell.height + offset.y] {
                        bits |= 1 << UInt32(bit)
                        owner = max(owner ?? 0, series)
                    }
                }
                guard let owner else {
                    line += " "
                    continue
                }
                if isPlain {
                    line.append(TextChart.letters[owner % TextChart.letters.count])
                } else if let pattern = UnicodeScalar(0x2800 + bits) {
                    line += colored(String(Character(pattern)), axes.series[owner].color)
                }
            }
            return trimmed(line)
        }
    }

    /// The dot of a braille cell for each bit.
    private static let braille: [(x: Int, y: Int)] = [
        (0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3),
    ]

    private func colored(_ text: String, _ color: Color) -> String {
        let rgb = RGB(color)
        let code = mode == .blocks ? "2;\(rgb.red);\(rgb.green);\(rgb.blue)" : "5;\(XtermColors.nearest(rgb))"
        return "\u{1B}[38;\(code)m\(text)\u{1B}[0m"
    }
}
