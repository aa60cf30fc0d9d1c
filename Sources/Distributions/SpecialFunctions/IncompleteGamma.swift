import RealModule

/// The regularised incomplete gamma functions P(a, x) and Q = 1 - P, and their derivatives by a.
///
/// With the factor p = x^a e^-x / Γ(a), which is the density of the logarithm of a Gamma(a, 1) variable at log x,
///
///     P = p ∫ exp(-a u + x (1 - e^-u)) du,   Q = p ∫ exp(a u - x (e^u - 1)) du   over u > 0,
///
/// by ``TailSeries`` for moderate a, else by ``TailIntegral``: P up to the mean, Q above.
/// For a below 1, P = p/a (1 + x ∫ of a + 1), up to about its median.
extension Special {
    /// P(a, x) for a > 0, x >= 0.
    package static func gammaP(_ a: Double, _ x: Double) -> Double { gammaTails(a, x).lower.probability }
    /// Q(a, x) = 1 - P(a, x), without cancellation.
    package static func gammaQ(_ a: Double, _ x: Double) -> Double { gammaTails(a, x).upper.probability }

    /// Both tails at x + rest, where rest is the rounding error of x; with `plain` by quadrature only, for tests.
    package static func gammaTails(_ a: Double, _ x: Double, rest: Double = 0, plain: Bool = false) -> Tails {
        guard a > 0, x >= 0, a.isFinite else { return .undefined }
        if x == 0 { return .start }
        if x == .infinity { return .end }
        return gammaTails(a, x, Double.log(x), gap: (a - x) - rest, plain)
    }

    /// Both tails at x = e^y, with gap = a - x.
    private static func gammaTails(_ a: Double, _ x: Double, _ y: Double, gap: Double, _ plain: Bool) -> Tails {
        if isLower(a, y, gap) { return Tails(lower: lowerGamma(a, x, y, gap, plain)) }
        if !plain, a < 1, x < slowFraction {
            // The complement loses up to two digits.
            let lower = lowerGamma(a, x, y, gap, plain)
            if lower.log < Double.log(0.99) { return Tails(lower: lower) }
        }
        return Tails(upper: upperGamma(a, x, y, gap, plain))
    }

    /// Below this x the continued fraction needs too many terms.
    private static let slowFraction = 0.3

    /// Whether P is roughly the smaller tail; for a below 1 the median is far below the mean.
    private static func isLower(_ a: Double, _ y: Double, _ gap: Double) -> Bool {
        gap >= 0 && (a >= 1 || a * y < Double.log(0.5) + lgamma(a + 1))
    }

    private static func lowerGamma(
        _ a: Double, _ x: Double, _ y: Double, _ gap: Double, _ plain: Bool = false
    ) -> Tail {
        let raised = a < 1 ? 1.0 : 0
        let slope = gap + raised
        let width = min(4, 1 / (slope + x.squareRoot()))
        let integral =
            (plain ? nil : TailSeries.gammaLower(a + raised, x))
            ?? TailIntegral(width: width) { u in
                (-slope * u - x * expm1mx(-u), -u, 0, 0, -x * Double.expMinusOne(-u))
            }
        if raised == 0 {
            var tail = gammaTail(integral, a, x, y, gap)
            tail.bend = integral.change.map { -$0 - 1 }
            return tail
        }
        // p/a W with W = 1 + x M(a + 1).
        let m = x * Double.exp(integral.log)
        let w = 1 + m
        let (first, second) = (m * integral.a / w, m * integral.aa / w)
        let s = y - digamma(a + 1)
        var tail = Tail(log: a * y - x - lgamma(a + 1) + Double.log(w))
        tail.a = s + first
        tail.aa = s * s - polygamma(1, a + 1) + 2 * s * first + second
        tail.lean = (1 / a - first, 0)
        tail.curvature = (second - first * first - polygamma(1, a + 1), 0, 0)
        tail.logIntegral = Double.log(w / a)
        return tail
    }

    private static func upperGamma(
        _ a: Double, _ x: Double, _ y: Double, _ gap: Double, _ plain: Bool = false
    ) -> Tail {
        if !plain, x > slowFraction, let fraction = TailSeries.gammaUpper(a, x) {
            var tail = gammaTail(fraction, a, x, y, gap)
            tail.bend = TailSeries.gammaUpperBend(a, x)
            return tail
        }
        let peak = gap > 0 ? Double.log(a) - y : 0
        let width = min(4, 1 / (abs(gap) + x.squareRoot() + a))
        let integral = TailIntegral(peak: peak, width: width) { u in
            (gap * u - x * expm1mx(u), u, 0, 0, x * Double.expMinusOne(u))
        }
        var tail = gammaTail(integral, a, x, y, gap)
        tail.bend = integral.change.map { $0 - 1 }
        return tail
    }

