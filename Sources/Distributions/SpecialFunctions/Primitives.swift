import Autodiff
import RealModule
import Tensors

/// The special functions on tensors, element by element and broadcast, with gradients of any order unless said otherwise.
extension Variable {
    /// log |Γ(x)|; the slope is ψ(x).
    func lgamma() throws -> Variable { try pointwise("lgamma", slope: { try $0.digamma() }) { Special.lgamma($0) } }

    /// ψ(x).
    func digamma() throws -> Variable { try pointwise("digamma", slope: { try $0.polygamma(1) }) { Special.digamma($0) } }

    /// ψ⁽ⁿ⁾(x) for x > 0.
    func polygamma(_ n: Int) throws -> Variable {
        try pointwise("polygamma", slope: { try $0.polygamma(n + 1) }) { Special.polygamma(n, $0) }
    }

    /// log B(a, b).
    static func logBeta(_ a: Variable, _ b: Variable) throws -> Variable { try a.lgamma() + b.lgamma() - (a + b).lgamma() }

    /// Φ(x), the standard normal distribution function; the slope is the density.
    func normalCDF() throws -> Variable {
        try pointwise("normal_cdf", slope: { x in try (x * x * -0.5).exp() * (1 / (2 * Double.pi).squareRoot()) }) { Special.normalCDF($0) }
    }

    /// Φ⁻¹(p); the slope is 1 / φ(Φ⁻¹(p)).
    func normalQuantile() throws -> Variable {
        try .recorded("distribution.normal_quantile", [self], value.slowMap { Special.normalQuantile($0) }, keeps: .outputs) { call in
            let z = call.outputs[0]
            return [try call.cotangent * (z * z * 0.5).exp() * (2 * Double.pi).squareRoot()]
        }
    }

    /// x log y, and 0 where x is 0 (even at y = 0): what an impossible outcome adds to an entropy.
    func xlogy(_ y: Variable) throws -> Variable {
        try pairwise(
            "xlogy", y,
            slopes: (
                // 0 rather than -inf where both are 0, so that a certain outcome has a finite slope.
                { x, y in
                    let zero = try x.indicator(y) { $0 == 0 && $1 == 0 }
                    return try y.choose(zero.complement(), y.constant(1)).log()
                },
                { x, y in
                    let zero = try x.indicator(y) { $0 == 0 && $1 == 0 }
                    return try x / y.choose(zero.complement(), y.constant(1))
                }
            )
        ) { x, y in x == 0 && !y.isNaN ? 0 : x * Double.log(y) }
    }

    /// x log(1 + y), and 0 where x is 0.
    func xlog1py(_ y: Variable) throws -> Variable {
        try pairwise(
            "xlog1py", y,
            slopes: (
                { x, y in
                    let zero = try x.indicator(y) { $0 == 0 && $1 == -1 }
                    return try y.choose(zero.complement(), y.constant(0)).log1p()
                },
                { x, y in
                    let zero = try x.indicator(y) { $0 == 0 && $1 == -1 }
                    return try x / (y.choose(zero.complement(), y.constant(0)) + 1)
                }
            )
        ) { x, y in x == 0 && !y.isNaN ? 0 : x * Double.log(onePlus: y) }
    }

    /// 1 - x for a mask.
    func complement() throws -> Variable { try 1 - self }

    // MARK: The incomplete gamma function

    /// P(a, x), for a > 0 and x >= 0 (x = 0 and inf included), or with `upper` Q(a, x) = 1 - P(a, x), without
    /// cancellation; gradients up to the second order in a.
    static func gammaP(_ a: Variable, _ x: Variable, upper: Bool = false) throws -> Variable {
        let sign = upper ? -1.0 : 1
        return try a.pairwise(
            "gammainc", x,
            slopes: (
                { a, x in
                    // -H p, which is 0 at both ends.
                    let inner = try x.indicator(a) { x, _ in x > 0 && x < .infinity }
                    let y = try x.choose(inner, x.constant(1)).log()
                    return try (logGammaSlope(a, y) * logGammaDensity(a, y) * -sign).choose(inner, a.constant(0))
                },
                { a, x in try ((a - 1).xlogy(x) - x - a.lgamma()).exp() * sign }
            )
        ) { upper ? Special.gammaQ($0, $1) : Special.gammaP($0, $1) }
    }

    /// The density p(y) of the logarithm of a Gamma(a, 1) variable, exp(a y - e^y) / Γ(a).
    static func logGammaDensity(_ a: Variable, _ y: Variable) throws -> Variable {
        try a.pairwise(
            "log_gamma_density", y,
            slopes: (
                { a, y in try logGammaDensity(a, y) * (y - a.digamma()) },
                { a, y in try logGammaDensity(a, y) * (a - y.exp()) }
            )
        ) { Double.exp(Special.logPrefactor($0, $1, Double.exp($1))) }
    }

    /// H = dy/da of a log-gamma quantile (``Special/logGammaSlopes(_:_:)``).
    static func logGammaSlope(_ a: Variable, _ y: Variable) throws -> Variable {
        try a.pairwise(
            "log_gamma_slope", y,
            slopes: (
                { a, y in try -logGammaCurvature(a, y) - logGammaSlope(a, y) * (y - a.digamma()) },
                { a, y in try a.digamma() - y - logGammaSlope(a, y) * (a - y.exp()) }
            )
        ) { Special.logGammaSlopes($0, $1).h }
    }

    /// K of ``Special/logGammaSlopes(_:_:)``: where the orders end.
    private static func logGammaCurvature(_ a: Variable, _ y: Variable) throws -> Variable {
        try a.pairwise("log_gamma_curvature", y, slopes: nil) { Special.logGammaSlopes($0, $1).k }
    }
}
