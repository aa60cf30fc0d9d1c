/// The size of a legend: columns of entries, as few as the height allows.
struct LegendSize {
    static let lineHeight = 14.0
    static let sample = 24.0
    static let padding = 5.0
    /// The gap between two columns.
    static let gap = 8.0

    let entries: [Series]
    let columns: Int
    let rows: Int
    /// The width of an entry's text.
    let words: Double

    /// - Parameters:
    ///   - height: the available height; entries that do not fit go into further columns.
    ///   - width: the available width, to which long names are shrunk.
    init(_ series: [Series], on canvas: Canvas, height: Double, width: Double) {
        entries = series.filter { !$0.label.isEmpty }
        let fitting = max(Int((min(max(height, 0), 1e6) - Self.padding) / Self.lineHeight), 1)
        columns = max((entries.count + fitting - 1) / fitting, 1)
        rows = (entries.count + columns - 1) / columns
        let widest = entries.map { canvas.width(of: $0.label, size: Typography.tick) }.max() ?? 0
        let others = Double(columns) * (Self.sample + Self.padding) + 2 * Self.padding + Double(columns - 1) * Self.gap
        words = min(widest, max((width - others) / Double(columns), 1), 400)
    }

    var height: Double { Double(rows) * Self.lineHeight + Self.padding }
    var columnWidth: Double { Self.sample + Self.padding + words }
    var width: Double {
        entries.isEmpty
            ? 0 : Double(columns) * columnWidth + 2 * Self.padding + Double(columns - 1) * Self.gap
    }
}

/// Draws the names of the series, where they cover nothing or the least.
struct LegendPainter {
    let axes: AxesPainter
    private var canvas: Canvas { axes.canvas }

    init(axes: AxesPainter) { self.axes = axes }

    /// Whether a legend inside the axes would cover data, or exceed the axes, in every position.
    var coversData: Bool {
        let size = size
        guard !size.entries.isEmpty else { return false }
        if size.height > axes.box.height - 14 || size.width > axes.box.width - 14 { return true }
        return best(size).covered > 0
    }

    private var size: LegendSize {
        let isOutside = axes.axes.legend == .outside
        return LegendSize(
            axes.axes.series, on: canvas, height: axes.box.height - (isOutside ? 0 : 14),
            width: isOutside ? .infinity : axes.box.width - 14)
    }

    func paint() {
        let size = size
        guard !size.entries.isEmpty, axes.axes.legend != .none else { return }
        let box = place(size)
        canvas.fill(box, Color.white.faded(0.85))
        canvas.stroke(box, .grid, width: Typography.frame)
        for (index, series) in size.entries.enumerated() {
            let (column, row) = (index / size.rows, index % size.rows)
            let y = box.top + LegendSize.padding / 2 + (Double(row) + 0.5) * LegendSize.lineHeight
            let left = box.left + LegendSize.padding + Double(column) * (size.columnWidth + LegendSize.gap)
            mark(series, left: left, y: y)
            canvas.fitted(
                series.label, x: left + LegendSize.sample + LegendSize.padding, y: y + Typography.tick * 0.36,
                size: Typography.tick, room: size.words, align: .left)
        }
    }

    private func mark(_ series: Series, left: Double, y: Double) {
        let right = left + LegendSize.sample
        switch series.style {
        case .bars:
            let box = Box(left: left + 3, top: y - 4, right: right - 3, bottom: y + 4)
            canvas.fill(box, series.color.faded(0.55 * series.color.alpha))
            canvas.stroke(box, series.color, width: 0.6)
        case .line, .both, .steps:
            canvas.polyline(
                [Point(left, y), Point(right, y)], series.color, width: min(series.width, 8),
                dashes: series.dashes.pattern.map { $0 * min(series.width, 8) })
        case .points: break
        }
        if series.style == .points || series.style == .both {
            let middle = Point((left + right) / 2, y)
            if series.errors != nil {
                canvas.line(Point(middle.x, y - 6), Point(middle.x, y + 6), series.color, width: 1)
            }
            canvas.marker(series.marker, at: middle, radius: min(series.radius ?? 2.6, 5), series.color)
        }
    }

