import RealModule

/// Series and continued fractions for tails over their factor, evaluated on jets in the shapes: the same as
/// ``TailIntegral``, some fifty times faster where they converge within some hundred terms.
///
///     x <= a:  P/p = (1 + x/(a+1) + x²/((a+1)(a+2)) + ...) / a                                (A&S 6.5.29)
///     x > a:   Q/p = 1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - ...)))                       (A&S 6.5.31, even part)
///     I/p = 1/(1 + d_1/(1 + d_2/(1 + ...))) / a                                              (DLMF 8.17.22)
///
/// Every function returns nil where shapes are not moderate or where it has not converged; the quadrature is used
/// there.
enum TailSeries {
    private static let smallestShape = 1e-4
    private static let largestShape = 1e4
    private static let mostTerms = 1000
    private static let mostSteps = 400

    /// P(a, x) / p as a function of a, for x up to about a; `shape` may be 1 above the distribution's.
    static func gammaLower(_ shape: Double, _ x: Double) -> TailIntegral? {
        guard shape >= smallestShape, shape <= largestShape else { return nil }
        var (sum, term) = (Jet(1), Jet(1))
        for n in 1...mostTerms {
            // term times x / (a + n), whose derivatives are -1/(a + n) and 2/(a + n)² times itself.
            let unit = 1 / (shape + Double(n))
            let value = term.value * x * unit
            let first = term.first * x * unit - value * unit
            term = Jet(value, first, (term.second * x - 2 * first) * unit)
            sum = sum + term
            if sum.absorbs(term) { return TailIntegral(sum / Jet(shape, 1)) }
        }
        return nil
    }

    /// Q(a, x) / p as a function of a, by Lentz's method as modified by Thompson & Barnett 1986.
    static func gammaUpper(_ a: Double, _ x: Double) -> TailIntegral? {
        guard a >= smallestShape, a <= largestShape, x < 1e100 else { return nil }
        var b = Jet(x + 1 - a, -1)
        guard b.value > 0 else { return nil }
        var c = Jet(1e300)
        var d = Jet(1) / b
        var h = d
        for n in 1...mostSteps {
            let k = Double(n)
            let factor = Jet(-k * (k - a), k)
            b = b + 2
            d = factor * d + b
            c = b + factor / c
            guard abs(d.value) > 1e-200, abs(c.value) > 1e-200 else { return nil }
            d = Jet(1) / d
            let step = d * c
            h = h * step
            if abs(step.value - 1) < 4e-16, abs(step.first) < 1e-15, abs(step.second) < 1e-15 { return TailIntegral(h) }
        }
        return nil
    }

    /// p/Q - (x + 1 - a): the part of the fraction behind its first term.
    static func gammaUpperBend(_ a: Double, _ x: Double) -> Double? {
        var b = x + 3 - a
        var (c, d) = (1e300, 1 / b)
        var h = d
        for n in 2...mostSteps {
            let factor = -Double(n) * (Double(n) - a)
            b += 2
            d = 1 / (factor * d + b)
            c = b + factor / c
            let step = d * c
            h *= step
            if abs(step - 1) < 4e-16 { return (a - 1) * h }
        }
        return nil
    }

    /// I_x(a, b) / p as a function of a and b, for x up to about a / (a + b); `a` may be 1 above the distribution's.
    /// Nearer to 1 than 1e-4 x itself has lost the digits of 1 - x.
    static func betaLower(_ a: Double, _ b: Double, _ x: Double) -> TailIntegral? {
        guard min(a, b) >= smallestShape, max(a, b) <= largestShape, x > 1e-290, x < 0.9999 else { return nil }
        var c = PlaneJet(value: 1)
        let first = PlaneJet(value: -(a + b) * x, a: -x, b: -x) / PlaneJet(value: a + 1, a: 1)
        guard first.value > -0.999999 else { return nil }
        var d = (first + 1).inverse
        var h = d
        for m in 1...mostSteps {
            let k = Double(m)
            let (even, odd) = betaTerms(a, b, x, k)
            d = (even * d + 1).inverse
            c = even / c + 1
            h = h * (d * c)
            d = (odd * d + 1).inverse
            c = odd / c + 1
            let step = d * c
            h = h * step
            guard abs(c.value) > 1e-200, h.value.isFinite else { return nil }
            if abs(step.value - 1) < 4e-16, step.slope < 1e-15 { return TailIntegral(h / PlaneJet(value: a, a: 1)) }
        }
        return nil
    }

    /// d_2k = k (b - k) x / ((a + 2k - 1) (a + 2k)) and d_2k+1 = -(a + k) (a + b + k) x / ((a + 2k) (a + 2k + 1)).
    private static func betaTerms(
        _ a: Double, _ b: Double, _ x: Double, _ k: Double
    ) -> (even: PlaneJet, odd: PlaneJet) {
        let (p, q, r) = (1 / (a + 2 * k - 1), 1 / (a + 2 * k), 1 / (a + 2 * k + 1))
        // f = p q is 1/((a + 2k - 1) (a + 2k)): f' = -f (p + q), f'' = 2 f (p² + p q + q²).
        let scale = k * x * p * q
        let (slope, bend) = (-(p + q), 2 * (p * p + p * q + q * q))
        let even = PlaneJet(
            value: scale * (b - k), a: scale * (b - k) * slope, b: scale,
            aa: scale * (b - k) * bend, ab: scale * slope, bb: 0)
        let rest = -x * q * r
        let (fall, turn) = (-(q + r), 2 * (q * q + q * r + r * r))
        let (own, both) = (a + k, a + b + k)
        let product = own * both
        let odd = PlaneJet(
            value: rest * product, a: rest * (product * fall + own + both), b: rest * own,
            aa: rest * (product * turn + 2 * (own + both) * fall + 2), ab: rest * (own * fall + 1), bb: 0)
        return (even, odd)
    }
}

extension TailIntegral {
    /// The value of the integral with its derivatives by a.
    init(_ jet: Jet) {
        self.init(log: Double.log(jet.value), a: jet.first / jet.value, aa: jet.second / jet.value)
    }

    init(_ jet: PlaneJet) {
        let unit = 1 / jet.value
        self.init(
            log: Double.log(jet.value), a: jet.a * unit, b: jet.b * unit,
            aa: jet.aa * unit, ab: jet.ab * unit, bb: jet.bb * unit)
    }
}
