/// One set of axes, or one picture, of a figure.
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

/// A picture as it stands: no axes, square pixels.
struct Picture {
    let raster: Raster
    /// The scale beside it, if it is to have one.
    var bar: ColorBar?

    var aspect: Double { Double(raster.width) / Double(raster.height) }
}

/// Which colour stands for which value.
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
}

enum LegendPlace: String, CaseIterable {
    case auto, none, topleft, topright, bottomleft, bottomright
}

/// Numbers to be drawn in one colour.
struct Series {
    enum Style: String, CaseIterable {
        case line, points, both, steps
        /// One bar between every two neighbours of `x`, which holds one number more than `y`.
        case bars
    }

    /// A point with a NaN is a gap.
    var x: [Double]
    var y: [Double]
    /// Half lengths of error bars.
    var errors: [Double]?
    var label = ""
    var color: Color
    var style: Style
    /// Of lines, in points.
    var width = 1.6

    /// The stretches between gaps.
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

/// A heat map over axes: rows upward, as a coordinate grows.
struct Field {
    /// A cell a pixel; the first row is the lowest.
    let raster: Raster
    /// The outer edges of the cells.
    let x: (low: Double, high: Double)
    let y: (low: Double, high: Double)
    var bar: ColorBar?
}

/// The lines on which a function has one value.
struct ContourLine {
    let parts: [[Point]]
    let color: Color
}
