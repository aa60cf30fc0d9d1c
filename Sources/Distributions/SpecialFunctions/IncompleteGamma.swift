import RealModule

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The regularised incomplete gamma function P(a, x) = γ(a, x) / Γ(a) and its derivatives by a.
///
/// With y = log x, everything is the prefactor p(y) = x^a e^-x / Γ(a) (the density of the logarithm of a Gamma(a, 1)
/// variable) times one of two slowly varying factors, each evaluated on ``Jet``s in a:
///
///     x < a + 1:   P = p S / a,  S = 1 + x/(a+1) + x²/((a+1)(a+2)) + ...                    (A&S 6.5.29)
///     else:    1 - P = p C,      C = 1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - ...)))     (A&S 6.5.31, even part)
extension Special {
    /// P(a, x) for a > 0, x >= 0.
    package static func gammaP(_ a: Double, _ x: Double) -> Double { gammaPQ(a, x).p }
    /// Q(a, x) = 1 - P(a, x), without cancellation.
    package static func gammaQ(_ a: Double, _ x: Double) -> Double { gammaPQ(a, x).q }

    private static func gammaPQ(_ a: Double, _ x: Double) -> (p: Double, q: Double) {
        guard a > 0, x >= 0, a.isFinite else { return (.nan, .nan) }
        if x == 0 { return (0, 1) }
        if x == .infinity { return (1, 0) }
        if a > largestShape {
            // Wilson & Hilferty 1931: the cube root of x/a is nearly normal.
            let z = 3 * a.squareRoot() * (Double.root(x / a, 3) - 1 + 1 / (9 * a))
            return (normalCDF(z), normalCDF(-z))
        }
        let prefactor = Double.exp(logPrefactor(a, Double.log(x), x))
        if x < a + 1 {
            let p = min(1, prefactor * gammaSeries(a, x).value / a)
            return (p, 1 - p)
        }
        let q = min(1, prefactor * gammaFraction(a, x).value)
        return (1 - q, q)
    }

    /// Beyond this the series would take too many terms, and normal approximations are right to about 1e-9.
    private static let largestShape = 1e9

    /// a y - x - log Γ(a) for x = e^y, without the cancellation that large a would bring.
    static func logPrefactor(_ a: Double, _ y: Double, _ x: Double) -> Double {
        guard a >= 20 else { return a * y - x - lgamma(a) }
        // Stirling: log Γ(a) = (a - 1/2) log a - a + log(2π)/2 + 1/(12a) - ...
        let t = 1 / (a * a)
        let correction = (1 / 12 - t * (1 / 360 - t * (1 / 1260 - t * (1 / 1680 - t / 1188)))) / a
        let m = (x - a) / a
        return -a * (m - log1p(m)) + 0.5 * Double.log(a / (2 * .pi)) - correction
    }

    /// S above, as a function of a.
    private static func gammaSeries(_ a: Double, _ x: Double) -> Jet {
        var (sum, term) = (Jet(1), Jet(1))
        for n in 1...limit(a) {
            term = x * term / Jet(a + Double(n), 1)
            sum = sum + term
            if sum.absorbs(term) { break }
        }
        return sum
    }

    /// C above, as a function of a, by Lentz's method as modified by Thompson & Barnett 1986.
    private static func gammaFraction(_ a: Double, _ x: Double) -> Jet {
        var b = Jet(x + 1 - a, -1)
        var c = Jet(1e300)
        var d = Jet(1) / b
        var h = d
        for n in 1...limit(a) {
            let k = Double(n)
            let factor = Jet(-k * (k - a), k)
            b = b + 2
            d = factor * d + b
            c = b + factor / c
            if abs(d.value) < 1e-300 { d.value = 1e-300 }
            if abs(c.value) < 1e-300 { c.value = 1e-300 }
            d = Jet(1) / d
            let step = d * c
            h = h * step
            if abs(step.value - 1) < 4e-16, abs(step.first) < 1e-14, abs(step.second) < 1e-14 { break }
        }
        return h
    }

    private static func limit(_ a: Double) -> Int { 500 + Int(12 * a.squareRoot()) }

    /// For X ~ Gamma(a, 1), Y = log X and F its distribution function: H = -(∂F/∂a) / p(y), which is dy/da at a fixed
    /// quantile, and K = (∂²F/∂a²) / p(y). Implicit reparameterisation (Figurnov, Mohamed, Mnih 2018, equation 5).
    ///
    /// The prefactor cancels, so nothing under- or overflows however small x is: y = -1e5 is fine.
    package static func logGammaSlopes(_ a: Double, _ y: Double) -> (h: Double, k: Double) {
        guard a > 0, a.isFinite, !y.isNaN, y < .infinity else { return (.nan, .nan) }
        let x = Double.exp(y)
        if a > largestShape {
            // z = a + sqrt(a) ε: dz/da = (a + z) / 2a, and K from d/da of it.
            let h = 0.5 * (1 / a + 1 / x)
            return (h, 0.5 / (a * a) - h * (y - digamma(a)))
        }
        let slope = y - digamma(a)
        let curvature = slope * slope - polygamma(1, a)
        if x < a + 1 {
            // F = p(y) T, T = S / a: F' = p (slope T + T'), F'' = p (curvature T + 2 slope T' + T'').
            let t = gammaSeries(a, x) / Jet(a, 1)
            return (-(slope * t.value + t.first), curvature * t.value + 2 * slope * t.first + t.second)
        }
        let c = gammaFraction(a, x)
        return (slope * c.value + c.first, -(curvature * c.value + 2 * slope * c.first + c.second))
    }
}
