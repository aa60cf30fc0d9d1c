import Chains
import Scripting

let plotTrace = Declaration(
    "plot.trace",
    """
    The course of chains: for each number of a point the density of every chain's draws, and beside it the draws one \
    after the other. Chains that have converged look alike, and like noise. Divergences of a run of mcmc.sample stand \
    as crosses below.
    """,
    takes: .shownChains(most: 6), returns: .figure,
    errors: "a draw that is NaN or infinite", source: "arviz.plot_trace",
    example: """
        local path = os.tmpname()
        plot.trace(random.normal({4, 200, 2}), {names = {"a", "b"}}):save(path .. ".png")
        os.remove(path); os.remove(path .. ".png")
        """,
    see: ["mcmc.sample", "plot.rank"]
) { shown in
    var panels: [Panel] = []
    let divergent = shown.draws.divergentDraws
    for (one, name) in zip(shown.series, shown.names) {
        var density = AxesOptions()
        (density.title, density.legend) = (name, .none)
        let bins = HistogramBins(one.values, bins: 30, density: true)
        panels.append(
            try density.panel(
                (0..<one.chains).map { chain in
                    // The same bins for all chains, drawn as a line through their middles.
                    var heights = [Double](repeating: 0, count: bins.heights.count)
                    let (low, width) = (bins.edges[0], bins.edges[1] - bins.edges[0])
                    for x in one.chain(chain) {
                        heights[min(max(Int((x - low) / width), 0), heights.count - 1)] +=
                            1 / (Double(one.draws) * width)
                    }
                    let middles = (0..<heights.count).map { low + (Double($0) + 0.5) * width }
                    return Series(x: middles, y: heights, color: ShownChains.color(chain), style: .line)
                }, base: 0))
        var trace = AxesOptions()
        (trace.legend, trace.xlabel) = (.none, "draw")
        var series = (0..<one.chains).map { chain in
            var line = Series(
                x: (1...one.draws).map(Double.init), y: Array(one.chain(chain)),
                color: ShownChains.color(chain).faded(one.chains > 1 ? 0.7 : 1), style: .line)
            line.width = 0.8
            return line
        }
        if !divergent.isEmpty, let least = one.values.min(), let most = one.values.max() {
            var marks = Series(
                x: divergent.map(Double.init), y: divergent.map { _ in least - 0.05 * (most - least) }, color: .black,
                style: .points)
            (marks.marker, marks.radius) = (.cross, 2.5)
            series.append(marks)
        }
        panels.append(try trace.panel(series))
    }
    return Figure(panels, columns: 2, shares: [1, 2])
}
