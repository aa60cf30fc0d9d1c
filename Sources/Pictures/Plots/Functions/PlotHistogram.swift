import Scripting

let plotHistogram = Declaration(
    "plot.histogram",
    """
    How often numbers fall into bins of equal width. A density in `series`, drawn as lines over the bars, is compared \
    with bars of `density = true`. See plot.line for the options of series and panels.
    """,
    by: .table,
    takes: .argument("x", .coordinates, "a tensor of shape (N) or a list of finite numbers"),
    .option("bins", .optional(.integer(from: 1, to: 10_000)), "by default Freedman and Diaconis' rule, from 5 to 100"),
    .option("density", .flag, default: false, "whether the bars have area 1; else they count"),
    .option("label", .words, default: "", "their name in the legend"),
    .option("color", .optional(.color), "blue by default"),
    .option("alpha", .number(from: 0, to: 1), default: 1, "how opaque"),
    .series, AxesOptions.options.parameter, returns: .figure,
    errors: "a logarithmic axis meets a number that is not positive, or a range is too narrow",
    source: "D. Freedman, P. Diaconis: On the histogram as a density estimator, 1981",
    example: """
        local path = os.tmpname()
        plot.histogram{{0.1, 0.2, 0.2, 0.9}, bins = 4, density = true}:save(path .. ".png", {width = 300})
        os.remove(path); os.remove(path .. ".png")
        """,
    see: ["plot.line"]
) { values, count, density, label, color, alpha, listed, axes in
    let bins = HistogramBins(values, bins: count, density: density)
    let shade = (color ?? Palette.color(0)).faded(alpha)
    let bars = Series(x: bins.edges, y: bins.heights, label: label, color: shade, style: .bars)
    return Figure([try axes.panel([bars] + (try listed.series(after: 1, .line)), base: 0)])
}
