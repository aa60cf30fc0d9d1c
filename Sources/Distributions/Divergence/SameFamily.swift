import Autodiff
import RealModule
import Tensors

extension Divergence {
    static var sameFamily: [Rule] {
        [
            rule { (p: Normal, q: Normal) in
                let away = try (p.loc - q.loc) / q.scale
                return try away * away * 0.5 + Variable.squaredRatioExcess(p.scale, q.scale)
            },
            rule { (p: Laplace, q: Laplace) in
                // |z| + e^-|z| - 1 has two derivatives where the locations are equal, and |z| has none.
                let away = try ((p.loc - q.loc) / p.scale).absoluteExcess()
                return try p.scale / q.scale * away + Variable.ratioExcess(p.scale, q.scale)
            },
            rule { (p: Exponential, q: Exponential) in try Variable.ratioExcess(q.rate, p.rate) },
            rule { (p: Gamma, q: Gamma) in
                let (a, b) = (p.concentration, q.concentration)
                let rates = try b * Variable.ratioExcess(q.rate, p.rate) + (a - b) * ((q.rate - p.rate) / p.rate)
                return try Variable.logGammaExcess(b, a) + rates
            },
            rule { (p: Beta, q: Beta) in
                let each = try Variable.logGammaExcess(q.a, p.a) + Variable.logGammaExcess(q.b, p.b)
                return try each - Variable.logGammaExcess(q.a + q.b, p.a + p.b)
            },
            rule { (p: Dirichlet, q: Dirichlet) in
                let (a, b) = (p.concentration, q.concentration)
                let (sumA, sumB) = (try a.sumOfLast(1), try b.sumOfLast(1))
                return try Variable.logGammaExcess(b, a).sumOfLast(1) - Variable.logGammaExcess(sumB, sumA)
            },
            rule { (p: Uniform, q: Uniform) in
                let inside = try p.low.indicator(q.low) { $0 >= $1 } * p.high.indicator(q.high) { $0 <= $1 }
                let ratio = try ((q.high - q.low) / (p.high - p.low)).log()
                return try ratio.choose(inside, ratio.constant(.infinity))
            },
            rule { (p: Bernoulli, q: Bernoulli) in
                if p.isByProbs, q.isByProbs {
                    return try Variable.excess(p.probs, q.probs) + Variable.excess(p.zero, q.zero)
                }
                let ones = try p.probs.weighing(p.logOne - q.logOne)
                return try ones + p.zero.weighing(p.logZero - q.logZero)
            },
            rule { (p: Categorical, q: Categorical) in
                p.isByProbs && q.isByProbs
                    ? try Variable.excess(p.probs, q.probs).sumOfLast(1)
                    : try p.probs.weighing(p.logits - q.logits).sumOfLast(1)
            },
            rule { (p: Poisson, q: Poisson) in try Variable.excess(p.rate, q.rate) },
            rule { (p: MultivariateNormal, q: MultivariateNormal) in
                let spread = try q.scale.solvingTriangular(p.scale)
                let away = try q.loc - p.loc
                let distance = try q.scale.solvingTriangular(away.reshape(away.shape + [1]))
                let squares = try (spread * spread).sumOfLast(2) + (distance * distance).sumOfLast(2)
                return try q.halfLogDeterminant - p.halfLogDeterminant + (squares - Double(p.loc.shape.last ?? 0)) * 0.5
            },
        ]
    }
}

extension Variable {
    /// r - 1 - log r for r = x / y.
    fileprivate static func ratioExcess(_ x: Variable, _ y: Variable) throws -> Variable {
        try x.pairwise(
            "ratio_excess", y, slopes: ({ x, y in try (x - y) / y / x }, { x, y in try (y - x) / y / y })
        ) { x, y in
            Swift.abs(x - y) < 0.5 * y ? -Special.log1pmx((x - y) / y) : (x - y) / y - Double.log(x) + Double.log(y)
        }
    }

    /// (r² - 1)/2 - log r for r = x / y.
    fileprivate static func squaredRatioExcess(_ x: Variable, _ y: Variable) throws -> Variable {
        try x.pairwise(
            "squared_ratio_excess", y,
            slopes: ({ x, y in try (x - y) / y * ((x + y) / y) / x }, { x, y in try (y - x) / y * ((x + y) / y) / y })
        ) { x, y in
            let v = (x - y) / y * ((x + y) / y)
            return Swift.abs(v) < 0.5 ? -0.5 * Special.log1pmx(v) : 0.5 * v - Double.log(x) + Double.log(y)
        }
    }

    /// self x, and 0 where self is 0, whatever x is there.
    func weighing(_ x: Variable) throws -> Variable {
        let some = try indicator(x) { weight, _ in weight != 0 }
        return try self * x.choose(some, x.constant(0))
    }
}
