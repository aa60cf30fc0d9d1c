import RealModule

/// Student's t distribution with ν degrees of freedom: f(t) = C(ν) (1 + t²/ν)^(-(ν + 1)/2), log C = halfStep(ν/2) -
/// log(2π)/2.
extension Special {
    /// log f(t), accurate also where t² overflows or ν is so large that the distribution is normal.
    package static func studentLogDensity(_ df: Double, _ t: Double) -> Double {
        halfStep(df / 2) - 0.5 * Double.log(2 * .pi) - (df / 2 + 0.5) * log1pSquare(df, t)
    }

    /// log(1 + t²/ν).
    private static func log1pSquare(_ df: Double, _ t: Double) -> Double {
        let root = abs(t) / df.squareRoot()
        return root < 1e100 ? Double.log(onePlus: root * root) : 2 * (Double.log(abs(t)) - 0.5 * Double.log(df))
    }

    /// ∂ log f / ∂ν, or with `second` ∂² log f / ∂ν². With q = t²/ν and r = q / (1 + q) the first is
    /// halfStep'(ν/2)/2 - (log(1 + q) - r)/2 + r / 2ν.
    package static func studentScore(_ df: Double, _ t: Double, second: Bool = false) -> Double {
        second ? halfStep(df / 2, 2) / 4 + studentBend(df, t) : halfStep(df / 2, 1) / 2 + studentPart(df, t)
    }

    /// The terms of ∂ log f / ∂ν that depend on t.
    private static func studentPart(_ df: Double, _ t: Double) -> Double {
        let (q, r) = studentRatios(df, t)
        let bend = q < 1 ? -log1pmx(-r) : log1pSquare(df, t) - r
        return -0.5 * bend + 0.5 * r / df
    }

    /// The terms of ∂² log f / ∂ν² that depend on t.
    private static func studentBend(_ df: Double, _ t: Double) -> Double {
        let r = studentRatios(df, t).r
        return 0.5 * (r * r - r * (2 - r) / df) / df
    }

    /// q = t²/ν and r = q / (1 + q).
    private static func studentRatios(_ df: Double, _ t: Double) -> (q: Double, r: Double) {
        let root = abs(t) / df.squareRoot()
        let q = root * root
        return (q, q < 1 ? q / (1 + q) : 1 / (1 + 1 / q))
    }

    /// The tails of Student's t, with derivatives by ν (as a).
    ///
    /// From |t| = 1 on, by ∫ f(|t| e^u) |t| e^u du; nearer to 0 as 1/2 - ∫ f from 0; for small ν as
    /// I_x(ν/2, 1/2) / 2 with x = ν / (ν + t²). `plain` does that below ν = 1 only, and by the quadrature alone.
    package static func studentTails(_ df: Double, _ t: Double, plain: Bool = false) -> Tails {
        guard df > 0, !df.isInfinite, !t.isNaN else { return .undefined }
        if t.isInfinite { return t < 0 ? .start : .end }
        // Where t²/ν underflows the density is constant, and ``nearStudent`` is accurate for every ν.
        let isHeavy = df < (plain ? 1 : lightest) && abs(t) > 1e-100 * df.squareRoot()
        let upper =
            isHeavy ? heavyStudent(df, abs(t), plain) : abs(t) < 1 ? nearStudent(df, abs(t)) : farStudent(df, abs(t))
        return t < 0 ? Tails(upper, upper.complement) : Tails(upper: upper)
    }

    /// From this ν on, derivatives by ν would cancel if computed by the incomplete beta function.
    private static let lightest = 512.0

