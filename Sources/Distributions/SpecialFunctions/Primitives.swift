import Autodiff
import RealModule
import Tensors

/// The special functions on tensors, element by element and broadcast, with gradients of every order unless stated
/// otherwise.
extension Variable {
    /// log |Γ(x)|; the slope is ψ(x).
    func lgamma() throws -> Variable { try pointwise("lgamma", slope: { try $0.digamma() }) { Special.lgamma($0) } }

    /// ψ(x).
    func digamma() throws -> Variable {
        try pointwise("digamma", slope: { try $0.polygamma(1) }) { Special.digamma($0) }
    }

    /// ψ⁽ⁿ⁾(x) for x > 0.
    func polygamma(_ n: Int) throws -> Variable {
        try pointwise("polygamma", slope: { try $0.polygamma(n + 1) }) { Special.polygamma(n, $0) }
    }

    /// log B(a, b), without the cancellation of log Γ.
    static func logBeta(_ a: Variable, _ b: Variable) throws -> Variable {
        try a.pairwise(
            "log_beta", b,
            slopes: ({ try digammaDifference($0, $0 + $1) }, { try digammaDifference($1, $0 + $1) })
        ) { Special.logBeta($0, $1) }
    }

    /// The m-th derivative of log x - ψ(x), x > 0.
    func digammaGap(_ m: Int = 0) throws -> Variable {
        try pointwise("digamma_gap", slope: { try $0.digammaGap(m + 1) }) { Special.digammaGap($0, m) }
    }

    /// ψ(x) - ψ(y) for x, y > 0.
    static func digammaDifference(_ x: Variable, _ y: Variable) throws -> Variable {
        try logQuotient(x, y) - x.digammaGap() + y.digammaGap()
    }

    /// log(x / y) for x, y >= 0, accurate for x near y, too.
    static func logQuotient(_ x: Variable, _ y: Variable) throws -> Variable {
        try x.pairwise("log_quotient", y, slopes: ({ x, _ in try 1 / x }, { _, y in try -1 / y })) { x, y in
            Swift.abs(x - y) < 0.5 * y ? Double.log(onePlus: (x - y) / y) : Double.log(x) - Double.log(y)
        }
    }

    /// x log(x / y) - x + y for x, y >= 0: the part of one outcome in a divergence. Its derivative by x is -inf at 0.
    static func excess(_ x: Variable, _ y: Variable) throws -> Variable {
        try x.pairwise("excess", y, slopes: ({ try logQuotient($0, $1) }, { x, y in try (y - x).share(of: y) })) {
            x, y in
            if x == 0 { return y }
            return Swift.abs(y - x) < 0.5 * x
                ? -x * Special.log1pmx((y - x) / x) : x * (Double.log(x) - Double.log(y)) - x + y
        }
    }

    /// log Γ(x) - log Γ(y) - (x - y) ψ(y) for x, y > 0.
    static func logGammaExcess(_ x: Variable, _ y: Variable) throws -> Variable {
        try x.pairwise(
            "log_gamma_excess", y,
            slopes: ({ try digammaDifference($0, $1) }, { x, y in try (y - x) * y.polygamma(1) })
        ) { x, y in
            let ratio = Swift.abs(x - y) < 0.5 * y ? Double.log(onePlus: (x - y) / y) : Double.log(x) - Double.log(y)
            let bend = Swift.abs(x - y) < 0.5 * x ? -x * Special.log1pmx((y - x) / x) : x * ratio - x + y
            return bend - 0.5 * ratio + Special.stirlingError(x) - Special.stirlingError(y) + (x - y)
                * Special.digammaGap(y)
        }
    }

    /// x log x, and 0 at 0, where the derivative is -inf.
    func xlogx() throws -> Variable {
        try pointwise("xlogx", slope: { try $0.log() + 1 }) { $0 == 0 ? 0 : $0 * Double.log($0) }
    }

    /// The m-th derivative of the entropy of Gamma(self, 1).
    func gammaEntropy(_ m: Int = 0) throws -> Variable {
        try pointwise("gamma_entropy", slope: { try $0.gammaEntropy(m + 1) }) { Special.gammaEntropy($0, m) }
    }

    /// The m-th derivative by self (half the degrees of freedom) of the entropy of Student's t minus log(2π)/2.
    func studentEntropy(_ m: Int = 0) throws -> Variable {
        try pointwise("student_entropy", slope: { try $0.studentEntropy(m + 1) }) { Special.studentEntropy($0, m) }
    }

