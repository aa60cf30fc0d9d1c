import Autodiff
import RealModule
import Scripting
import Tensors

/// Mixed pairs: KL(p || q) = -H(p) - E_p[log q(X)], where log q is a polynomial in x, log x, log(1 - x) or |x|, whose
/// expectations are known.
extension Divergence {
    static var crossFamily: [Rule] {
        [
            // -E[log q] for a normal q needs mean and variance of p only.
            rule { (p: Beta, q: Normal) in try normal(p, q) },
            rule { (p: Exponential, q: Normal) in try normal(p, q) },
            rule { (p: Gamma, q: Normal) in try normal(p, q) },
            rule { (p: Laplace, q: Normal) in try normal(p, q) },
            rule { (p: Uniform, q: Normal) in try normal(p, q) },
            rule { (p: Beta, q: Exponential) in try exponential(p, q) },
            rule { (p: Gamma, q: Exponential) in
                try .gammaDivergence(p.concentration, p.rate, q.rate.constant { _ in 1 }, q.rate)
            },
            rule { (p: Uniform, q: Exponential) in try infinite(exponential(p, q), where: p.low) { $0 < 0 } },
            rule { (p: Beta, q: Gamma) in try gamma(p, meanLog: p.meanLog, q) },
            rule { (p: Exponential, q: Gamma) in
                try .gammaDivergence(p.rate.constant { _ in 1 }, p.rate, q.concentration, q.rate)
            },
            rule { (p: Uniform, q: Gamma) in
                let meanLog = try Variable.meanLog(p.low, p.high)
                return try infinite(gamma(p, meanLog: meanLog, q), where: p.low) { $0 < 0 }
            },
            rule { (p: Beta, q: Uniform) in
                let value = try (q.high - q.low).log() - p.entropy()
                return try infinite(infinite(value, where: q.low) { $0 > 0 }, where: q.high) { $0 < 1 }
            },
            rule { (p: Uniform, q: Beta) in
                let log = try Variable.meanLog(p.low, p.high)
                let logComplement = try Variable.meanLog(1 - p.high, 1 - p.low)
                let value = try Variable.logBeta(q.a, q.b) - (q.a - 1) * log - (q.b - 1) * logComplement - p.entropy()
                return try infinite(infinite(value, where: p.low) { $0 < 0 }, where: p.high) { $0 > 1 }
            },
            rule { (p: Normal, q: Laplace) in
                // E|X - m| of a normal X: the mean of a folded normal distribution.
                let away = try p.loc - q.loc
                let z = try away / p.scale
                let distance =
                    try p.scale * (z * z * -0.5).exp() * (2 / Double.pi).squareRoot() + away
                    * (z * 0.5.squareRoot()).erf()
                return try q.scale.log() + Double.log(2) + distance / q.scale - p.entropy()
            },
            rule { (p: Bernoulli, q: Poisson) in try q.rate - p.entropy() - p.probs.weighing(q.rate.log()) },
        ]
    }

    /// Pairs whose first distribution always has draws outside the second's support: infinite.
    static var infinite: [Rule] {
        [
            never { (_: Exponential, _: Beta) in }, never { (_: Exponential, _: Uniform) in },
            never { (_: Gamma, _: Beta) in }, never { (_: Gamma, _: Uniform) in },
            never { (_: Laplace, _: Beta) in }, never { (_: Laplace, _: Exponential) in },
            never { (_: Laplace, _: Gamma) in }, never { (_: Laplace, _: Uniform) in },
            never { (_: Normal, _: Beta) in }, never { (_: Normal, _: Exponential) in },
            never { (_: Normal, _: Gamma) in }, never { (_: Normal, _: Uniform) in },
            never { (_: Poisson, _: Bernoulli) in }, never { (_: Poisson, _: Binomial) in },
            never { (_: Gumbel, _: Beta) in }, never { (_: Gumbel, _: Exponential) in },
            never { (_: Gumbel, _: Gamma) in },
            never { (_: Gumbel, _: Pareto) in }, never { (_: Gumbel, _: Uniform) in },
            never { (_: Pareto, _: Beta) in }, never { (_: Pareto, _: Uniform) in },
            never { (_: Beta, _: Pareto) in }, never { (_: Exponential, _: Pareto) in },
            never { (_: Gamma, _: Pareto) in },
            never { (_: Laplace, _: Pareto) in }, never { (_: Normal, _: Pareto) in },
        ]
    }

