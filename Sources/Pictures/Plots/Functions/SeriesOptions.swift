import Scripting

/// The options of every kind of series: names in the legend, colours and error bars.
struct SeriesBasics {
    var yerr: [Double]?
    var label = ""
    var color: Color?
    var alpha = 1.0

    static let options = OptionTable(
        { SeriesBasics() },
        .option("yerr", \.yerr, .optional(.halfLengths), "half lengths of error bars, one for each y"),
        .option("label", \.label, .words, "its name in the legend"),
        .option("color", \.color, .optional(.color), "by default the next of the palette"),
        .option("alpha", \.alpha, .number(from: 0, to: 1), "how opaque"))

    /// - Parameter index: the number of series before this one.
    func series(x: [Double], y: [Double], index: Int, style: Series.Style) throws -> Series {
        if let yerr, yerr.count != y.count { throw Fault("y has \(y.count) numbers, yerr has \(yerr.count)") }
        var color = color ?? Palette.color(index)
        if alpha < 1 { color = color.faded(alpha) }
        return Series(x: x, y: y, errors: yerr, label: label, color: color, style: style)
    }
}

/// The options of series of points or lines.
struct SeriesOptions {
    var basics = SeriesBasics()
    var style: String?
    var linewidth = 1.6
    var linestyle: Series.Dashes?
    var marker: Series.Marker?
    var markersize: Double?

    private static let styles = Series.Style.allCases.filter { $0 != .bars }.map(\.rawValue) + Series.Dashes.names
    private static let dashes = Domain<String>.choice(Series.Dashes.names).map(
        show: { "\"\($0.rawValue)\"" }, Series.Dashes.init(named:))

    static let options = OptionTable(
        { SeriesOptions() },
        .options(\.basics, SeriesBasics.options),
        .option("style", \.style, .optional(.choice(styles)), "line, points, both or steps; or dashes, as linestyle"),
        .option("linewidth", \.linewidth, .number(above: 0, to: 100), "in points"),
        .option("linestyle", \.linestyle, .optional(dashes)),
        .option("marker", \.marker, .optional(.choice()), "a line that has one is drawn with its points"),
        .option("markersize", \.markersize, .optional(.number(above: 0, to: 100)), "in points"))

    func series(_ points: Points, index: Int, style fallback: Series.Style) throws -> Series {
        let x = points.x ?? points.y.indices.map { Double($0 + 1) }
        var series = try basics.series(x: x, y: points.y, index: index, style: fallback)
        series.width = linewidth
        if let style {
            // A line's dashes imply that it is a line: style = "--".
            series.style = Series.Style(rawValue: style) ?? .line
            series.dashes = Series.Dashes(named: style) ?? .solid
        }
        if let linestyle { series.dashes = linestyle }
        if let marker {
            series.marker = marker
            // A line with a marker also shows its points.
            if series.style == .line, style == nil { series.style = .both }
        }
        if let markersize { series.radius = markersize / 2 }
        return series
    }
}

/// The coordinates of points; without x at 1, 2, ...
struct Points {
    let x: [Double]?
    let y: [Double]

    /// Nil without data.
    init?(x: [Double]?, y: [Double]?) throws {
        guard let y else {
            if x != nil { throw Fault("x is given, y is not") }
            return nil
        }
        if let x, x.count != y.count { throw Fault("x has \(x.count) numbers, y has \(y.count)") }
        (self.x, self.y) = (x, y)
    }
}

extension Parameter<Points?> {
    /// The data: `{y}`, `{x, y}`, or `{x = , y = }`.
    static var points: Parameter {
        let coordinates = Domain<[Double]?>.optional(.coordinates(gaps: true))
        let y = Parameter<[Double]?>.argument("y", coordinates, "where a number is NaN or infinite there is a gap")
        let x = Parameter<[Double]?>.argument("x", coordinates, "by default 1, 2, ..., N")
        return Parameter<([Double]?, [Double]?)>.pair(y, after: x).inContext { pair, _ in
            try Points(x: pair.1, y: pair.0)
        }
    }
}

/// A table in the option `series`.
struct ListedSeries {
    let points: Points
    let options: SeriesOptions
}

extension Parameter<[ListedSeries]> {
    /// The option `series`: more series, each a table.
    static var series: Parameter {
        let one = Domain<ListedSeries>.table(.points, SeriesOptions.options.parameter) { points, options in
            guard let points else { throw Fault("no y given") }
            return ListedSeries(points: points, options: options)
        }
        let note = "{{x = , y = , label = }, ...}: more series, with options as a curve of plot.line has them"
        return .option("series", .list(of: one, expected: "a list of tables"), default: [], note)
    }
}

extension [ListedSeries] {
    /// - Parameters:
    ///   - offset: the number of series before.
    ///   - style: the style of series that give none.
    func series(after offset: Int, _ style: Series.Style) throws -> [Series] {
        try enumerated().map { try $1.options.series($1.points, index: offset + $0, style: style) }
    }
}
