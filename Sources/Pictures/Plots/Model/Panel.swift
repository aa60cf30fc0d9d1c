/// One set of axes, or one image, of a figure.
struct Panel {
    var title = ""
    var xlabel = ""
    var ylabel = ""
    var content: Content

    enum Content {
        case axes(Axes)
        case picture(Picture)
    }
}

/// An image without axes, with square pixels.
struct Picture {
    let raster: Raster
    /// The colour scale beside it, if there is one.
    var bar: ColorBar?

    var aspect: Double { Double(raster.width) / Double(raster.height) }
}

/// A colour scale.
struct ColorBar {
    let low: Double
    let high: Double
    let map: ColorMap

    var axis: Axis { Axis(low: low, high: high, isLogarithmic: false) }
}

/// Data over two axes.
struct Axes {
    var field: Field?
    var contours: [ContourLine] = []
    var series: [Series] = []
    var x: Axis
    var y: Axis
    var hasGrid = true
    var legend = LegendPlace.auto
    /// Whether a unit of x is as long as one of y.
    var isEqual = false

    /// The quotient of width and height when units are equal.
    var aspect: Double { (x.high - x.low) / (y.high - y.low) }
}

enum LegendPlace: String, CaseIterable {
    case auto, none, topleft, topright, bottomleft, bottomright
    /// To the right of the axes.
    case outside
}

/// Data drawn in one colour.
struct Series {
    enum Style: String, CaseIterable {
        case line, points, both, steps
        /// For a histogram: one bar between neighbouring `x`, of which there is one more than `y`. With ``barWidth``:
        /// one bar around every `x`.
        case bars
    }

    /// The dashes of a line, by matplotlib's names.
    enum Dashes: String, CaseIterable {
        case solid, dashed, dotted, dashdot

        /// The dashes for `--` and the like.
        init?(named name: String) {
            switch name {
            case "-": self = .solid
            case "--": self = .dashed
            case ":": self = .dotted
            case "-.": self = .dashdot
            default:
                guard let found = Dashes(rawValue: name) else { return nil }
                self = found
            }
        }

        static let names = allCases.map(\.rawValue) + ["-", "--", ":", "-."]

        /// Lengths of strokes and gaps, in multiples of the line's width.
        var pattern: [Double] {
            switch self {
            case .solid: []
            case .dashed: [3.7, 1.8]
            case .dotted: [1, 1.65]
            case .dashdot: [6.4, 1.6, 1, 1.6]
            }
        }
    }

    /// The marker of a point, by matplotlib's letters.
    enum Marker: String, CaseIterable {
        case disc = "o", square = "s", up = "^", down = "v", diamond = "D", cross = "x", plus = "+"
    }

    /// A point with NaN is a gap.
    var x: [Double]
    var y: [Double]
    /// Half the lengths of error bars.
    var errors: [Double]?
    var label = ""
    var color: Color
    var style: Style
    /// The width of lines, in points.
    var width = 1.6
    var dashes = Dashes.solid
    var marker = Marker.disc
    /// Half the size of a marker, in points; nil for one that suits the number of points.
    var radius: Double?
    /// The width of bars around their x, in units of x; nil for a histogram.
    var barWidth: Double?

    /// The values of x that must be visible.
    var reach: [Double] {
        guard let half = barWidth.map({ $0 / 2 }) else { return x }
        return x.map { $0 - half } + x.map { $0 + half }
    }

    /// The left and right edge of a bar.
    func edges(_ index: Int) -> (Double, Double) {
        barWidth.map { (x[index] - $0 / 2, x[index] + $0 / 2) } ?? (x[index], x[index + 1])
    }

    /// The ranges of points between gaps.
    var runs: [Range<Int>] {
        let count = min(x.count, y.count)
        var runs: [Range<Int>] = []
        var start = 0
        while start < count {
            let end = (start..<count).first { x[$0].isNaN || y[$0].isNaN } ?? count
            if end > start { runs.append(start..<end) }
            start = end + 1
        }
        return runs
    }
}

/// A heat map over axes; rows go upwards, as a coordinate grows.
struct Field {
    /// One pixel per cell; the first row is the lowest.
    let raster: Raster
    /// The outer edges of the cells.
    let x: (low: Double, high: Double)
    let y: (low: Double, high: Double)
    var bar: ColorBar?
}

/// A line on which a function has one value.
struct ContourLine {
    let parts: [[Point]]
    let color: Color
}
