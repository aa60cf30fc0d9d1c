/// The names of the series, in the corner that hides the least.
struct LegendPainter {
    let axes: AxesPainter
    private var canvas: Canvas { axes.canvas }

    private static let lineHeight = 14.0
    private static let sample = 18.0
    private static let padding = 5.0

    init(axes: AxesPainter) { self.axes = axes }

    func paint() {
        let named = axes.axes.series.filter { !$0.label.isEmpty }
        guard !named.isEmpty, axes.axes.legend != .none else { return }
        let widest = named.map { canvas.width(of: $0.label, size: Typography.tick) }.max() ?? 0
        // Never wider than the axes: long names shrink.
        let words = min(widest, max(axes.box.width - LegendPainter.sample - 3 * LegendPainter.padding - 16, 1))
        let size = (
            width: LegendPainter.sample + words + 3 * LegendPainter.padding,
            height: Double(named.count) * LegendPainter.lineHeight + LegendPainter.padding
        )
        let box = place(size)
        canvas.fill(box, Color.white.faded(0.85))
        canvas.stroke(box, .grid, width: Typography.frame)
        for (index, series) in named.enumerated() {
            let y = box.top + LegendPainter.padding / 2 + (Double(index) + 0.5) * LegendPainter.lineHeight
            let left = box.left + LegendPainter.padding
            mark(series, left: left, y: y)
            canvas.fitted(
                series.label, x: left + LegendPainter.sample + LegendPainter.padding, y: y + Typography.tick * 0.36,
                size: Typography.tick, room: words, align: .left)
        }
    }

    private func mark(_ series: Series, left: Double, y: Double) {
        let right = left + LegendPainter.sample
        switch series.style {
        case .bars:
            let box = Box(left: left + 3, top: y - 4, right: right - 3, bottom: y + 4)
            canvas.fill(box, series.color.faded(0.55))
            canvas.stroke(box, series.color, width: 0.6)
        case .line, .both, .steps:
            canvas.line(Point(left, y), Point(right, y), series.color, width: series.width)
        case .points: break
        }
        if series.style == .points || series.style == .both {
            canvas.disc(Point((left + right) / 2, y), radius: 2.6, series.color)
        }
    }

    private func place(_ size: (width: Double, height: Double)) -> Box {
        let inside = axes.box.inset(7)
        func corner(_ place: LegendPlace) -> Box {
            let left = place == .topleft || place == .bottomleft ? inside.left : inside.right - size.width
            let top = place == .topleft || place == .topright ? inside.top : inside.bottom - size.height
            return Box(left: left, top: top, right: left + size.width, bottom: top + size.height)
        }
        guard axes.axes.legend == .auto else { return corner(axes.axes.legend) }
        let corners = [LegendPlace.topright, .topleft, .bottomright, .bottomleft].map(corner)
        let covered = corners.map(covering)
        let best = covered.indices.min { covered[$0] < covered[$1] } ?? 0
        return corners[best]
    }

    /// How much of the data lies in a box: points tried along every series, so that a long line counts where it runs.
    private func covering(_ box: Box) -> Double {
        let box = box.inset(-4)
        return axes.axes.series.reduce(0) { sum, series in
            let count = min(series.x.count, series.y.count)
            guard count > 0 else { return sum }
            let tries = 400
            let hits = (0..<tries).filter { index in
                let at = Double(index) / Double(tries - 1) * Double(count - 1)
                let (low, share) = (Int(at), at - at.rounded(.down))
                guard ![series.x[low], series.y[low]].contains(where: \.isNaN) else { return false }
                let a = axes.place(series.x[low], series.y[low])
                if series.style == .points || low + 1 >= count { return box.contains(a) }
                guard ![series.x[low + 1], series.y[low + 1]].contains(where: \.isNaN) else { return false }
                let b = axes.place(series.x[low + 1], series.y[low + 1])
                if series.style == .bars { return a.x < box.right && b.x > box.left && a.y < box.bottom }
                return box.contains(Point(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share))
            }
            return sum + Double(hits.count) / Double(tries)
        }
    }
}
