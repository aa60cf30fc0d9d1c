import Scripting

private let options = AxesOptions.names.map { "\($0) =" }.joined(separator: ", ")

let plotHistogram = NativeFunction(
    "plot.histogram",
    Documentation(
        "plot.histogram{[1] = x, x =, bins =, density = false, label =, color =, series =, \(options)} -> figure",
        """
        How often numbers fall into bins of equal width. `x` has shape (N). `bins` is their number, by default \
        Freedman and Diaconis' rule between 5 and 100; `density = true` scales the bars to area 1, to be compared with \
        a density in `series` (drawn as lines over the bars; see plot.line, whose panel options hold here).
        """,
        errors: "x is empty, not of shape (N) or not finite, bins is not from 1 to 10000, or an option is unknown",
        source: "D. Freedman, P. Diaconis: On the histogram as a density estimator, 1981",
        example: """
            local path = os.tmpname()
            plot.histogram{{0.1, 0.2, 0.2, 0.9}, bins = 4, density = true}:save(path .. ".png", {width = 300})
            os.remove(path); os.remove(path .. ".png")
            """),
    returning: { arguments in
        let parts = try TableParts(
            arguments, positional: 1,
            known: ["x", "bins", "density", "label", "color", "series"] + AxesOptions.names)
        let options = parts.options
        let values = try NumberLists(operation: arguments.function).list(parts.value(1, "x"), "x")
        let bins = HistogramBins(
            values, bins: options.has("bins") ? try options.integer("bins", in: 1...10_000, default: 10) : nil,
            density: try options.boolean("density", default: false))
        var bars = Series(
            x: bins.edges, y: bins.heights, label: try options.string("label", default: ""), color: Palette.color(0),
            style: .bars)
        if options.has("color") {
            bars.color = try Palette.color(try options.string("color", default: ""), for: arguments.function)
        }
        let series = [bars] + (try SeriesOptions(function: arguments.function, style: .line).listed(options, offset: 1))
        return .object(Figure([try AxesOptions(options: options).panel(series, base: 0)]))
    })