    private func place(_ size: LegendSize) -> Box {
        let inside = axes.box.inset(7)
        func corner(_ place: LegendPlace) -> Box {
            let left = place == .topleft || place == .bottomleft ? inside.left : inside.right - size.width
            let top = place == .topleft || place == .topright ? inside.top : inside.bottom - size.height
            return Box(left: left, top: top, right: left + size.width, bottom: top + size.height)
        }
        switch axes.axes.legend {
        case .auto, .none: return best(size).box
        case .outside:
            // A colour scale must be passed.
            let bar = axes.axes.field?.bar == nil ? 0 : 45.0
            let left = axes.box.right + 8 + bar
            return Box(left: left, top: axes.box.top, right: left + size.width, bottom: axes.box.top + size.height)
        default: return corner(axes.axes.legend)
        }
    }

    /// The position inside the axes that covers the least: corners first, then the middles of the sides.
    private func best(_ size: LegendSize) -> (box: Box, covered: Double) {
        let inside = axes.box.inset(7)
        let (right, bottom) = (inside.right - size.width, inside.bottom - size.height)
        let (middle, centre) = ((inside.left + right) / 2, (inside.top + bottom) / 2)
        let places = [
            (right, inside.top), (inside.left, inside.top), (right, bottom), (inside.left, bottom),
            (right, centre), (inside.left, centre), (middle, inside.top), (middle, bottom),
        ]
        let boxes = places.map { Box(left: $0.0, top: $0.1, right: $0.0 + size.width, bottom: $0.1 + size.height) }
        let covered = boxes.map(covering)
        let best = covered.indices.min { covered[$0] < covered[$1] } ?? 0
        return (boxes[best], covered[best])
    }

    /// How much data lies in a box: points are tried along every series, so that long lines count where they run, and
    /// along error bars.
    private func covering(_ box: Box) -> Double {
        let box = box.inset(-4)
        return contours(in: box)
            + axes.axes.series.reduce(0) { sum, series in
                let count = min(series.x.count, series.y.count)
                guard count > 0 else { return sum }
                // Every point of a short series, and enough points of a long one.
                let tries = min(max(400, 4 * count), 4000)
                let hits = (0..<tries).filter { index in
                    let at = Double(index) / Double(tries - 1) * Double(count - 1)
                    let (low, share) = (min(Int(at), count - 1), at - at.rounded(.down))
                    return covers(series, low, share, count, box)
                }
                return sum + Double(hits.count) / Double(tries)
            }
    }

    /// The share of the contour lines' points in a box.
    private func contours(in box: Box) -> Double {
        let points = axes.axes.contours.lazy.flatMap(\.parts).joined()
        let (hits, count) = points.reduce((0, 0)) { counts, point in
            (counts.0 + (box.contains(axes.place(point.x, point.y)) ? 1 : 0), counts.1 + 1)
        }
        return count == 0 ? 0 : Double(hits) / Double(count)
    }

    private func covers(_ series: Series, _ low: Int, _ share: Double, _ count: Int, _ box: Box) -> Bool {
        guard !series.x[low].isNaN, !series.y[low].isNaN else { return false }
        let a = axes.place(series.x[low], series.y[low])
        if series.style == .bars {
            let edges = series.edges(low)
            let (left, right) = (axes.place(edges.0, 0).x, axes.place(edges.1, 0).x)
            let foot = axes.place(series.x[low], 0).y
            return left < box.right && right > box.left && min(a.y, foot) < box.bottom && max(a.y, foot) > box.top
        }
        if box.contains(a) { return true }
        if let errors = series.errors, low < errors.count, !errors[low].isNaN {
            let (top, bottom) = (
                axes.place(series.x[low], series.y[low] + errors[low]).y,
                axes.place(series.x[low], series.y[low] - errors[low]).y
            )
            if a.x >= box.left, a.x <= box.right, top < box.bottom, bottom > box.top { return true }
        }
        guard series.style != .points, low + 1 < count, !series.x[low + 1].isNaN, !series.y[low + 1].isNaN else {
            return false
        }
        let b = axes.place(series.x[low + 1], series.y[low + 1])
        return box.contains(Point(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share))
    }
}