    private static func gammaTail(_ integral: TailIntegral, _ a: Double, _ x: Double, _ y: Double, _ gap: Double)
        -> Tail
    {
        let s = logOverMean(a, y, gap) + digammaGap(a)
        var tail = Tail(log: logPrefactor(a, y, x, gap: gap) + integral.log)
        tail.a = s + integral.a
        tail.aa = s * s + 2 * s * integral.a + integral.aa - polygamma(1, a)
        tail.lean = (-integral.a, 0)
        tail.curvature = (integral.aa - integral.a * integral.a - polygamma(1, a), 0, 0)
        tail.logIntegral = integral.log
        return tail
    }

    /// log(x / a) for x = e^y.
    private static func logOverMean(_ a: Double, _ y: Double, _ gap: Double) -> Double {
        abs(gap) < 0.5 * a ? Double.log(onePlus: -gap / a) : y - Double.log(a)
    }

    /// log p = a y - x - log Γ(a) for x = e^y, without the cancellation that large a would bring. `gap` is a - x.
    static func logPrefactor(_ a: Double, _ y: Double, _ x: Double, gap: Double? = nil) -> Double {
        guard a >= 16 else { return a * y - x - lgamma(a) }
        let gap = gap ?? a - x
        let deviance = abs(gap) < 0.5 * a ? a * log1pmx(-gap / a) : a * (y - Double.log(a)) + gap
        return deviance + 0.5 * Double.log(a / (2 * .pi)) - stirlingError(a)
    }

    /// The log-density (a - 1) log x + a log rate - rate x - log Γ(a) of Gamma(a, rate), accurate near the mean, too.
    package static func gammaLogDensity(_ a: Double, _ rate: Double, _ x: Double) -> Double {
        let (z, rest) = exactProduct(rate, x)
        guard a >= 16, z > 0, z < .infinity else {
            if x == .infinity || z == .infinity { return -.infinity }
            let power = a == 1 ? 0 : (a - 1) * (Double.log(x) + Double.log(rate))
            return power + Double.log(rate) - z - lgamma(a)
        }
        let y = Double.log(rate) + Double.log(x)
        return logPrefactor(a, y, z, gap: (a - z) - rest) - Double.log(x)
    }

    /// log P(X = k) = k log rate - rate - log k! of the Poisson distribution.
    package static func poissonLogMass(_ k: Double, _ rate: Double) -> Double {
        guard k >= 16, rate > 0 else { return (k == 0 ? 0 : k * Double.log(rate)) - rate - lgamma(k + 1) }
        let gap = k - rate
        let deviance = abs(gap) < 0.5 * k ? k * log1pmx(-gap / k) : k * (Double.log(rate) - Double.log(k)) + gap
        return deviance - 0.5 * Double.log(2 * .pi * k) - stirlingError(k)
    }

    /// log(x / a) + log a - ψ(a) with x = rate x: the derivative of ``gammaLogDensity(_:_:_:)`` by a.
    static func gammaScore(_ a: Double, _ rate: Double, _ x: Double) -> Double {
        let (z, rest) = exactProduct(rate, x)
        return logOverMean(a, Double.log(rate) + Double.log(x), (a - z) - rest) + digammaGap(a)
    }

    /// For X ~ Gamma(a, 1), Y = log X and F its distribution function: H = -(∂F/∂a) / p(y), which is dy/da at a fixed
    /// quantile, and K = (∂²F/∂a²) / p(y). Implicit reparameterisation (Figurnov, Mohamed, Mnih 2018, equation 5).
    ///
    /// The factor p cancels, so nothing under- or overflows however small x is: y = -1e5 is fine.
    package static func logGammaSlopes(_ a: Double, _ y: Double) -> (h: Double, k: Double) {
        guard a > 0, a.isFinite, !y.isNaN, y < 709 else { return (.nan, .nan) }
        let x = Double.exp(y)
        // Both tails give the same slopes, so that the series serves where the continued fraction would be slow.
        if isLower(a, y, a - x) || x == 0 || (a < 1 && x < slowFraction) {
            let tail = lowerGamma(a, x, y, a - x)
            let t = Double.exp(tail.logIntegral ?? .nan)
            return (-tail.a * t, tail.aa * t)
        }
        let tail = upperGamma(a, x, y, a - x)
        let t = Double.exp(tail.logIntegral ?? .nan)
        return (tail.a * t, -tail.aa * t)
    }
}
