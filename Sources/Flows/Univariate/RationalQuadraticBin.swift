import Autodiff
import Tensors

/// One bin of a monotonic rational-quadratic spline for every element: where it begins, how wide and high it is, and
/// the slopes at its two ends, all of one shape.
///
/// Durkan, Bekasov, Murray and Papamakarios, "Neural spline flows", NeurIPS 2019, equations 4 to 8.
struct RationalQuadraticBin {
    let x0, width, y0, height, d0, d1: Variable

    /// Equations 4 and 5, at the share theta of the width: y, and the logarithm of the slope.
    func image(_ theta: Variable) throws -> (y: Variable, logSlope: Variable) {
        let s = try height / width
        let rest = try 1 - theta
        let cross = try theta * rest
        let denominator = try s + (d0 + d1 - s * 2) * cross
        let y = try y0 + height * (s * theta * theta + d0 * cross) / denominator
        let slope = try (s * cross * 2 + d0 * rest * rest + d1 * theta * theta).log()
        return (y, try s.log() * 2 + slope - denominator.log() * 2)
    }

    /// Equations 6 to 8, at a height above y0: the share theta, by the root of a quadratic in the form that does not
    /// cancel.
    func share(_ rise: Variable) throws -> Variable {
        let s = try height / width
        let bend = try d0 + d1 - s * 2
        let a = try height * (s - d0) + rise * bend
        let b = try height * d0 - rise * bend
        let c = try -(s * rise)
        return try c * 2 / (-b - (b * b - a * c * 4).sqrt())
    }
}
