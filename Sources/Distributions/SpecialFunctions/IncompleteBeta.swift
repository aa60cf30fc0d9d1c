import RealModule

/// The regularised incomplete beta function I_x(a, b), its complement, and their derivatives by a and b.
///
/// With t / (1 - t) = x / (1 - x) e^-u, n = a + b and the factor p = x^a (1 - x)^b / B(a, b),
///
///     I = p ∫ exp(-a u - n log(1 - x + x e^-u)) du   over u > 0,
///
/// by ``TailSeries`` for moderate shapes, else by ``TailIntegral``, up to the mean a/n, above it
/// 1 - I = I_{1-x}(b, a). For a below 1, I = p/a (1 + x n ∫ of a + 1).
extension Special {
    /// A point of a beta distribution: x and 1 - x, each to full precision, and n (mean - x) = a (1 - x) - b x.
    struct BetaPoint {
        var x: Double, y: Double
        var logX: Double, logY: Double
        var gap: Double

        init(x: Double, y: Double, logX: Double, logY: Double, gap: Double) {
            (self.x, self.y, self.logX, self.logY, self.gap) = (x, y, logX, logY, gap)
        }

        init(_ a: Double, _ b: Double, _ x: Double) {
            let y = 1 - x
            self.init(
                x: x, y: y, logX: x > 0.5 ? Double.log(onePlus: -y) : Double.log(x), logY: Double.log(onePlus: -x),
                gap: betaGap(a, b, x))
        }

        var mirrored: BetaPoint { BetaPoint(x: y, y: x, logX: logY, logY: logX, gap: -gap) }
    }

    /// a - (a + b) x, with a single rounding.
    static func betaGap(_ a: Double, _ b: Double, _ x: Double) -> Double {
        let (n, nRest) = exactSum(a, b)
        let (product, rest) = exactProduct(n, x)
        return ((a - product) - rest) - nRest * x
    }

    /// I_x(a, b) and 1 - I_x(a, b) for a, b > 0, 0 <= x <= 1; with `plain` by quadrature only, for tests.
    package static func betaTails(_ a: Double, _ b: Double, _ x: Double, plain: Bool = false) -> Tails {
        guard a > 0, b > 0, a.isFinite, b.isFinite, x >= 0, x <= 1 else { return .undefined }
        if x == 0 { return .start }
        if x == 1 { return .end }
        return betaTails(a, b, BetaPoint(a, b, x), plain)
    }

    static func betaTails(_ a: Double, _ b: Double, _ at: BetaPoint, _ plain: Bool = false) -> Tails {
        let lower = at.gap >= 0
        let (a, b, at) = lower ? (a, b, at) : (b, a, at.mirrored)
        // For small a, more than half of the probability may lie below a small x.
        let isTail = a >= 1 || betaFactor(a, b, at) - Double.log(a) < Double.log(0.5)
        // Near 0 the continued fraction of the other tail converges slowly; the complement loses up to two digits.
        if isTail || (!plain && at.x < 0.02) {
            let tail = betaTail(a, b, at, plain)
            if isTail || tail.log < Double.log(0.99) {
                let tails = Tails(lower: tail)
                return lower ? tails : tails.mirrored
            }
        }
        let tails = Tails(upper: betaTail(b, a, at.mirrored, plain).mirrored)
        return lower ? tails : tails.mirrored
    }

    /// log p.
    static func betaFactor(_ a: Double, _ b: Double, _ at: BetaPoint) -> Double {
        let n = a + b
        let own = abs(at.gap) < 0.5 * a ? a * log1pmx(-at.gap / a) : a * (at.logX - logShare(a, b)) + at.gap
        let other = abs(at.gap) < 0.5 * b ? b * log1pmx(at.gap / b) : b * (at.logY - logShare(b, a)) - at.gap
        return own + other + 0.5 * (Double.log(a) + logShare(b, a) - Double.log(2 * .pi)) + stirlingError(n)
            - stirlingError(a)
            - stirlingError(b)
    }

    /// Where the density relative to its value at x changes: n times the part of E that is not linear in u, over -n.
    private static func curvature(_ at: BetaPoint, _ u: Double) -> Double {
        if at.x <= 0.5 {
            return log1pmx(at.x * Double.expMinusOne(-u)) + at.x * expm1mx(-u)
        }
        let w = at.y * Double.expMinusOne(min(u, 700))
        if w < 1 { return log1pmx(w) + at.y * expm1mx(u) }
        return (u < 700 ? Double.log(onePlus: w) : u + Double.log(at.y + at.x * Double.exp(-u))) - at.y * u
    }

