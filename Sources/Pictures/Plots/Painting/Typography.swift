/// Sizes of a figure's parts, in points, the units of a figure's natural size.
enum Typography {
    /// A title above all panels.
    static let heading = 13.5
    static let title = 11.5
    /// Further lines of a title.
    static let subtitle = 9.5
    static let label = 10.5
    static let tick = 9.0
    static let exponent = 6.8
    static let tickLength = 3.5
    static let frame = 0.8
    static let grid = 0.6
    static let margin = 10.0
    static let gap = 14.0
    static let barWidth = 9.0
}

extension Typography {
    /// The height of a title's lines, from the first one's top to the last one's baseline.
    static func height(of title: String, first: Double) -> Double {
        guard !title.isEmpty else { return 0 }
        return first + Double(title.count { $0 == "\n" }) * (subtitle + 3)
    }
}

extension Canvas {
    /// A label as this canvas can draw it: in ASCII if there are no fonts.
    private func written(_ text: String) -> String {
        hasFonts ? text : text.map { MathText.plain($0) }.joined()
    }

    /// Draws the lines of a title, centred, with the last baseline at y; lines after the first are smaller.
    func title(_ lines: String, x: Double, y: Double, first: Double = Typography.title, room: Double) {
        let lines = lines.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty {
            let above = Double(lines.count - 1 - index) * (Typography.subtitle + 3)
            fitted(String(line), x: x, y: y - above, size: index == 0 ? first : Typography.subtitle, room: room)
        }
    }

    func width(of label: Ticks.Label) -> Double {
        let base = width(of: written(label.base), size: Typography.tick)
        return base + (label.exponent.map { width(of: written($0), size: Typography.exponent) + 0.5 } ?? 0)
    }

    /// Draws a tick's label with (x, y) on the baseline.
    func label(_ label: Ticks.Label, x: Double, y: Double, align: Align) {
        let total = width(of: label)
        let left = align == .left ? x : align == .center ? x - total / 2 : x - total
        text(written(label.base), x: left, y: y, size: Typography.tick, color: .ink)
        if let exponent = label.exponent {
            let base = width(of: written(label.base), size: Typography.tick)
            text(written(exponent), x: left + base + 0.5, y: y - 3.6, size: Typography.exponent, color: .ink)
        }
    }

    /// Draws text, shrunk if it would be wider than `room`.
    func fitted(
        _ string: String, x: Double, y: Double, size: Double, room: Double, align: Align = .center, turned: Bool = false
    ) {
        let string = written(string)
        let wide = width(of: string, size: size)
        text(
            string, x: x, y: y, size: wide > room ? size * max(room, 1) / wide : size, color: .ink, align: align,
            turned: turned)
    }

    /// Draws the power that multiplies an axis' labels: x 10^5.
    func power(_ power: Int, x: Double, y: Double, align: Align) {
        let exponent = power < 0 ? Ticks.minus + String(-power) : String(power)
        label(Ticks.Label("\u{D7}10", exponent: exponent), x: x, y: y, align: align)
    }
}
