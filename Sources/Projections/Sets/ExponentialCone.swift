import Autodiff
import RealModule
import Scripting
import Tensors

/// The closure of {(x, y, z) : y exp(x / y) <= z, y > 0}, which adds {x <= 0, y = 0, z >= 0}; points have three
/// elements, in the order of SCS and CVXPY.
///
/// Outside it and its polar cone, the projection is s (rho, 1, exp rho) with rho the root of an increasing function
/// (Friberg 2021).
public struct ExponentialCone: CataloguedSet, VectorSet {
    public static let name = "ExponentialCone"

    public init() {}

    public var preferredShape: [Int]? { [3] }

    func check(shape: [Int]) throws {
        guard try Shape.count(shape, for: operation) == 3 else {
            throw ScriptError(
                operation,
                "x \(Shape.describe(shape)) has not three elements (x, y, z) (for a cone per row: Product{P})")
        }
    }

    private enum Place {
        case inside, polar, face
        case curve(rho: Double)
    }

    private func place(_ x: Double, _ y: Double, _ z: Double) -> Place {
        if y > 0 ? y * .exp(x / y) <= z : x <= 0 && y == 0 && z >= 0 { return .inside }
        if x > 0 ? x * .exp(y / x) <= -Double.exp(1) * z : x == 0 && y <= 0 && z <= 0 { return .polar }
        if x <= 0, y <= 0 { return .face }
        return .curve(rho: root(x, y, z))
    }

    /// The increasing function, whose root is rho, and its derivative; divided by exp |rho| so that nothing overflows.
    private static func balance(_ rho: Double, _ x: Double, _ y: Double, _ z: Double) -> (value: Double, slope: Double)
    {
        let d = rho * rho - rho + 1
        let (primal, polar) = (((rho - 1) * x + y) / d, (x - rho * y) / d)
        let (primalSlope, polarSlope) = ((x - primal * (2 * rho - 1)) / d, (-y - polar * (2 * rho - 1)) / d)
        let small = Double.exp(-rho.magnitude)
        // exp(rho) and exp(-rho), both divided by exp |rho|.
        let (up, down) = rho > 0 ? (1, small * small) : (small * small, 1)
        return (up * primal - down * polar - small * z, up * (primal + primalSlope) + down * (polar - polarSlope))
    }

    private func root(_ x: Double, _ y: Double, _ z: Double) -> Double {
        let unit = powerOfTwo(near: max(x.magnitude, y.magnitude, z.magnitude))
        let (x, y, z) = (x / unit, y / unit, z / unit)
        func value(_ rho: Double) -> Double { ExponentialCone.balance(rho, x, y, z).value }
        // The bracket in which both the primal and the dual part are positive.
        var low = x > 0 ? 1 - y / x : -Double.infinity
        var high = y > 0 ? x / y : Double.infinity
        if low == -.infinity {
            var step = 1.0
            repeat {
                low = high - step
                step *= 2
            } while value(low) > 0 && step < 1e300
        }
        if high == .infinity {
            var step = 1.0
            repeat {
                high = low + step
                step *= 2
            } while value(high) < 0 && step < 1e300
        }
        for _ in 0..<200 {
            let middle = low + (high - low) / 2
            guard middle > low, middle < high else { break }
            if value(middle) < 0 { low = middle } else { high = middle }
        }
        return low + (high - low) / 2
    }

    func nearest(to x: [Double], shape: [Int]) -> [Double] {
        switch place(x[0], x[1], x[2]) {
        case .inside: return x
        case .polar: return [0, 0, 0]
        case .face: return [x[0], 0, max(0, x[2])]
        case .curve(let rho):
            let d = rho * rho - rho + 1
            let primal = max(0, ((rho - 1) * x[0] + x[1]) / d)
            // From the side on which no digits cancel.
            let top = rho > 0 ? x[2] + max(0, (x[0] - rho * x[1]) / d) * .exp(-rho) : primal * .exp(rho)
            return [primal * rho, primal, max(0, top)]
        }
    }

    func vectorFormula(_ x: Variable) throws -> Variable {
        let values = try x.value.toArray()
        switch place(values[0], values[1], values[2]) {
        case .inside: return x
        case .polar: return try Variable([0, 0, 0], shape: x.shape)
        case .face: return try x.kept([true, false, values[2] > 0])
        case .curve(let start):
            let flat = try x.reshape([3])
            let (a, b, c) = (try flat.select(0, 0), try flat.select(0, 1), try flat.select(0, 2))
            let unit = powerOfTwo(near: values.largestMagnitude)
            let slope = ExponentialCone.balance(start, values[0] / unit, values[1] / unit, values[2] / unit).slope
            var rho = Variable(try Tensor(start, .float64))
            func parts() throws -> (primal: Variable, polar: Variable) {
                let d = try rho * rho - rho + 1
                return (try ((rho - 1) * a + b) / d, try (a - rho * b) / d)
            }
            // Recorded Newton steps, each of which makes one more order of derivatives right.
            for _ in 0..<3 where slope > 0 && slope.isFinite {
                let (primal, polar) = try parts()
                let rest =
                    start > 0
                    ? try primal - (-2 * rho).exp() * polar - (-rho).exp() * c
                    : try (2 * rho).exp() * primal - polar - rho.exp() * c
                rho = try rho - rest / unit / slope
            }
            let (primal, polar) = try parts()
            let top = start > 0 ? try c + polar * (-rho).exp() : try primal * rho.exp()
            return try Variable.stack([primal * rho, primal, top], 0).reshape(x.shape)
        }
    }

    /// The least of three: how much z alone must change, how much x alone, and the largest change of an element on the
    /// way to the edge {x <= 0, y = 0, z >= 0}.
    func violation(of x: [Double], shape: [Int]) -> Double {
        let edge = max(x[0], x[1].magnitude, -x[2], 0)
        guard x[1] > 0 else { return edge }
        let above = x[1] * .exp(x[0] / x[1]) - x[2]
        if above <= 0 { return 0 }
        let beside = x[2] > 0 ? x[0] - x[1] * .log(x[2] / x[1]) : .infinity
        return min(edge, above, max(beside, 0))
    }

    public var description: String { "projection.ExponentialCone()" }

    public static let declaration = Declaration(
        "projection.ExponentialCone",
        """
        The closure of {(x, y, z) : y exp(x / y) <= z, y > 0}, for points of three elements, in the order of SCS and \
        CVXPY. For a cone per row: Product{P}.
        """,
        returns: .projection,
        errors: "x has not three elements.",
        source: "Friberg 2021 (projection onto the exponential cone: a univariate root-finding problem).",
        example: """
            local P = projection.ExponentialCone()
            local y = P(tensor({1, 1, 1}))
            assert(P:contains(y) and math.abs(y[{2}] * math.exp(y[{1}] / y[{2}]) - y[{3}]) < 1e-5)
            """
    ) { ExponentialCone() }

    public static func examples() throws -> [SetExample] {
        [SetExample(ExponentialCone(), shape: [3])]
    }
}
