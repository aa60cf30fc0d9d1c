import Autodiff
import RealModule
import Scripting
import Tensors

/// How often each of n equally wide levels of [0, 1] occurs, as an increasing map of [0, 1] onto itself: the cumulative
/// distribution function of x = (k + u) / n, level k drawn by its frequency and u uniformly.
///
/// Piecewise linear; if smooth, a rational-quadratic spline (``RationalQuadraticBin``) through the same knots whose
/// slope at the edge of two levels is the larger of theirs. Smoothing costs 0.0085 bits per pixel on MNIST; slopes by
/// the geometric mean cost 0.24, the best slopes for the frequencies 0.0071.
public struct LevelHistogram: Sendable {
    /// One per level, above 0; only their ratios matter.
    public let counts: [Double]
    /// Whether the density is continuous, by splines.
    public let isSmooth: Bool
    /// The probability of the levels below k, for k from 0 to n.
    let cumulative: [Double]
    /// Each level's probability.
    let shares: [Double]

    /// How many levels: 256 for pixels of a byte.
    public var levels: Int { counts.count }

    /// The square of this is above 0 in float32, too.
    private static let smallestShare = 1e-18

    /// - Throws: ``Fault`` for less than two levels, and for counts that are not finite, not above 0 or too small a
    ///   share.
    public init(counts: [Double], smooth: Bool = false) throws {
        guard counts.count >= 2 else { throw Fault("counts", "2 levels or more expected, got \(counts.count)") }
        if let level = counts.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
            throw Fault(
                "counts",
                """
                \(shown(counts[level])) at element \(level + 1): finite numbers above 0 expected. A level that never \
                occurs has no density; adding 1 to every count gives it a small one
                """)
        }
        let total = counts.reduce(0, +)
        guard total.isFinite else { throw Fault("counts", "their sum is not finite") }
        if let level = counts.firstIndex(where: { $0 / total < LevelHistogram.smallestShare }) {
            throw Fault(
                "counts",
                """
                \(shown(counts[level])) at element \(level + 1) of a sum of \(shown(total)): shares of \
                \(shown(LevelHistogram.smallestShare)) or more expected
                """)
        }
        var sums = [0.0]
        for count in counts { sums.append(sums[sums.count - 1] + count) }
        (self.counts, isSmooth) = (counts, smooth)
        cumulative = sums.map { $0 / total }
        shares = counts.map { $0 / total }
    }

    /// z, and log dz/dx, of numbers in [0, 1].
    func image(_ x: Variable) throws -> (z: Variable, logSlope: Variable) {
        let y = try x * Double(levels)
        let level = try y.value.map(LevelOf(count: levels))
        let theta = try y - Variable(level)
        guard isSmooth else {
            let z = try look(cumulative, level) + look(shares, level) * theta
            return (z, try look(logSlopes, level))
        }
        let (z, logSlope) = try spline(level).image(theta)
        return (z, try logSlope + Double.log(Double(levels)))
    }

    /// x, and log dx/dz, of numbers in [0, 1].
    func preimage(_ z: Variable) throws -> (x: Variable, logSlope: Variable) {
        let level = try z.value.map(LastAtMost(knots: Array(cumulative.dropLast())))
        let rise = try z - look(cumulative, level)
        if isSmooth {
            let bin = try spline(level)
            let theta = try bin.share(rise)
            let logSlope = try bin.image(theta).logSlope + Double.log(Double(levels))
            return (try (Variable(level) + theta) / Double(levels), try -logSlope)
        }
        let theta = try (rise / look(shares, level)).clamp(0, 1)
        return (try (Variable(level) + theta) / Double(levels), try -look(logSlopes, level))
    }

    private var logSlopes: [Double] { shares.map { Double.log($0 * Double(levels)) } }

    /// The spline bin of each element's level; x is measured in widths of a level.
    private func spline(_ level: Tensor) throws -> RationalQuadraticBin {
        let edges = (0...levels).map { max(shares[max($0 - 1, 0)], shares[min($0, levels - 1)]) }
        let start = try look(cumulative, level)
        return RationalQuadraticBin(
            x0: Variable(level), width: try start.constant(1), y0: start, height: try look(shares, level),
            d0: try look(edges, level), d1: try look(Array(edges.dropFirst()), level))
    }

    private func look(_ table: [Double], _ level: Tensor) throws -> Variable { Variable(try level.map(Entry(table))) }
}

// MARK: Places in tables, as functions of every element

/// The index of the level, from 0, in which a number from 0 to `count` lies; `count` itself is in the last one. 0 for
/// NaN.
struct LevelOf: UnaryFunction {
    let count: Int
    func callAsFunction<T: TensorElement>(_ y: T) -> T {
        y >= 1 ? min(y.rounded(.down), T(count - 1)) : 0
    }
}

/// The index, from 0, of the last knot that is at most a number; 0 for numbers below all knots and for NaN.
struct LastAtMost: UnaryFunction {
    let knots: [Double]
    func callAsFunction<T: TensorElement>(_ z: T) -> T {
        var (low, high) = (0, knots.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if T(knots[middle]) <= z { low = middle } else { high = middle }
        }
        return T(low)
    }
}

/// The entry of a table at an index, from 0.
struct Entry: UnaryFunction {
    let table: [Double]
    init(_ table: [Double]) { self.table = table }
    func callAsFunction<T: TensorElement>(_ place: T) -> T {
        guard let index = Int(exactly: place), table.indices.contains(index) else { return .nan }
        return T(table[index])
    }
}

extension Variable {
    /// At most the largest number below 1: rounding must not lead from [0, 1) to 1, which is outside.
    func belowOne() throws -> Variable { try clamp(0, dtype == .float64 ? 1 - 0x1p-53 : 1 - 0x1p-24) }
}

extension Demand {
    /// - Throws: ``ScriptError`` for numbers outside [0, 1]. NaN passes.
    static func unit(_ x: Variable, _ operation: String) throws {
        let outside = try (x * (1 - x)).value.compare(Tensor(0, x.dtype), Below(), for: operation)
        guard try outside.sum(Array(outside.shape.indices)).item() > 0 else { return }
        let numbers = try x.value.cast(.float64).toArray()
        let place = numbers.firstIndex { $0 < 0 || $0 > 1 } ?? 0
        throw ScriptError(
            operation,
            """
            \(shown(numbers[place])) at element \(place + 1) of \(Shape.describe(x.shape)): numbers from 0 to 1 expected
            """)
    }

    private struct Below: Comparison {
        func callAsFunction<T: StoredElement>(_ x: T, _ y: T) -> Bool { x < y }
    }
}
