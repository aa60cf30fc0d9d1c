import Autodiff
import RealModule
import Scripting
import Tensors

/// A cumulative distribution function on [0, 1] over bins of levels, whose probabilities a network decides: a
/// ``LevelHistogram`` in which the probability of each bin is changed, while levels inside a bin keep their ratios.
/// Where the network gives zeros, the histogram is unchanged.
///
/// Müller, McWilliams, Rousselle, Gross and Novák, "Neural importance sampling", ACM Transactions on Graphics 2019,
/// section 5.2 (piecewise-linear coupling), on the histogram's image. Smooth, it is a rational-quadratic spline there.
public struct HistogramMap: UnivariateMap {
    public static let name = "histogram"
    /// What the bins start from; it is not trained.
    public let histogram: LevelHistogram
    /// The first level of every bin, and the number of levels.
    public let edges: [Int]
    /// Where each bin begins in the histogram's image [0, 1], and its width there, which is its probability.
    private let starts, widths: [Double]
    /// The index of the bin of every level, from 0.
    private let binOfLevel: [Double]
    /// The slope at a knot is the larger one of the bins beside it times e^-limit to e^limit.
    private static let limit = Double.log(1000)
    /// In a smooth map a bin has e^-40 of its share or more: where rarer, slopes of float32 would be 0 and their ratios
    /// no numbers. What all bins get in addition is less than the sum is rounded by.
    private static let leastLogSlope = -40.0

    /// At most the number of levels.
    public var bins: Int { widths.count }
    /// Logits of the bins; if smooth, then also the logarithms of the factors of the slopes at the inner knots.
    public var parameterCount: Int { histogram.isSmooth ? 2 * bins - 1 : bins }
    public var range: NumberRange { NumberRange(0, 1) }

    /// - Parameter edges: increasing from 0 to the number of levels; by default each level is a bin.
    /// - Throws: ``Fault`` for other edges.
    public init(_ histogram: LevelHistogram, edges given: [Int]? = nil) throws {
        let edges = given ?? Array(0...histogram.levels)
        guard edges.count >= 3, edges.first == 0, edges.last == histogram.levels,
            zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw Fault(
                "edges",
                """
                the first level of every bin and \(histogram.levels) at the end expected, rising from 0, for 2 bins or \
                more; got \(edges)
                """)
        }
        (self.histogram, self.edges) = (histogram, edges)
        starts = edges.dropLast().map { histogram.cumulative[$0] }
        let widths = zip(edges, edges.dropFirst()).map { histogram.shares[$0..<$1].reduce(0, +) }
        self.widths = widths
        binOfLevel = widths.indices.flatMap { [Double](repeating: Double($0), count: edges[$0 + 1] - edges[$0]) }
    }

    // MARK: Both directions

    public func toLatent(_ x: Variable, _ numbers: Variable) throws -> (z: Variable, logSlope: Variable) {
        try Demand.unit(x, "flow.histogram")
        let (u, inner) = try histogram.image(x)
        let level = try (x * Double(histogram.levels)).value.map(LevelOf(count: histogram.levels))
        let bins = try Bins(self, numbers, Variable(level.map(Entry(binOfLevel))))
        // u is rounded, by more than the width of a rare bin perhaps.
        let theta = try ((u - bins.start) / bins.width).clamp(0, 1)
        let (z, logSlope) = try bins.image(theta)
        return (try z.belowOne(), try logSlope + inner)
    }

    public func toData(_ z: Variable, _ numbers: Variable) throws -> (x: Variable, logSlope: Variable) {
        try Demand.unit(z, "flow.histogram")
        let axis = z.shape.count
        let logs = try (numbers.detached().slice(axis, 0, self.bins) + logShares(numbers.dtype)).logSoftmax(axis)
        let knots = try logs.exp().cumulativeSum(axis).slice(axis, 0, self.bins - 1)
        let below = try knots.value.compare(z.value.reshape(z.shape + [1]), AtMost(), for: "flow.histogram")
        let place = try below.cast(z.dtype.computing).sum([axis]).reshape(z.shape)
        let bins = try Bins(self, numbers, Variable(place))
        let theta = try bins.share(z).clamp(0, 1)
        let (x, inner) = try histogram.preimage((bins.start + theta * bins.width).belowOne())
        return (try x.belowOne(), try inner - bins.image(theta).logSlope)
    }

    private func logShares(_ dtype: DType) throws -> Variable {
        Variable(try Tensor(widths.map { Double.log($0) }, shape: [bins], dtype.computing))
    }

    /// The numbers of each element's bin, from a network's output.
    private struct Bins {
        let start, width: Variable
        /// Where the bin begins in z, and the logarithm of its probability.
        private let low, logProbability: Variable
        private let spline: RationalQuadraticBin?

        /// - Parameter place: for each element the index of its bin, from 0.
        init(_ map: HistogramMap, _ numbers: Variable, _ place: Variable) throws {
            let axis = place.shape.count
            let index = try (place + 1).reshape(place.shape + [1])
            func at(_ table: Variable, _ index: Variable) throws -> Variable {
                try table.gather(axis, index, for: "flow.histogram").reshape(place.shape)
            }
            let logShares = try map.logShares(numbers.dtype)
            var logs = try (numbers.slice(axis, 0, map.bins) + logShares).logSoftmax(axis)
            if map.histogram.isSmooth { logs = try logs.maximum(logShares + HistogramMap.leastLogSlope) }
            let probability = try logs.exp()
            start = Variable(try place.value.map(Entry(map.starts)))
            width = Variable(try place.value.map(Entry(map.widths)))
            logProbability = try at(logs, index)
            low = try at(probability.cumulativeSum(axis) - probability, index)
            guard map.histogram.isSmooth else {
                spline = nil
                return
            }
            let logSlopes = try logs - logShares
            func slopes(_ first: Int) throws -> Variable { try logSlopes.slice(axis, first, map.bins - 1) }
            let change = try Softclip.apply(numbers.slice(axis, map.bins, map.bins - 1), HistogramMap.limit)
            let inner = try slopes(0).maximum(slopes(1)) + change
            let knots = try Variable.concatenate(
                [logSlopes.slice(axis, 0, 1), inner, logSlopes.slice(axis, map.bins - 1, 1)], axis)
            spline = RationalQuadraticBin(
                x0: start, width: width, y0: low, height: try logProbability.exp(), d0: try at(knots, index).exp(),
                d1: try at(knots, index + 1).exp())
        }

        /// z and log dz/du at the share theta of the bin, 0 to 1.
        func image(_ theta: Variable) throws -> (z: Variable, logSlope: Variable) {
            if let (z, logSlope) = try spline?.image(theta) { return (z, logSlope) }
            return (try low + logProbability.exp() * theta, try logProbability - width.log())
        }

        /// The inverse: the share theta of the bin at z.
        func share(_ z: Variable) throws -> Variable {
            let rise = try z - low
            return try spline?.share(rise) ?? (rise / logProbability.exp())
        }
    }
}
