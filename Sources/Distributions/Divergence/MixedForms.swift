import Autodiff
import Tensors

/// KL of two distributions of one family of which one is given by probabilities, the other by logits.
///
/// Computed from the logits of both, so that distributions that nearly coincide keep their digits: a difference of
/// logarithms has an absolute error of 1e-16, and the divergence is quadratic in a small difference. A probability of 0
/// has no logit; there it is computed from logarithms.
extension Divergence {
    static func mixedDivergence(_ p: Bernoulli, _ q: Bernoulli) throws -> Variable {
        let probs = p.isByProbs ? p.probs : q.probs
        let isBetween = try probs.indicator { $0 > 0 && $0 < 1 }
        let logits = try probs.choose(isBetween, probs.constant(0.5)).logit()
        let between = try p.isByProbs ? Variable.logitExcess(logits, q.logits) : .logitExcess(p.logits, logits)
        guard try isBetween.value.toArray().contains(0) else { return between }
        let ones = try p.probs.weighing(p.logOne - q.logOne)
        return try between.choose(isBetween, ones + p.zero.weighing(p.logZero - q.logZero))
    }

    static func mixedDivergence(_ p: Categorical, _ q: Categorical) throws -> Variable {
        let weights = p.isByProbs ? p.given : q.given
        let some = try weights.indicator { $0 > 0 }
        let logits = try weights.choose(some, weights.constant(1)).log()
        let between =
            try p.isByProbs
            ? Variable.shareDivergence(.logits, logits, q.given) : .shareDivergence(.logits, p.given, logits)
        guard try some.value.toArray().contains(0) else { return between }
        let last = weights.shape.count - 1
        let rows = try some.value.extremum(last, largest: false, for: "distribution.kl_divergence").values
        let isBetween = Variable(try rows.reshape(Array(weights.shape.dropLast())))
        return try between.choose(isBetween, p.probs.weighing(p.logits - q.logits).sumOfLast(1))
    }
}
