import Chains
import Scripting

let plotAutocorrelation = Declaration(
    "plot.autocorrelation",
    """
    The autocorrelation of every chain's draws of a number, lag by lag. The dashed lines hold 95 % of those of \
    independent draws: the sooner the curves get between them, the more the draws say.
    """,
    takes: .shownChains(most: 9), .option("lags", .integer(from: 1), default: 40, "the largest lag, at most draws - 1"),
    returns: .figure, errors: "one draw; a draw that is NaN or infinite", source: "arviz.plot_autocorr",
    example: """
        local path = os.tmpname()
        plot.autocorrelation(random.normal({4, 200, 2}), {lags = 20}):save(path .. ".png")
        os.remove(path); os.remove(path .. ".png")
        """,
    see: ["mcmc.autocorrelation"]
) { shown, lags in
    let draws = shown.draws.values.shape[1]
    guard draws >= 2 else { throw Fault("samples", "2 draws at least expected, got 1") }
    let last = min(lags, draws - 1)
    let panels = try zip(shown.series, shown.names).map { one, name in
        var axes = AxesOptions()
        (axes.title, axes.xlabel, axes.legend) = (name, "lag", .none)
        var series: [Series] = []
        for chain in 0..<one.chains {
            let covariance = Autocovariance.of(one.chain(chain))
            // A constant chain has no autocorrelation.
            guard covariance[0] > 0 else { continue }
            var line = Series(
                x: (0...last).map(Double.init), y: covariance.prefix(last + 1).map { $0 / covariance[0] },
                color: ShownChains.color(chain), style: .both)
            (line.width, line.radius) = (0.8, 1.4)
            series.append(line)
        }
        for height in [-1.96, 0, 1.96] {
            let y = height / Double(draws).squareRoot()
            var line = Series(x: [0, Double(last)], y: [y, y], color: .ink, style: .line)
            (line.width, line.dashes) = (0.8, height == 0 ? .solid : .dashed)
            series.append(line)
        }
        return try axes.panel(series)
    }
    return Figure(panels, columns: 3)
}
