import Scripting

/// Draws the series of axes, one after the other.
struct SeriesPainter {
    let axes: AxesPainter
    private var canvas: Canvas { axes.canvas }

    init(axes: AxesPainter) { self.axes = axes }

    func paint(_ series: Series, _ index: Int) throws {
        if series.style == .bars {
            bars(series)
            if let errors = series.errors { try errorBars(series, errors, .ink) }
            return
        }
        let runs = series.runs.map { $0.map { axes.place(series.x[$0], series.y[$0]) } }
        // Lines along the edge keep their full width: a line's width is allowed beyond the box.
        let room = axes.box.inset(-1)
        if let errors = series.errors { try errorBars(series, errors, series.color) }
        switch series.style {
        case .line, .both: for run in runs { try line(run, series, in: room) }
        case .steps: for run in runs { try line(SeriesPainter.steps(run), series, in: room) }
        case .points, .bars: break
        }
        if series.style == .points || series.style == .both {
            let points = runs.joined()
            // Large numbers of points are drawn smaller and translucent.
            let radius = series.radius ?? SeriesPainter.radius(points.count)
            let color = points.count > 2000 && series.color.alpha == 1 ? series.color.faded(0.45) : series.color
            for (number, point) in points.enumerated() where room.contains(point) {
                if number % 4096 == 0 { try Cancellation.check() }
                canvas.marker(series.marker, at: point, radius: radius, color)
            }
        }
    }

    static func radius(_ count: Int) -> Double { count <= 200 ? 2.6 : count <= 2000 ? 1.7 : 1.1 }

    private func line(_ points: [Point], _ series: Series, in room: Box) throws {
        let dashes = series.dashes.pattern.map { $0 * series.width }
        // Translucent lines would show where pieces meet, and so are drawn whole up to a length that Cairo can handle.
        let pieces = series.color.alpha < 1 ? 20_000 : 1000
        for part in LinePath.clipped(LinePath.thinned(points, column: 0.25), to: room) {
            var passed = 0.0
            // Cairo's time grows faster than a path's length, so long paths are drawn in pieces.
            for start in stride(from: 0, to: part.count - 1, by: pieces) {
                try Cancellation.check()
                let piece = part[start..<min(start + pieces + 1, part.count)]
                canvas.polyline(
                    piece, series.color, width: series.width, rounded: true, dashes: dashes, offset: passed)
                // Dashes continue where the last piece ended.
                if !dashes.isEmpty {
                    passed += zip(piece, piece.dropFirst()).reduce(0) { $0 + $1.0.distance(to: $1.1) }
                }
            }
        }
    }

    /// A polyline in which each value is held until the next point, for counts and learning rates.
    private static func steps(_ points: [Point]) -> [Point] {
        var result: [Point] = []
        for point in points {
            if let last = result.last { result.append(Point(point.x, last.y)) }
            result.append(point)
        }
        return result
    }

    private func errorBars(_ series: Series, _ errors: [Double], _ color: Color) throws {
        let (box, width) = (axes.box, 1.0)
        for index in series.x.indices where index < errors.count {
            if index % 4096 == 0 { try Cancellation.check() }
            guard !series.x[index].isNaN, !series.y[index].isNaN, !errors[index].isNaN else { continue }
            let low = axes.place(series.x[index], series.y[index] - errors[index])
            let high = axes.place(series.x[index], series.y[index] + errors[index])
            guard low.x >= box.left, low.x <= box.right, high.y <= box.bottom, low.y >= box.top else { continue }
            let (top, bottom) = (max(high.y, box.top), min(low.y, box.bottom))
            canvas.line(Point(low.x, top), Point(low.x, bottom), color, width: width)
            // A bar that is cut off has no cap, as it continues outside.
            for (y, cut) in [(top, top != high.y), (bottom, bottom != low.y)] where !cut {
                canvas.line(Point(low.x - 2.5, y), Point(low.x + 2.5, y), color, width: width)
            }
        }
    }

    private func bars(_ series: Series) {
        for index in series.y.indices where series.y[index] != 0 && !series.y[index].isNaN {
            let edges = series.edges(index)
            let base = axes.axes.y.isLogarithmic ? axes.axes.y.low : min(max(0, axes.axes.y.low), axes.axes.y.high)
            let (a, b) = (axes.place(edges.0, base), axes.place(edges.1, series.y[index]))
            let box = axes.box
            func across(_ x: Double) -> Double { min(max(x, box.left), box.right) }
            func down(_ y: Double) -> Double { min(max(y, box.top), box.bottom) }
            let bar = Box(
                left: across(min(a.x, b.x)), top: down(min(a.y, b.y)), right: across(max(a.x, b.x)),
                bottom: down(max(a.y, b.y)))
            guard bar.width > 0 else { continue }
            canvas.fill(bar, series.color.faded(0.55 * series.color.alpha))
            canvas.stroke(bar, series.color, width: 0.6)
        }
    }
}
