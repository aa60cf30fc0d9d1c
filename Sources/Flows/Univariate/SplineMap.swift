import Autodiff
import RealModule
import Scripting
import Tensors

/// The monotonic rational-quadratic spline on [-bound, bound], the identity outside. As
/// zuko.transforms.MonotonicRQSTransform.
///
/// Durkan, Bekasov, Murray and Papamakarios, "Neural spline flows", NeurIPS 2019, equations 4 to 8; knots and slopes
/// are made of the network's numbers as zuko makes them.
public struct SplineMap: UnivariateMap {
    public static let name = "spline"
    /// How many pieces the spline has.
    public let bins: Int
    /// Outside of [-bound, bound] it is the identity.
    public let bound: Double
    /// The least width, height (as shares of one bin) and slope that numbers can ask for, by zuko's soft clipping.
    public let slope: Double

    /// By default as zuko makes it.
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
            // The sum of all shares is 1 only within rounding; the last knot is written out, so that the ends are
            // exactly the bounds.
            let inner = try shares.cumulativeSum(axis).slice(axis, 0, bins - 1)
            let (low, high) = (try ends(inner, -bound), try ends(inner, bound))
            return try Variable.concatenate([low, (inner * 2 - 1) * bound, high], axis)
        }
        let inner = try Softclip.apply(numbers.slice(axis, 2 * bins, bins - 1), limit).exp()
        let slopes = try Variable.concatenate([ends(inner, 1), inner, ends(inner, 1)], axis)
        return Knots(x: try positions(0), y: try positions(bins), slope: slopes)
    }

    /// A tensor (..., 1) filled with `number`, to be concatenated with `like` along its last dimension.
    private func ends(_ like: Variable, _ number: Double) throws -> Variable {
        try Variable(Tensor.full(Array(like.shape.dropLast()) + [1], number, like.dtype))
    }

    /// The bin of each point, and 1 where there is one, 0 outside of the spline.
    private struct Bin {
        let inside: Variable
        let spline: RationalQuadraticBin
    }

    private struct Below: Comparison {
        func callAsFunction<T: StoredElement>(_ x: T, _ y: T) -> Bool { x < y }
    }

    /// The bin of every value among the positions of its own knots.
    private func bin(of value: Variable, among positions: Variable, _ knots: Knots) throws -> Bin {
        let axis = value.shape.count
        let column = try value.value.reshape(value.shape + [1])
        // The number of knots below the value: 0 left of the spline, bins + 1 right of it.
        let below = try positions.value.compare(column, Below(), for: "flow.spline").cast(.float64).sum([axis])
            .reshape(value.shape)
        let inside = try Variable(below.map(IsInside(last: Double(bins))))
        // Positions count from 1.
        let left = try Variable(below.map(LeftKnot(last: Double(bins))).reshape(value.shape + [1]).cast(.int64))
        let right = try Variable(left.value.map(Next()))
        func at(_ knots: Variable, _ index: Variable) throws -> Variable {
            try knots.gather(axis, index, for: "flow.spline").reshape(value.shape)
        }
        let (x0, y0) = (try at(knots.x, left), try at(knots.y, left))
        return Bin(
            inside: inside,
            spline: RationalQuadraticBin(
                x0: x0, width: try at(knots.x, right) - x0, y0: y0, height: try at(knots.y, right) - y0,
                d0: try at(knots.slope, left), d1: try at(knots.slope, right)))
    }

    /// 1 inside of the spline, else 0, from the number of knots below.
    private struct IsInside: UnaryFunction {
        let last: Double
        func callAsFunction<T: TensorElement>(_ below: T) -> T { below >= 1 && below <= T(last) ? 1 : 0 }
    }
    /// The index of the bin's left knot, from 1; for points outside that of the nearest bin.
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
        let theta = try (x - bin.spline.x0).choose(bin.inside, x.constant(0)) / bin.spline.width
        let (y, logSlope) = try bin.spline.image(theta)
        return (try y.choose(bin.inside, x), try logSlope.choose(bin.inside, logSlope.constant(0)))
    }

    public func toData(_ z: Variable, _ numbers: Variable) throws -> (x: Variable, logSlope: Variable) {
        let knots = try knots(numbers)
        let bin = try bin(of: z, among: knots.y, knots)
        let theta = try bin.spline.share((z - bin.spline.y0).choose(bin.inside, z.constant(0)))
        let (_, logSlope) = try bin.spline.image(theta)
        let x = try bin.spline.x0 + theta * bin.spline.width
        return (try x.choose(bin.inside, z), try -logSlope.choose(bin.inside, logSlope.constant(0)))
    }
}