    private static func never<P: Distribution, Q: Distribution>(_ pair: (P, Q) -> Void) -> Rule {
        rule { (p: P, q: Q) in
            let shape = try Shape.broadcast(p.batchShape, q.batchShape, for: "distribution.kl_divergence")
            return Variable(try Tensor.full(shape, .infinity, p.dtype.promoted(with: q.dtype)))
        }
    }

    /// KL(p || normal q) = log(2π σ²)/2 + (variance + (mean - μ)²) / 2σ² - H(p), with p's mean and variance.
    static func normal(_ p: some Distribution, _ q: Normal) throws -> Variable {
        // Quotients are formed before squaring, so that over- and underflow come later.
        let (away, spread) = (try (p.mean() - q.loc) / q.scale, try p.standardDeviation() / q.scale)
        return try q.scale.log() + 0.5 * Double.log(2 * .pi) + (spread * spread + away * away) * 0.5 - p.entropy()
    }

    /// KL(p || exponential q) = rate mean - log rate - H(p), with p's mean.
    static func exponential(_ p: some Distribution, _ q: Exponential) throws -> Variable {
        try q.rate * p.mean() - q.rate.log() - p.entropy()
    }

    /// KL(p || gamma q) = log Γ(a) - a log rate - (a - 1) E log X + rate mean - H(p), with expectations under p.
    static func gamma(_ p: some Distribution, meanLog: Variable, _ q: Gamma) throws -> Variable {
        let a = q.concentration
        return try a.lgamma() - a * q.rate.log() - (a - 1) * meanLog + q.rate * p.mean() - p.entropy()
    }

    private static func infinite(
        _ value: Variable, where bound: Variable, _ outside: @escaping @Sendable (Double) -> Bool
    ) throws -> Variable {
        try value.constant(.infinity).choose(bound.indicator(outside), value)
    }
}

extension Beta {
    /// E log X = ψ(a) - ψ(a + b).
    var meanLog: Variable {
        get throws {
            try a.pairwise(
                "beta_mean_log", b,
                slopes: ({ try $0.polygamma(1) - ($0 + $1).polygamma(1) }, { try -($0 + $1).polygamma(1) })
            ) { Special.logShareOf($0, $1) + Special.digammaGapDifference($0 + $1, $0, gap: $1) }
        }
    }
}

extension Variable {
    /// E log X of a uniform X: (h log h - l log l) / (h - l) - 1. Ends below 0 count as 0; the caller does not use the
    /// result there.
    static func meanLog(_ low: Variable, _ high: Variable) throws -> Variable {
        try low.clamp(0, .infinity).pairwise(
            "mean_log", high.clamp(0, .infinity), slopes: ({ try meanLogSlope($1, $0) }, { try meanLogSlope($0, $1) })
        ) {
            Special.meanLog($0, $1)
        }
    }

    /// The derivative of ``meanLog(_:_:)`` by h, (log h - E log X) / (h - l); that by l is the same with both
    /// exchanged.
    private static func meanLogSlope(_ l: Variable, _ h: Variable) throws -> Variable {
        try l.pairwise(
            "mean_log_slope", h,
            slopes: (
                { try (meanLogSlope($0, $1) - meanLogSlope($1, $0)) / ($1 - $0) },
                { try (1 / $1 - meanLogSlope($0, $1) * 2) / ($1 - $0) }
            )
        ) { Special.meanLogSlope($0, $1) }
    }
}

extension Special {
    /// With the middle c and t = (h - l) / (h + l): log c - t²/6 - t⁴/20 - ... of narrow intervals.
    static func meanLog(_ l: Double, _ h: Double) -> Double {
        let t = (h - l) / (h + l)
        guard t < 0.5 else { return Double.log(h) - (l == 0 ? 0 : l / (h - l) * (Double.log(l) - Double.log(h))) - 1 }
        var (sum, power, k) = (0.0, t * t, 2.0)
        while power > 1e-18 * t * t {
            sum -= power / (k * (k + 1))
            power *= t * t
            k += 2
        }
        return Double.log((l + h) / 2) + sum
    }

    /// (log h - meanLog) / (h - l) for h on either side of l: with x = h/l - 1 it is (1 - log(1 + x) / x) / (h - l).
    static func meanLogSlope(_ l: Double, _ h: Double) -> Double {
        if l == 0 { return 1 / h }
        if h == 0 { return .infinity }
        let x = (h - l) / l
        if abs(x) < 0.5 { return -log1pmx(x) / x / (h - l) }
        return (1 - (Double.log(h) - Double.log(l)) / x) / (h - l)
    }
}
