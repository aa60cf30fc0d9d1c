import Chains
import Scripting

let plotRank = Declaration(
    "plot.rank",
    """
    Histograms of ranks: all chains' draws of a number are ranked together, and every chain's ranks counted. Chains \
    that sample the same distribution have level histograms, within the dashed lines (about 95 % of bins of \
    independent draws); one that is elsewhere, or narrower, slopes or bends.
    """,
    takes: .shownChains(most: 9), .option("bins", .integer(from: 2, to: 200), default: 20), returns: .figure,
    errors: "one chain; a draw that is NaN or infinite",
    source: "Vehtari, Gelman, Simpson, Carpenter, Bürkner, Bayesian Analysis 16 (2021); arviz.plot_rank",
    example: """
        local path = os.tmpname()
        plot.rank(random.normal({4, 200}), {names = {"a"}}):save(path .. ".png")
        os.remove(path); os.remove(path .. ".png")
        """,
    see: ["mcmc.rhat", "plot.trace"]
) { shown, bins in
    guard shown.draws.values.shape[0] >= 2 else {
        throw Fault("samples", "ranks compare chains: 2 at least expected, got one")
    }
    let panels = try zip(shown.series, shown.names).map { one, name in
        let ranks = one.ranks
        let width = Double(one.values.count) / Double(bins)
        let level = Double(one.draws) / Double(bins)
        let share = 1 / Double(bins)
        let room = 1.96 * (Double(one.draws) * share * (1 - share)).squareRoot()
        var axes = AxesOptions()
        (axes.title, axes.xlabel, axes.legend) = (name, "rank", .none)
        var series = (0..<one.chains).map { chain in
            var counts = [Double](repeating: 0, count: bins)
            for rank in ranks.chain(chain) { counts[min(max(Int((rank - 0.5) / width), 0), bins - 1)] += 1 }
            return Series(
                x: (0...bins).map { Double($0) * width }, y: counts + [counts[bins - 1]], label: "chain \(chain + 1)",
                color: ShownChains.color(chain), style: .steps)
        }
        for height in [level - room, level + room] {
            var line = Series(x: [0, Double(one.values.count)], y: [height, height], color: .ink, style: .line)
            (line.width, line.dashes) = (0.8, .dashed)
            series.append(line)
        }
        return try axes.panel(series, base: 0)
    }
    return Figure(panels, columns: 3)
}
