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
                // |z| + e^-|z| - 1 is twice differentiable at z = 0, where |z| alone is not.
                let away = try ((p.loc - q.loc) / p.scale).absoluteExcess()
                return try p.scale / q.scale * away + Variable.ratioExcess(p.scale, q.scale)
            },
            rule { (p: Exponential, q: Exponential) in try Variable.ratioExcess(q.rate, p.rate) },
            rule { (p: Gamma, q: Gamma) in try .gammaDivergence(p.concentration, p.rate, q.concentration, q.rate) },
            rule { (p: Beta, q: Beta) in
                func pair(_ distribution: Beta) throws -> Variable {
                    try .stack(
                        [
                            distribution.a.expand(distribution.batchShape),
                            distribution.b.expand(distribution.batchShape),
                        ], distribution.batchShape.count)
                }
                return try .dirichletDivergence(pair(p), pair(q))
            },
            rule { (p: Dirichlet, q: Dirichlet) in try .dirichletDivergence(p.concentration, q.concentration) },
            rule { (p: Uniform, q: Uniform) in
                let inside = try p.low.indicator(q.low) { $0 >= $1 } * p.high.indicator(q.high) { $0 <= $1 }
                // By how much q's interval is longer: exact where the two nearly coincide.
                let more = try (q.high - p.high) + (p.low - q.low)
                let ratio = try Variable.logGrowth(more, p.high - p.low)
                return try ratio.choose(inside, ratio.constant(.infinity))
            },
            rule { (p: Bernoulli, q: Bernoulli) in
                if p.isByProbs, q.isByProbs { return try .bernoulliExcess(p.probs, q.probs) }
                if !p.isByProbs, !q.isByProbs { return try .logitExcess(p.logits, q.logits) }
                return try mixedDivergence(p, q)
            },
            rule { (p: Categorical, q: Categorical) in
                if p.isByProbs == q.isByProbs {
                    return try .shareDivergence(p.isByProbs ? .weights : .logits, p.given, q.given)
                }
                return try mixedDivergence(p, q)
            },
            rule { (p: Poisson, q: Poisson) in try Variable.excess(p.rate, q.rate) },
            rule { (p: MultivariateNormal, q: MultivariateNormal) in
                let spread = try q.scale.solvingTriangular(p.scale)
                let away = try q.loc - p.loc
                let distance = try q.scale.solvingTriangular(away.reshape(away.shape + [1]))
                // Squares off the diagonal; on it (r² - 1)/2 - log r, r the ratio of the diagonal elements: 0 where
                // they are equal.
                let lower = try spread.lowerTriangle(diagonal: 0)
                let squares = try (lower * lower).sumOfLast(2) + (distance * distance).sumOfLast(2)
                return try squares * 0.5
                    + Variable.squaredRatioExcess(p.scale.diagonalOfLast(), q.scale.diagonalOfLast()).sumOfLast(1)
            },
        ]
    }
}

extension Variable {
    /// r - 1 - log r for r = x / y.
    static func ratioExcess(_ x: Variable, _ y: Variable) throws -> Variable {
        try x.pairwise(
            "ratio_excess", y, slopes: ({ x, y in try (x - y) / y / x }, { x, y in try (y - x) / y / y })
        ) { x, y in
            Swift.abs(x - y) < 0.5 * y ? -Special.log1pmx((x - y) / y) : (x - y) / y - Double.log(x) + Double.log(y)
        }
    }

    /// (r² - 1)/2 - log r for r = x / y.
    static func squaredRatioExcess(_ x: Variable, _ y: Variable) throws -> Variable {
        try x.pairwise(
            "squared_ratio_excess", y,
            slopes: ({ x, y in try (x - y) / y * ((x + y) / y) / x }, { x, y in try (y - x) / y * ((x + y) / y) / y })
        ) { x, y in
            let v = (x - y) / y * ((x + y) / y)
            return Swift.abs(v) < 0.5 ? -0.5 * Special.log1pmx(v) : 0.5 * v - Double.log(x) + Double.log(y)
        }
    }

    /// log(1 + x / y) for y > 0.
    fileprivate static func logGrowth(_ x: Variable, _ y: Variable) throws -> Variable {
        try x.pairwise("log_growth", y, slopes: ({ x, y in try 1 / (x + y) }, { x, y in try -(x / y) / (x + y) })) {
            x, y in
            x < y ? Double.log(onePlus: x / y) : Double.log(x + y) - Double.log(y)
        }
    }

    /// self x, but 0 where self is 0 and x is infinite or NaN; the derivative by self is x where x is finite.
    func averaging(_ x: Variable) throws -> Variable {
        let some = try indicator(x) { weight, x in weight != 0 || x.isFinite }
        return try self * x.choose(some, x.constant(0))
    }

    /// self x, and 0 where self is 0, whatever x is there.
    func weighing(_ x: Variable) throws -> Variable {
        let some = try indicator(x) { weight, _ in weight != 0 }
        return try self * x.choose(some, x.constant(0))
    }
}
