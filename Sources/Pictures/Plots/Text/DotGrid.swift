/// A grid of dots; each belongs to the series drawn there last.
struct DotGrid {
    let width: Int
    let height: Int
    private var owners: [Int?]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        owners = [Int?](repeating: nil, count: width * height)
    }

    subscript(x: Int, y: Int) -> Int? { owners[y * width + x] }

    mutating func draw(_ series: Series, _ index: Int, _ axes: Axes) {
        func place(_ x: Double, _ y: Double) -> Point {
            Point(axes.x.position(x) * Double(width - 1), (1 - axes.y.position(y)) * Double(height - 1))
        }
        let box = Box(left: 0, top: 0, right: Double(width - 1), bottom: Double(height - 1))
        switch series.style {
        case .points:
            for number in series.runs.joined() {
                let point = place(series.x[number], series.y[number])
                if box.contains(point) { set(Int(point.x + 0.5), Int(point.y + 0.5), index) }
            }
        case .bars:
            let foot = axes.y.isLogarithmic ? axes.y.low : min(max(0, axes.y.low), axes.y.high)
            for bin in series.y.indices where series.y[bin] != 0 && !series.y[bin].isNaN {
                let edges = series.edges(bin)
                let (a, b) = (place(edges.0, foot), place(edges.1, series.y[bin]))
                let (left, right) = (max(a.x, 0), min(b.x, box.right))
                let (top, bottom) = (max(min(a.y, b.y), 0), min(max(a.y, b.y), box.bottom))
                guard left <= right, top <= bottom else { continue }
                for x in Int(left + 0.5)...max(Int(right + 0.5), Int(left + 0.5)) {
                    for y in Int(top + 0.5)...max(Int(bottom + 0.5), Int(top + 0.5)) { set(x, y, index) }
                }
            }
        case .line, .both, .steps:
            for run in series.runs {
                var points = run.map { place(series.x[$0], series.y[$0]) }
                if points.count == 1, let only = points.first { points.append(only) }
                line(points, index, box)
            }
        }
    }

    private mutating func line(_ points: [Point], _ index: Int, _ box: Box) {
        for part in LinePath.clipped(LinePath.thinned(points, column: 1), to: box) {
            for (a, b) in zip(part, part.dropFirst()) {
                let steps = max(Int(max(abs(b.x - a.x), abs(b.y - a.y)).rounded(.up)), 1)
                for step in 0...steps {
                    let share = Double(step) / Double(steps)
                    set(Int(a.x + (b.x - a.x) * share + 0.5), Int(a.y + (b.y - a.y) * share + 0.5), index)
                }
            }
        }
    }

    private mutating func set(_ x: Int, _ y: Int, _ index: Int) {
        guard x >= 0, x < width, y >= 0, y < height else { return }
        owners[y * width + x] = index
    }
}