    /// The m-th derivative of log Γ(z) minus Stirling's main terms, (z - 1/2) log z - z + log(2π)/2.
    func stirlingError(_ m: Int = 0) throws -> Variable {
        try pointwise("stirling_error", slope: { try $0.stirlingError(m + 1) }) { Special.stirlingError($0, m) }
    }

    /// Φ(x), the standard normal distribution function; the slope is the density.
    func normalCDF() throws -> Variable {
        try pointwise("normal_cdf", slope: { x in try (x * x * -0.5).exp() * (1 / (2 * Double.pi).squareRoot()) }) {
            Special.normalCDF($0)
        }
    }

    /// log Φ(x), the slope is φ/Φ.
    func normalLogCDF() throws -> Variable {
        try pointwise("normal_log_cdf", slope: { try $0.normalHazard() }) { Special.logNormalCDF($0) }
    }

    /// φ(x) / Φ(x).
    func normalHazard() throws -> Variable {
        try pointwise("normal_hazard", slope: { try -($0.normalHazard() * $0.normalHazardExcess()) }) {
            Special.normalHazard($0).value
        }
    }

    /// φ(x) / Φ(x) + x.
    private func normalHazardExcess() throws -> Variable {
        try pointwise("normal_hazard_excess", slope: { try 1 - $0.normalHazard() * $0.normalHazardExcess() }) {
            Special.normalHazard($0).excess
        }
    }

    /// 1 / (1 + e^-x), with derivatives that are accurate in both tails.
    func logisticCDF() throws -> Variable {
        try pointwise("logistic_cdf", slope: { try $0.logisticCDF() * (-$0).logisticCDF() }) {
            1 / (1 + Double.exp(-$0))
        }
    }

    /// log of ``logisticCDF()``.
    func logisticLogCDF() throws -> Variable {
        try pointwise("logistic_log_cdf", slope: { try (-$0).logisticCDF() }) {
            $0 < 0 ? $0 - Double.log(onePlus: Double.exp($0)) : -Double.log(onePlus: Double.exp(-$0))
        }
    }

    /// -log(1 + e^x) - log(1 + e^-x); the slope is -tanh(x / 2).
    func logisticLogDensity() throws -> Variable {
        try pointwise("logistic_log_density", slope: { try -($0 * 0.5).tanh() }) {
            -Swift.abs($0) - 2 * Double.log(onePlus: Double.exp(-Swift.abs($0)))
        }
    }

    /// |x| + e^-|x| - 1: smooth at 0, where the second derivative is 1.
    func absoluteExcess() throws -> Variable {
        try pointwise("absolute_excess", slope: { try $0.boundedSign() }) { Special.expm1mx(-Swift.abs($0)) }
    }

    /// sign(x) (1 - e^-|x|).
    private func boundedSign() throws -> Variable {
        try pointwise("bounded_sign", slope: { try (-$0.abs()).exp() }) {
            $0 < 0 ? Double.expMinusOne($0) : -Double.expMinusOne(-$0)
        }
    }

    /// Φ⁻¹(p); the slope is 1 / φ(Φ⁻¹(p)).
    func normalQuantile() throws -> Variable {
        try .recorded(
            "distribution.normal_quantile", [self], value.slowMap { Special.normalQuantile($0) }, keeps: .outputs
        ) { call in
            let z = call.outputs[0]
            return [try call.cotangent * (z * z * 0.5).exp() * (2 * Double.pi).squareRoot()]
        }
    }

    /// x log y, and 0 where x is 0 (even at y = 0): the part of one outcome in an entropy.
    func xlogy(_ y: Variable) throws -> Variable {
        try pairwise(
            "xlogy", y,
            slopes: (
                // 0 instead of -inf where both are 0, so that the derivative at a certain outcome is finite.
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

    /// 1 - mask.
    func complement() throws -> Variable { try 1 - self }

    // MARK: Implicit slopes of gamma draws

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

    /// K of ``Special/logGammaSlopes(_:_:)``; it has no further derivatives.
    private static func logGammaCurvature(_ a: Variable, _ y: Variable) throws -> Variable {
        try a.pairwise("log_gamma_curvature", y, slopes: nil) { Special.logGammaSlopes($0, $1).k }
    }
}
