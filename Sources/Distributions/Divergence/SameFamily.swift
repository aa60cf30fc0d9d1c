import Autodiff
import RealModule
import Tensors

extension Divergence {
    static var sameFamily: [Rule] {
        [
            rule { (p: Normal, q: Normal) in
                let ratio = try p.scale / q.scale
                let away = try (p.loc - q.loc) / q.scale
                return try (ratio * ratio + away * away - 1) * 0.5 - ratio.log()
            },
            rule { (p: Laplace, q: Laplace) in
                let distance = try (p.loc - q.loc).abs()
                let ratio = try p.scale / q.scale
                return try distance / q.scale + ratio * (-(distance / p.scale)).exp() - ratio.log() - 1
            },
            rule { (p: Exponential, q: Exponential) in
                let ratio = try q.rate / p.rate
                return try ratio - ratio.log() - 1
            },
            rule { (p: Gamma, q: Gamma) in
                let (a, b) = (p.concentration, q.concentration)
                let shapes = try b.lgamma() - a.lgamma() + (a - b) * a.digamma()
                return try shapes + b * (p.rate / q.rate).log() + (q.rate - p.rate) * (a / p.rate)
            },
            rule { (p: Beta, q: Beta) in
                let sum = try p.a + p.b
                let slopes = try (p.a - q.a) * p.a.digamma() + (p.b - q.b) * p.b.digamma() - (sum - q.a - q.b) * sum.digamma()
                return try Variable.logBeta(q.a, q.b) - Variable.logBeta(p.a, p.b) + slopes
            },
            rule { (p: Dirichlet, q: Dirichlet) in
                let (a, b) = (p.concentration, q.concentration)
                let (sumA, sumB) = (try a.sumOfLast(1), try b.sumOfLast(1))
                let normalisers = try sumA.lgamma() - a.lgamma().sumOfLast(1) - sumB.lgamma() + b.lgamma().sumOfLast(1)
                return try normalisers + ((a - b) * a.digamma()).sumOfLast(1) - (sumA - sumB) * sumA.digamma()
            },
            rule { (p: Uniform, q: Uniform) in
                let inside = try p.low.indicator(q.low) { $0 >= $1 } * p.high.indicator(q.high) { $0 <= $1 }
                let ratio = try ((q.high - q.low) / (p.high - p.low)).log()
                return try ratio.choose(inside, ratio.constant(.infinity))
            },
            rule { (p: Bernoulli, q: Bernoulli) in
                let ones = try p.probs.weighing(p.logOne - q.logOne)
                return try ones + (1 - p.probs).weighing(p.logZero - q.logZero)
            },
            rule { (p: Categorical, q: Categorical) in try p.probs.weighing(p.logits - q.logits).sumOfLast(1) },
            rule { (p: Poisson, q: Poisson) in try p.rate.weighing(p.rate.log() - q.rate.log()) - p.rate + q.rate },
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
    /// self x, and 0 where self is 0, whatever x is there.
    func weighing(_ x: Variable) throws -> Variable {
        let some = try indicator(x) { weight, _ in weight != 0 }
        return try self * x.choose(some, x.constant(0))
    }
}
