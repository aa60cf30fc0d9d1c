import RealModule

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

private func complementOfErf(_ x: Double) -> Double { erfc(x) }

/// Special functions of real numbers, in Double. `Variable`'s methods of the same names add the gradients.
///
/// Outside its domain every function here is NaN; none traps.
package enum Special {
    /// log |Γ(x)|, the C library's; +inf at 0, -1, -2, ...
    package static func lgamma(_ x: Double) -> Double {
        // lgamma_r, because lgamma writes a global sign.
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }

    /// ψ(x) = d/dx log Γ(x). Recurrence up to x >= 10, then the asymptotic series (Abramowitz & Stegun 6.3.18);
    /// reflection (6.3.7) below 0. -inf at 0, NaN at -1, -2, ..., which are poles with both signs.
    package static func digamma(_ x: Double) -> Double {
        if x.isNaN || x == -.infinity { return .nan }
        if x == .infinity { return x }
        if x <= 0 {
            if x == 0 { return -.infinity }
            if x == x.rounded() { return .nan }
            return digamma(1 - x) - .pi / Double.tan(.pi * (x - x.rounded()))
        }
        var (x, shift) = (x, 0.0)
        while x < 10 {
            shift += 1 / x
            x += 1
        }
        let t = 1 / (x * x)
        let series =
            t * (1 / 12 - t * (1 / 120 - t * (1 / 252 - t * (1 / 240 - t * (1 / 132 - t * (691 / 32760 - t / 12))))))
        return Double.log(x) - 0.5 / x - series - shift
    }

    /// ψ⁽ⁿ⁾(x), the n-th derivative of ψ, for n >= 0: for x > 0 (-1)ⁿ⁺¹ n! ζ(n + 1, x) (A&S 6.4.10); ψ' below 0 by
    /// reflection (6.4.7), the others by recurrence, NaN below -1000 and at poles.
    package static func polygamma(_ n: Int, _ x: Double) -> Double {
        if n == 0 { return digamma(x) }
        guard n > 0, x > 0 else { return n > 0 && x < 0 && x != x.rounded() ? polygammaBelow(n, x) : .nan }
        if n == 1 { return trigamma(x) }
        let magnitude = Double.exp(lgamma(Double(n) + 1)) * zeta(Double(n) + 1, x)
        return n % 2 == 1 ? magnitude : -magnitude
    }

    private static func polygammaBelow(_ n: Int, _ x: Double) -> Double {
        if n == 1 {
            let sine = Double.sin(.pi * (x - x.rounded()))
            return .pi / sine * (.pi / sine) - trigamma(1 - x)
        }
        guard x > -1000 else { return .nan }
        // ψ⁽ⁿ⁾(x) = ψ⁽ⁿ⁾(x + 1) - (-1)ⁿ n! x^-(n + 1).
        let factor = (n % 2 == 0 ? -1 : 1) * Double.exp(lgamma(Double(n) + 1))
        var (x, sum) = (x, 0.0)
        while x < 0 {
            sum += factor * Double.pow(x, -(n + 1))
            x += 1
        }
        return sum + polygamma(n, x)
    }

    /// ψ'(x) for x > 0: the recurrence up to x >= 12, then 1/x + 1/(2x²) + 1/(6x³) - ... (A&S 6.4.12).
    private static func trigamma(_ x: Double) -> Double {
        if x == .infinity { return 0 }
        var (x, shift) = (x, 0.0)
        while x < 12 {
            shift += 1 / (x * x)
            x += 1
        }
        let unit = 1 / x
        let t = unit * unit
        let end = t * (5 / 66 - t * (691 / 2730 - t * 7 / 6))
        let series = t * (1 / 6 - t * (1 / 30 - t * (1 / 42 - t * (1 / 30 - end))))
        return shift + unit * (1 + 0.5 * unit + series)
    }

    /// Hurwitz's ζ(s, x) = Σ_{k >= 0} (x + k)^-s for s > 1, x > 0, by Euler-Maclaurin summation from x + k >= 12
    /// (Cephes' zeta, Moshier 1987, does the same from 9).
    private static func zeta(_ s: Double, _ x: Double) -> Double {
        if x == .infinity { return 0 }
        var (x, sum) = (x, 0.0)
        while x < 12 + s {
            sum += Double.pow(x, -s)
            x += 1
        }
        let power = Double.pow(x, -s)
        sum += x * power / (s - 1) + power / 2
        // B_2j / (2j)!, j = 1, 2, ...
        let bernoulli = [
            1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1_209_600, 1.0 / 47_900_160, -691.0 / 1_307_674_368_000,
            1.0 / 74_724_249_600,
        ]
        var factor = s * power / x
        for (j, b) in bernoulli.enumerated() {
            sum += b * factor
            let k = Double(2 * j + 1)
            factor *= (s + k) * (s + k + 1) / (x * x)
        }
        return sum
    }

    /// 1 - erf(x), the C library's.
    static func erfc(_ x: Double) -> Double { complementOfErf(x) }

    /// Φ(x), the standard normal distribution function, right in both tails.
    package static func normalCDF(_ x: Double) -> Double { 0.5 * erfc(-x * 0.5.squareRoot()) }

    /// log Φ(x).
    package static func logNormalCDF(_ x: Double) -> Double {
        if x > 0 { return Double.log(onePlus: -0.5 * erfc(x * 0.5.squareRoot())) }
        if x > -5 { return Double.log(normalCDF(x)) }
        return -0.5 * x * x - 0.5 * Double.log(2 * .pi) + millsRatio(-x).log
    }

    /// φ(x) / Φ(x), and that plus x.
    package static func normalHazard(_ x: Double) -> (value: Double, excess: Double) {
        if x == -.infinity { return (.infinity, 0) }
        if x > -2 {
            let value = Double.exp(-0.5 * x * x) / ((2 * Double.pi).squareRoot() * normalCDF(x))
            return (value, value + x)
        }
        // 1 / M with M = ∫ exp(x u - u²/2) du, and 1 + x M = ∫ u exp(x u - u²/2) du.
        let mills = millsRatio(-x)
        return (Double.exp(-mills.log), mills.a)
    }

    /// Φ(-x) / φ(x) for x >= 0 as ∫ exp(-x u - u²/2) du, with the mean of u under it.
    private static func millsRatio(_ x: Double) -> TailIntegral {
        if x == .infinity { return TailIntegral(from: 0, to: 1, top: 0) { _ in (-.infinity, 0, 0, 0, 0) } }
        return TailIntegral(width: 1 / (1 + x)) { u in (-x * u - 0.5 * u * u, u, 0, 0, u) }
    }
}
