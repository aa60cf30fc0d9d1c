import RealModule

/// R-hat and effective sample sizes, number for number as ArviZ 0.23 computes them (Vehtari, Gelman, Simpson,
/// Carpenter, Bürkner, "Rank-normalization, folding, and localization: an improved R-hat", Bayesian Analysis 16, 2021).
///
/// NaN among the draws, or fewer than 4 of them, give NaN.
enum Convergence {
    enum Kind: String, CaseIterable, Sendable { case bulk, tail, mean }

    /// The rank-normalised split R-hat: the larger of that of the draws and that of their distances from the median.
    /// NaN for one chain.
    static func rhat(_ series: ChainSeries) -> Double {
        guard series.chains >= 2, series.draws >= 4, !series.hasNaN else { return .nan }
        let split = series.split
        return worse(basicRhat(split.normalScores), basicRhat(split.folded.normalScores))
    }

    /// R-hat as arviz.summary computes it: the median is taken over all draws, where ``rhat(_:)`` splits the chains
    /// first, which leaves out the middle draw of an odd number.
    static func rhatOfSummary(_ series: ChainSeries) -> Double {
        guard series.chains >= 2, series.draws >= 4, !series.hasNaN else { return .nan }
        return worse(basicRhat(series.split.normalScores), basicRhat(series.folded.split.normalScores))
    }

    /// Python's max(a, b), which returns a when b is NaN; ArviZ uses it, so that its results are met.
    private static func worse(_ a: Double, _ b: Double) -> Double { b > a ? b : a }

    private static func basicRhat(_ series: ChainSeries) -> Double {
        let n = Double(series.draws)
        var (means, variances) = ([Double](), [Double]())
        for index in 0..<series.chains {
            let (mean, variance) = moments(series.chain(index))
            means.append(mean)
            variances.append(variance)
        }
        let between = n * moments(means[...]).variance
        let within = variances.reduce(0, +) / Double(variances.count)
        return ((between / within + n - 1) / n).squareRoot()
    }

    private static func moments(_ x: ArraySlice<Double>) -> (mean: Double, variance: Double) {
        // Equal numbers have exactly that mean and variance 0; computed, rounding of the mean would leave a variance
        // above 0.
        guard let first = x.first, x.contains(where: { $0 != first }) else { return (x.first ?? .nan, 0) }
        let mean = x.reduce(0, +) / Double(x.count)
        return (mean, x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count - 1))
    }

    static func ess(_ series: ChainSeries, _ kind: Kind) -> Double {
        guard series.draws >= 4, !series.hasNaN else { return .nan }
        switch kind {
        case .bulk: return basicEss(series.split.normalScores)
        case .mean: return basicEss(series.split)
        case .tail:
            let sorted = series.values.sorted()
            let (low, high) = (ess(series, sorted, quantile: 0.05), ess(series, sorted, quantile: 0.95))
            return high < low ? high : low
        }
    }

    /// The effective sample size for estimating a quantile: that of the indicators "draw <= quantile".
    static func ess(_ series: ChainSeries, _ sorted: [Double], quantile probability: Double) -> Double {
        guard series.draws >= 4, !series.hasNaN else { return .nan }
        let quantile = ChainSeries.quantile(sorted, probability)
        return basicEss(series.map { $0 <= quantile ? 1 : 0 }.split)
    }

    /// The number of draws over the autocorrelation time, by Geyer's initial monotone sequence.
    static func basicEss(_ series: ChainSeries) -> Double {
        let (chains, draws) = (series.chains, series.draws)
        let total = Double(chains * draws)
        guard let least = series.values.min(), let most = series.values.max() else { return .nan }
        if most - least < 1e-15 { return total }
        // Autocovariances, averaged over the chains.
        var covariance = [Double](repeating: 0, count: draws)
        var means: [Double] = []
        for index in 0..<chains {
            let chain = series.chain(index)
            means.append(chain.reduce(0, +) / Double(draws))
            for (lag, value) in Autocovariance.of(chain).enumerated() { covariance[lag] += value / Double(chains) }
        }
        let n = Double(draws)
        let variance = covariance[0] * n / (n - 1)
        var spread = variance * (n - 1) / n
        if chains > 1 { spread += moments(means[...]).variance }
        func correlation(_ lag: Int) -> Double { 1 - (variance - covariance[lag]) / spread }

        var rho = [Double](repeating: 0, count: draws)
        var (even, odd) = (1.0, draws > 1 ? correlation(1) : .nan)
        rho[0] = even
        if draws > 1 { rho[1] = odd }
        // Sums of pairs of neighbouring lags are added as long as they are positive (Geyer's initial positive
        // sequence).
        var t = 1
        while t < draws - 3, even + odd > 0 {
            (even, odd) = (correlation(t + 1), correlation(t + 2))
            if even + odd >= 0 { (rho[t + 1], rho[t + 2]) = (even, odd) }
            t += 2
        }
        let last = t - 2
        if even > 0 { rho[last + 1] = even }
        // A pair's sum is at most the one before it (Geyer's initial monotone sequence).
        t = 1
        while t <= last - 2 {
            if rho[t + 1] + rho[t + 2] > rho[t - 1] + rho[t] {
                rho[t + 1] = (rho[t - 1] + rho[t]) / 2
                rho[t + 2] = rho[t + 1]
            }
            t += 2
        }
        if rho.contains(where: \.isNaN) { return .nan }
        let time = -1 + 2 * rho[..<(last + 1)].reduce(0, +) + rho[last + 1]
        return total / max(time, 1 / Double.log10(total))
    }
}
