import Autodiff
import RealModule
import Scripting
import Tensors

/// The monotonic rational-quadratic spline on [-bound, bound], the identity outside. As
/// zuko.transforms.MonotonicRQSTransform.
///
/// Durkan, Bekasov, Murray and Papamakarios, "Neural spline flows", NeurIPS 2019, equations 4 to 8; knots and slopes are
/// made of the network's numbers as zuko makes them.
public struct SplineMap: UnivariateMap {
    public static let name = "spline"
    public let bins: Int
    public let bound: Double
    /// The least width, height (as shares of one bin) and slope that numbers can ask for, by zuko's soft clipping.
    public let slope: Double

    public init(bins: Int = 8, bound: Double = 5, slope: Double = 1e-3) {
        (self.bins, self.bound, self.slope) = (bins, bound, slope)
    }

    public var parameterCount: Int { 3 * bins - 1 }

    /// Knots (x and y) and slopes there, each of shape (..., bins + 1).
    private struct Knots {
        let x: Variable
        let y: Variable
        let slope: Variable
    }

    private func knots(_ numbers: Variable) throws -> Knots {
        let axis = numbers.shape.count - 1
        let limit = -Double.log(slope)
        func positions(_ start: Int) throws -> Variable {
            let raw = try numbers.slice(axis, start, bins)
            let shares = try Softclip.apply(raw, limit / 2).softmax(axis)
            // The last knot is 1 to rounding only; written out, so that the ends are exactly the bounds.
            let inner = try shares.cumulativeSum(axis).slice(axis, 0, bins - 1)
            let (low, high) = (try ends(inner, -bound), try ends(inner, bound))
            return try Variable.concatenate([low, (inner * 2 - 1) * bound, high], axis)
        }
        let inner = try Softclip.apply(numbers.slice(axis, 2 * bins, bins - 1), limit).exp()
        let slopes = try Variable.concatenate([ends(inner, 1), inner, ends(inner, 1)], axis)
        return Knots(x: try positions(0), y: try positions(bins), slope: slopes)
    }

    /// One number at an end of the last dimension.
    private func ends(_ like: Variable, _ number: Double) throws -> Variable {
        try Variable(Tensor.full(Array(like.shape.dropLast()) + [1], number, like.dtype))
    }

    /// What a point's bin is: its corners, the slopes there, and whether there is one.
    private struct Bin {
        let inside: Variable
        let x0, x1, y0, y1, d0, d1: Variable
    }

    private struct Below: Comparison {
        func callAsFunction<T: StoredElement>(_ x: T, _ y: T) -> Bool { x < y }
    }

    /// The bin of every value among knots of its own dimension.
    private func bin(of value: Variable, among positions: Variable, _ knots: Knots) throws -> Bin {
        let axis = value.shape.count
        let column = try value.value.reshape(value.shape + [1])
        // How many knots lie below: 0 left of the spline, bins + 1 right of it.
        let below = try positions.value.compare(column, Below(), for: "flow.spline").cast(.float64).sum([axis])
            .reshape(value.shape)
        let inside = try Variable(below.map(IsInside(last: Double(bins))))
        // Positions count from 1.
        let left = try Variable(below.map(LeftKnot(last: Double(bins))).reshape(value.shape + [1]).cast(.int64))
        let right = try Variable(left.value.map(Next()))
        func at(_ knots: Variable, _ index: Variable) throws -> Variable {
            try knots.gather(axis, index, for: "flow.spline").reshape(value.shape)
        }
        return Bin(
            inside: inside, x0: try at(knots.x, left), x1: try at(knots.x, right), y0: try at(knots.y, left),
            y1: try at(knots.y, right), d0: try at(knots.slope, left), d1: try at(knots.slope, right))
    }

    /// 1 where a bin was found.
    private struct IsInside: UnaryFunction {
        let last: Double
        func callAsFunction<T: TensorElement>(_ below: T) -> T { below >= 1 && below <= T(last) ? 1 : 0 }
    }
    /// The bin's left knot, counted from 1; some bin for points outside.
    private struct LeftKnot: UnaryFunction {
        let last: Double
        func callAsFunction<T: TensorElement>(_ below: T) -> T { min(max(below, 1), T(last)) }
    }
    private struct Next: NumericUnaryFunction {
        func callAsFunction<T: TensorElement>(_ x: T) -> T { x + 1 }
        func callAsFunction(_ x: Int64) -> Int64 { x &+ 1 }
    }

    public func toLatent(_ x: Variable, _ numbers: Variable) throws -> (z: Variable, logSlope: Variable) {
        let knots = try knots(numbers)
        let bin = try bin(of: x, among: knots.x, knots)
        let width = try bin.x1 - bin.x0
        let theta = try (x - bin.x0).choose(bin.inside, x.constant(0)) / width
        let (y, logSlope) = try value(bin, theta)
        return (try y.choose(bin.inside, x), logSlope)
    }

    /// Durkan et al., equations 4 and 5, at the share theta of the bin.
    private func value(_ bin: Bin, _ theta: Variable) throws -> (y: Variable, logSlope: Variable) {
        let height = try bin.y1 - bin.y0
        let s = try height / (bin.x1 - bin.x0)
        let rest = try 1 - theta
        let cross = try theta * rest
        let denominator = try s + (bin.d0 + bin.d1 - s * 2) * cross
        let y = try bin.y0 + height * (s * theta * theta + bin.d0 * cross) / denominator
        let slope = try (s * cross * 2 + bin.d0 * rest * rest + bin.d1 * theta * theta).log()
        let logSlope = try s.log() * 2 + slope - denominator.log() * 2
        return (y, try logSlope.choose(bin.inside, logSlope.constant(0)))
    }

    /// Durkan et al., equations 6 to 8: the root of a quadratic, in the form that does not cancel.
    public func toData(_ z: Variable, _ numbers: Variable) throws -> (x: Variable, logSlope: Variable) {
        let knots = try knots(numbers)
        let bin = try bin(of: z, among: knots.y, knots)
        let (width, height) = (try bin.x1 - bin.x0, try bin.y1 - bin.y0)
        let s = try height / width
        let rise = try (z - bin.y0).choose(bin.inside, z.constant(0))
        let bend = try bin.d0 + bin.d1 - s * 2
        let a = try height * (s - bin.d0) + rise * bend
        let b = try height * bin.d0 - rise * bend
        let c = try -(s * rise)
        let theta = try c * 2 / (-b - (b * b - a * c * 4).sqrt())
        let (_, logSlope) = try value(bin, theta)
        let x = try bin.x0 + theta * width
        return (try x.choose(bin.inside, z), try -logSlope)
    }
}
