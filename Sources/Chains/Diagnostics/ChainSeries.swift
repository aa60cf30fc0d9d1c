import Distributions
import RealModule
import Scripting
import Tensors

/// The draws of one number in all chains, (chains, draws).
package struct ChainSeries {
    package let chains: Int
    package let draws: Int
    /// Chain after chain: draw t of chain c is at c x draws + t.
    package var values: [Double]

    init(_ values: [Double], chains: Int) {
        (self.values, self.chains) = (values, chains)
        draws = values.count / max(chains, 1)
    }

    /// One series for each number of a point, from draws of shape (chains, draws, ...).
    package static func all(of samples: Tensor) throws -> [ChainSeries] {
        let (chains, draws) = (samples.shape[0], samples.shape[1])
        let width = samples.shape.dropFirst(2).reduce(1, *)
        // Transposed, so that each number's draws are contiguous.
        let apart = try samples.reshape([chains * draws, width]).transpose(0, 1).toArray()
        let length = chains * draws
        return (0..<width).map { ChainSeries(Array(apart[$0 * length..<($0 + 1) * length]), chains: chains) }
    }

    var hasNaN: Bool { values.contains(where: \.isNaN) }
    var isConstant: Bool { values.allSatisfy { $0 == values[0] } }

    package func chain(_ index: Int) -> ArraySlice<Double> { values[index * draws..<(index + 1) * draws] }

    func map(_ transform: (Double) -> Double) -> ChainSeries { ChainSeries(values.map(transform), chains: chains) }

    /// First and last halves as chains of their own; the middle draw of an odd number is left out.
    var split: ChainSeries {
        let half = draws / 2
        var result: [Double] = []
        result.reserveCapacity(2 * half * chains)
        for index in 0..<chains { result += chain(index).prefix(half) }
        for index in 0..<chains { result += chain(index).suffix(half) }
        return ChainSeries(result, chains: 2 * chains)
    }

    var mean: Double { values.reduce(0, +) / Double(values.count) }

    /// The sample standard deviation (divisor n - 1).
    var deviation: Double {
        let mean = mean
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }

    var median: Double { ChainSeries.quantile(values.sorted(), 0.5) }

    /// The quantile of sorted numbers, by linear interpolation (R's type 7), rounded as scipy.stats.mstats.mquantiles
    /// rounds: where the place is a whole number, that decides whether a draw lies below its own quantile.
    static func quantile(_ sorted: [Double], _ probability: Double) -> Double {
        guard let last = sorted.last else { return .nan }
        let place = Double(sorted.count) * probability + (1 - probability)
        let below = min(max(Int(place), 1), max(sorted.count - 1, 1))
        let share = min(max(place - Double(below), 0), 1)
        guard below < sorted.count else { return last }
        return (1 - share) * sorted[below - 1] + share * sorted[below]
    }

    /// Ranks over all chains, from 1; ties share their mean rank.
    package var ranks: ChainSeries {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = values
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for position in start..<end { ranks[order[position]] = Double(start + 1 + end) / 2 }
            start = end
        }
        return ChainSeries(ranks, chains: chains)
    }

    /// Ranks transformed to normal quantiles, (rank - 3/8) / (n + 1/4) (Blom).
    var normalScores: ChainSeries {
        let count = Double(values.count)
        return ranks.map { Special.normalQuantile(($0 - 0.375) / (count + 0.25)) }
    }

    /// Distances from the median, for an R-hat that sees differences of scale.
    var folded: ChainSeries {
        let median = median
        return map { abs($0 - median) }
    }
}
