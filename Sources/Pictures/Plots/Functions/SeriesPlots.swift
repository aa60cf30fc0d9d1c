import Scripting

private let shared = """
    Data: `x` and `y` are tensors of shape (N) or lists of numbers; without `x` it is 1, 2, ..., N. Where \
    a number is NaN or infinite there is a gap. Several series go into `series = {{x = , y = , label = }, ...}`, each with its own label, color (blue, vermillion, green, purple, \
    orange, sky, black, grey, yellow or "#rrggbb"), style ("line", "points", "both", "steps", or dashes as in linestyle), linewidth, linestyle ("solid", "dashed", \
    "dotted", "dashdot", or "-", "--", ":", "-."), marker ("o", "s", "^", "v", "D", "x", "+"), markersize (points), alpha (0 to \
    1), yerr. Panel: title, xlabel, ylabel, logx, logy, xlim = {low, high}, ylim, xticks = {0, 1} or {{0, 1}, {"no", \
    "yes"}} or with xticklabels, yticks likewise, aspect ("auto"; "equal": a unit of x is as long as one of y), grid, \
    legend ("auto", "none", "topleft", "topright", "bottomleft", "bottomright", "outside"). The automatic legend \
    hides no data: where there is no room for it, it stands beside the axes.
    """

private let names = SeriesOptions.names + ["series"] + AxesOptions.names
private let options = names.map { "\($0) =" }.joined(separator: ", ")

private let refusals = """
    there is no data, lengths differ, a shape is not (N), no number is finite, a logarithmic axis meets one that is \
    not positive, or an option is unknown
    """

let plotLine = NativeFunction(
    "plot.line",
    Documentation(
        "plot.line{\(options)} -> figure",
        "Curves through points. `plot.line{y}` and `plot.line{x, y}` are short forms. " + shared, errors: refusals,
        example: """
            local path = os.tmpname()
            plot.line{x = {1, 2, 3}, y = {1, 4, 9}, label = "squares", title = "Growth", linestyle = "--", xticks = {{1, 3}, {"first", "last"}}}:save(path .. ".png")
            assert(image.load(path .. ".png"):dim() == 3)
            os.remove(path); os.remove(path .. ".png")
            """),
    returning: { try seriesPlot($0, .line) })

let plotScatter = NativeFunction(
    "plot.scatter",
    Documentation(
        "plot.scatter{\(options)} -> figure",
        "Points. Many points are drawn small and let each other shine through. " + shared, errors: refusals,
        example: """
            local path = os.tmpname()
            plot.scatter{{1, 2, 3}, {2, 1, 3}, color = "green", marker = "s", alpha = 0.5, aspect = "equal"}:save(path .. ".svg")
            os.remove(path); os.remove(path .. ".svg")
            """),
    returning: { try seriesPlot($0, .points) })

let plotErrorbar = NativeFunction(
    "plot.errorbar",
    Documentation(
        "plot.errorbar{\(options)} -> figure",
        "Points with bars of half length `yerr` (shape (N), not negative) up and down. " + shared,
        errors: "yerr is missing or negative; " + refusals,
        example: """
            local path = os.tmpname()
            plot.errorbar{y = {1, 2, 3}, yerr = {0.1, 0.2, 0.1}}:save(path .. ".pdf")
            os.remove(path); os.remove(path .. ".pdf")
            """),
    returning: { arguments in
        let figure = try seriesPlot(arguments, .points) { series in
            guard series.contains(where: { $0.errors != nil }) else {
                throw arguments.error("no yerr given; plot.scatter draws points without error bars")
            }
        }
        return figure
    })

private func seriesPlot(
    _ arguments: Arguments, _ style: Series.Style, checking: ([Series]) throws -> Void = { _ in }
) throws -> Value {
    let parts = try TableParts(
        arguments, positional: 2, known: names)
    let series = try SeriesOptions(function: arguments.function, style: style).all(parts)
    guard !series.isEmpty else { throw arguments.error("no series given: y, or series = {{y = ...}, ...}") }
    try checking(series)
    return .object(Figure([try AxesOptions(options: parts.options).panel(series)]))
}
