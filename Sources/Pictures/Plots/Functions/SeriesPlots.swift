import Scripting

private let shared = """
    `x` and `y` are tensors of shape (N) or lists of numbers. Several series go into `series = {{x = , y = , label = \
    }, ...}`, each with looks of its own. Colours: blue, vermillion, green, purple, orange, sky, black, grey, yellow \
    or "#rrggbb".
    """

private let refusals = """
    there is no data, lengths differ, a logarithmic axis meets a number that is not positive, or a range is too narrow
    """

let plotLine = seriesPlot(
    "plot.line", .line, "Curves through points.",
    example: """
        local path = os.tmpname()
        local squares = plot.line{
          x = {1, 2, 3}, y = {1, 4, 9}, label = "squares", title = "Growth", linestyle = "--",
          xticks = {{1, 3}, {"first", "last"}},
        }
        squares:save(path .. ".png")
        assert(image.load(path .. ".png"):dim() == 3)
        os.remove(path); os.remove(path .. ".png")
        """)

let plotScatter = seriesPlot(
    "plot.scatter", .points, "Points. Many points are drawn small and partly transparent.",
    example: """
        local path = os.tmpname()
        local points = plot.scatter{{1, 2, 3}, {2, 1, 3}, color = "green", marker = "s", alpha = 0.5, aspect = "equal"}
        points:save(path .. ".svg")
        os.remove(path); os.remove(path .. ".svg")
        """)

let plotErrorbar = seriesPlot(
    "plot.errorbar", .points, "Points with bars of half length `yerr` up and down.", errors: "no series has yerr; ",
    example: """
        local path = os.tmpname()
        plot.errorbar{y = {1, 2, 3}, yerr = {0.1, 0.2, 0.1}}:save(path .. ".pdf")
        os.remove(path); os.remove(path .. ".pdf")
        """
) { series in
    guard series.contains(where: { $0.errors != nil }) else {
        throw Fault("no yerr given; plot.scatter draws points without error bars")
    }
}

private func seriesPlot(
    _ name: String, _ style: Series.Style, _ summary: String, errors: String = "", example: String,
    checking: @escaping @Sendable ([Series]) throws -> Void = { _ in }
) -> Declaration {
    Declaration(
        name, "\(summary) `\(name){y}` and `\(name){x, y}` are short forms. " + shared,
        by: .table, takes: .points, SeriesOptions.options.parameter, .series, AxesOptions.options.parameter,
        returns: .figure, errors: errors + refusals, example: example
    ) { points, options, listed, axes in
        let own = try points.map { [try options.series($0, index: 0, style: style)] } ?? []
        let series = own + (try listed.series(after: own.count, style))
        guard !series.isEmpty else { throw Fault("no series given: y, or series = {{y = ...}, ...}") }
        try checking(series)
        return Figure([try axes.panel(series)])
    }
}