    private static func betaTail(_ a: Double, _ b: Double, _ at: BetaPoint, _ plain: Bool) -> Tail {
        let raised = a < 1 ? 1.0 : 0
        let n = a + b
        let integral = (plain ? nil : TailSeries.betaLower(a + raised, b, at.x)) ?? betaIntegral(a, b, at, raised)
        let both = polygamma(1, n)
        if raised == 0 {
            let sA = logRatio(at.gap, a, at.logX, b) + digammaGap(a) - digammaGap(n)
            let sB = logRatio(-at.gap, b, at.logY, a) + digammaGap(b) - digammaGap(n)
            var tail = Tail(log: betaFactor(a, b, at) + integral.log)
            tail.a = sA + integral.a
            tail.b = sB + integral.b
            let byA = digammaGap(a, 1) - digammaGap(n, 1) - b / a / n
            let byB = digammaGap(b, 1) - digammaGap(n, 1) - a / b / n
            tail.aa = sA * sA + 2 * sA * integral.a + integral.aa + byA
            tail.ab = sA * sB + sA * integral.b + sB * integral.a + integral.ab + both
            tail.bb = sB * sB + 2 * sB * integral.b + integral.bb + byB
            tail.lean = (-integral.a, -integral.b)
            tail.curvature = (
                integral.aa - integral.a * integral.a + byA, integral.ab - integral.a * integral.b + both,
                integral.bb - integral.b * integral.b + byB
            )
            tail.logIntegral = integral.log
            tail.bend = integral.change.map { -$0 - (at.y - at.x) }
            return tail
        }
        // p/a W with W = 1 + x n M(a + 1, b).
        let m = at.x * Double.exp(integral.log)
        let w = 1 + n * m
        let wA = (m + n * m * integral.a) / w
        let wB = (m + n * m * integral.b) / w
        let sA = at.logX - digamma(a + 1) + digamma(n)
        let sB = logRatio(-at.gap, b, at.logY, a) + digammaGap(b) - digammaGap(n)
        var tail = Tail(log: betaFactor(a, b, at) - Double.log(a) + Double.log(w))
        tail.a = sA + wA
        tail.b = sB + wB
        let wAA = m * (2 * integral.a + n * integral.aa) / w - polygamma(1, a + 1) + both
        let wAB = m * (integral.a + integral.b + n * integral.ab) / w + both
        let wBB = m * (2 * integral.b + n * integral.bb) / w + digammaGap(b, 1) - digammaGap(n, 1) - a / b / n
        tail.aa = sA * sA + 2 * sA * wA + wAA
        tail.ab = sA * sB + sA * wB + sB * wA + wAB
        tail.bb = sB * sB + 2 * sB * wB + wBB
        tail.lean = (1 / a - wA, -wB)
        tail.curvature = (wAA - wA * wA, wAB - wA * wB, wBB - wB * wB)
        tail.logIntegral = Double.log(w / a)
        return tail
    }

    /// I_x(a + raised, b) over its factor.
    private static func betaIntegral(_ a: Double, _ b: Double, _ at: BetaPoint, _ raised: Double) -> TailIntegral {
        let (order, slope) = (a + b + raised, at.gap + raised * at.y)
        let peak = slope < 0 ? max(0, at.logX - at.logY - Double.log((a + raised) / b)) : 0
        let width = 1 / (abs(slope) + (order * at.x * at.y).squareRoot() + 1e-300)
        return TailIntegral(peak: peak, width: min(width, 8)) { u in
            let w = at.x * Double.expMinusOne(-u)
            let b = -(w > -0.5 ? Double.log(onePlus: w) : Double.log(at.y + at.x * Double.exp(-u)))
            let a = u < 600 ? -Double.log(onePlus: at.y * Double.expMinusOne(u)) : b - u
            let change = -order * at.x * at.y * Double.expMinusOne(-u) / (at.y + at.x * Double.exp(-u))
            return (-slope * u - order * curvature(at, u), a, b, 0, change)
        }
    }

    /// log(x / mean), with gap = a - n x.
    private static func logRatio(_ gap: Double, _ a: Double, _ logX: Double, _ b: Double) -> Double {
        abs(gap) < 0.5 * a ? Double.log(onePlus: -gap / a) : logX - logShare(a, b)
    }

    /// The log-density (a - 1) log x + (b - 1) log(1 - x) - log B(a, b).
    package static func betaLogDensity(_ a: Double, _ b: Double, _ x: Double) -> Double {
        if x.isNaN { return x }
        guard x > 0, x < 1, max(a, b) >= 16 else {
            let own = a == 1 ? 0 : (a - 1) * Double.log(x)
            let other = b == 1 ? 0 : (b - 1) * Double.log(onePlus: -x)
            return own + other - logBeta(a, b)
        }
        let at = BetaPoint(a, b, x)
        return betaFactor(a, b, at) - at.logX - at.logY
    }

    /// log x - ψ(a) + ψ(a + b): the derivative of ``betaLogDensity(_:_:_:)`` by a.
    static func betaScore(_ a: Double, _ b: Double, _ at: BetaPoint) -> Double {
        logRatio(at.gap, a, at.logX, b) + digammaGap(a) - digammaGap(a + b)
    }
}
