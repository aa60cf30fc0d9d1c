import Autodiff
import RealModule
import Scripting
import Tensors

/// Mixed pairs: KL(p || q) = -H(p) - E_p[log q(X)], where log q is a polynomial in x, log x, log(1 - x) or |x|, whose
/// expectations are known.
extension Divergence {
    static var crossFamily: [Rule] {
        [
            // -E log q for a normal q needs two moments only.
            rule { (p: Beta, q: Normal) in try normal(p, q) },
            rule { (p: Exponential, q: Normal) in try normal(p, q) },
            rule { (p: Gamma, q: Normal) in try normal(p, q) },
            rule { (p: Laplace, q: Normal) in try normal(p, q) },
            rule { (p: Uniform, q: Normal) in try normal(p, q) },
            rule { (p: Beta, q: Exponential) in try exponential(p, q) },
            rule { (p: Gamma, q: Exponential) in try exponential(p, q) },
            rule { (p: Uniform, q: Exponential) in try infinite(exponential(p, q), where: p.low) { $0 < 0 } },
            rule { (p: Beta, q: Gamma) in try gamma(p, meanLog: p.meanLog, q) },
            rule { (p: Exponential, q: Gamma) in try gamma(p, meanLog: -(p.rate.log() + eulerGamma), q) },
            rule { (p: Uniform, q: Gamma) in
                let meanLog = try meanLog(p.low, p.high)
                return try infinite(gamma(p, meanLog: meanLog, q), where: p.low) { $0 < 0 }
            },
            rule { (p: Beta, q: Uniform) in
                let value = try (q.high - q.low).log() - p.entropy()
                return try infinite(infinite(value, where: q.low) { $0 > 0 }, where: q.high) { $0 < 1 }
            },
            rule { (p: Uniform, q: Beta) in
                let log = try meanLog(p.low, p.high)
                let logComplement = try meanLog(1 - p.high, 1 - p.low)
                let value = try Variable.logBeta(q.a, q.b) - (q.a - 1) * log - (q.b - 1) * logComplement - p.entropy()
                return try infinite(infinite(value, where: p.low) { $0 < 0 }, where: p.high) { $0 > 1 }
            },
            rule { (p: Normal, q: Laplace) in
                // E|X - m| of a folded normal.
                let away = try p.loc - q.loc
                let z = try away / p.scale
                let distance = try p.scale * (z * z * -0.5).exp() * (2 / Double.pi).squareRoot() + away * (z * 0.5.squareRoot()).erf()
                return try (q.scale * 2).log() + distance / q.scale - p.entropy()
            },
            rule { (p: Bernoulli, q: Poisson) in try q.rate - p.entropy() - p.probs.weighing(q.rate.log()) },
        ]
    }

    /// Pairs whose first law always reaches outside the second's support.
    static var infinite: [Rule] {
        [
            never { (_: Exponential, _: Beta) in }, never { (_: Exponential, _: Uniform) in },
            never { (_: Gamma, _: Beta) in }, never { (_: Gamma, _: Uniform) in },
            never { (_: Laplace, _: Beta) in }, never { (_: Laplace, _: Exponential) in },
            never { (_: Laplace, _: Gamma) in }, never { (_: Laplace, _: Uniform) in },
            never { (_: Normal, _: Beta) in }, never { (_: Normal, _: Exponential) in },
            never { (_: Normal, _: Gamma) in }, never { (_: Normal, _: Uniform) in },
            never { (_: Poisson, _: Bernoulli) in },
        ]
    }

    private static let eulerGamma = 0.577215664901532860606512090082

    private static func never<P: Distribution, Q: Distribution>(_ pair: (P, Q) -> Void) -> Rule {
        rule { (p: P, q: Q) in
            let shape = try Shape.broadcast(p.batchShape, q.batchShape, for: "distribution.kl_divergence")
            return Variable(try Tensor.full(shape, .infinity, p.dtype.promoted(with: q.dtype)))
        }
    }

    /// log(2π σ²)/2 + (variance + (mean - μ)²) / 2σ² - H(p).
    private static func normal(_ p: some Distribution, _ q: Normal) throws -> Variable {
        let away = try p.mean() - q.loc
        let squares = try (p.variance() + away * away) / (q.scale * q.scale * 2)
        return try q.scale.log() + 0.5 * Double.log(2 * .pi) + squares - p.entropy()
    }

    /// rate mean - log rate - H(p).
    private static func exponential(_ p: some Distribution, _ q: Exponential) throws -> Variable {
        try q.rate * p.mean() - q.rate.log() - p.entropy()
    }

    /// log Γ(a) - a log rate - (a - 1) E log X + rate mean - H(p).
    private static func gamma(_ p: some Distribution, meanLog: Variable, _ q: Gamma) throws -> Variable {
        let a = q.concentration
        return try a.lgamma() - a * q.rate.log() - (a - 1) * meanLog + q.rate * p.mean() - p.entropy()
    }

    /// E log X of a uniform X: (h log h - l log l) / (h - l) - 1; bounds below 0 are read as 0, where the result is not used.
    private static func meanLog(_ low: Variable, _ high: Variable) throws -> Variable {
        let (l, h) = (try low.clamp(0, .infinity), try high.clamp(0, .infinity))
        return try (h.xlogy(h) - l.xlogy(l)) / (high - low) - 1
    }

    private static func infinite(_ value: Variable, where bound: Variable, _ outside: @escaping @Sendable (Double) -> Bool) throws -> Variable {
        try value.constant(.infinity).choose(bound.indicator(outside), value)
    }
}

extension Beta {
    /// E log X = ψ(a) - ψ(a + b).
    var meanLog: Variable { get throws { try .digammaDifference(a, a + b) } }
}
