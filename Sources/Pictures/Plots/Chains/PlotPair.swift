import Chains
import Scripting
import Tensors

let plotPair = Declaration(
    "plot.pair",
    """
    Every two numbers of a point against each other, all chains together, with histograms on the diagonal. Where \
    divergences of a run of mcmc.sample began is marked: they crowd where the chains cannot enter.
    """,
    takes: .shownChains(most: 4), returns: .figure,
    errors: "more than 6 numbers; points of one number; a draw that is NaN or infinite", source: "arviz.plot_pair",
    example: """
        local path = os.tmpname()
        plot.pair(random.normal({4, 200, 3}), {names = {"a", "b", "c"}}):save(path .. ".png")
        os.remove(path); os.remove(path .. ".png")
        """,
    see: ["mcmc.sample"]
) { shown in
    let count = shown.series.count
    guard (2...6).contains(count) else { throw Fault("numbers", "2 to 6 numbers of a point expected, got \(count)") }
    let starts = try shown.draws.startsByNumber()
    let divergent = starts.map { starts in shown.numbers.map { starts[$0 - 1] } }
    var panels: [Panel] = []
    for row in 0..<count {
        for column in 0..<count {
            var axes = AxesOptions()
            axes.legend = .none
            if row == count - 1 { axes.xlabel = shown.names[column] }
            if column == 0 { axes.ylabel = shown.names[row] }
            let (x, y) = (shown.series[column].values, shown.series[row].values)
            if row == column {
                let bins = HistogramBins(x, bins: nil, density: true)
                panels.append(
                    try axes.panel(
                        [Series(x: bins.edges, y: bins.heights, color: Palette.color(0), style: .bars)], base: 0))
                continue
            }
            var points = Series(x: x, y: y, color: Palette.color(0).faded(0.4), style: .points)
            points.radius = x.count > 1000 ? 0.8 : 1.3
            var series = [points]
            if let divergent {
                var marks = Series(x: divergent[column], y: divergent[row], color: Palette.color(1), style: .points)
                (marks.marker, marks.radius) = (.cross, 3)
                series.append(marks)
            }
            panels.append(try axes.panel(series))
        }
    }
    return Figure(panels, columns: count, shares: [Double](repeating: 1, count: count))
}