    private static func farStudent(_ df: Double, _ t: Double) -> Tail {
        let root = t / df.squareRoot()
        let r = root < 1 ? root * root / (1 + root * root) : 1 / (1 + 1 / (root * root))
        let rest = 1 / (1 + root * root)
        let power = df / 2 + 0.5
        let slope = max((df + 1) * r - 1, 0)
        let second = halfStep(df / 2, 2) / 4
        let integral = TailIntegral(width: 1 / (slope + (2 * (df + 1) * r).squareRoot())) { u in
            let s = t * Double.exp(u)
            let w = r * Double.expMinusOne(2 * u)
            let growth = u < 300 ? Double.log(onePlus: w) : 2 * u + Double.log(r)
            // r at s minus r at t.
            let rise = r * rest / (r + 1 / Double.expMinusOne(2 * u))
            let share = w / (1 + w)
            let excess = w < 1 ? r * share - log1pmx(-share) : growth - rise
            // The score at s minus that at t.
            let change = 0.5 * (rise / df - excess)
            return (u - power * growth, change, 0, second + studentBend(df, s), (df + 1) * rise)
        }
        let score = studentScore(df, t)
        var tail = Tail(log: studentLogDensity(df, t) + Double.log(t) + integral.log)
        tail.a = score + integral.a
        tail.aa = score * score + 2 * score * integral.a + integral.aa
        tail.lean = (-integral.a, 0)
        tail.curvature = (integral.aa - integral.a * integral.a, 0, 0)
        tail.logIntegral = integral.log
        tail.bend = integral.change.map { $0 - 1 }
        return tail
    }

    private static func nearStudent(_ df: Double, _ t: Double) -> Tail {
        if t == 0 { return Tail(log: Double.log(0.5)) }
        let top = studentLogDensity(df, 0)
        let power = df / 2 + 0.5
        let (first, second) = (halfStep(df / 2, 1) / 2, halfStep(df / 2, 2) / 4)
        let centre = TailIntegral(from: 0, to: t, top: top) { s in
            (top - power * log1pSquare(df, s), first + studentPart(df, s), 0, second + studentBend(df, s), 0)
        }
        let inner = Double.exp(centre.log)
        let outer = 0.5 - inner
        var tail = Tail(log: Double.log(outer))
        (tail.a, tail.aa) = (-inner / outer * centre.a, -inner / outer * centre.aa)
        return tail
    }

    private static func heavyStudent(_ df: Double, _ t: Double, _ plain: Bool) -> Tail {
        if t == 0 { return Tail(log: Double.log(0.5)) }
        let logOdds = 2 * Double.log(t) - Double.log(df)
        let odds = Double.exp(logOdds)
        let (x, y) = (1 / (1 + odds), 1 / (1 + 1 / odds))
        let logX = -(logOdds < 0 ? Double.log(onePlus: odds) : logOdds + Double.log(onePlus: 1 / odds))
        let gap = 0.5 * (odds < 1e300 ? (df * odds - 1) / (1 + odds) : df)
        let a = df / 2
        let at = BetaPoint(x: x, y: y, logX: logX, logY: logX + logOdds, gap: gap)
        let beta = betaTails(a, 0.5, at, plain).lower
        // dx/dν = x y / ν at fixed t; the density of x times x over I.
        let rate = Double.exp((beta.logIntegral.map { -$0 } ?? betaFactor(a, 0.5, at) - beta.log) - at.logY)
        let score = logX - digamma(a) + digamma(a + 0.5)
        var tail = Tail(log: beta.log - Double.log(2))
        // The beta distribution's factor is f(t) t.
        tail.logIntegral = beta.logIntegral.map { $0 - Double.log(2) }
        tail.a = 0.5 * beta.a + rate * y / df
        // With g = x f / I: ∂g/∂a and x ∂g/∂x at fixed I, and d(y/ν)/dν = -y (1 + x) / ν².
        let bend = a + 0.5 * x / y
        tail.aa =
            0.25 * beta.aa + rate * y / df * score + rate * y * y / (df * df) * bend - rate * y * (1 + x) / (df * df)
        guard let lean = beta.lean, let curvature = beta.curvature, let integral = beta.logIntegral else { return tail }
        // log J(a, x) of the tail J over its factor: by a, and by x times x y, at fixed t.
        let (inverse, byA) = (Double.exp(-integral), -lean.a)
        let byX = inverse - gap
        let byAA = curvature.aa + polygamma(1, a) - polygamma(1, a + 0.5)
        tail.lean = (-(0.5 * byA + byX / df), 0)
        let mixed = -(inverse * byA + y) / df
        let byXX = -inverse * byX + (a + 0.5) * x * y - byX * (y - x)
        tail.curvature = (
            studentScore(df, t, second: true) + 0.25 * byAA + mixed + (byXX - 2 * x * byX) / (df * df), 0, 0
        )
        return tail
    }
}
