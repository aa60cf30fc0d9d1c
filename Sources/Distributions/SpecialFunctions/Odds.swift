import Autodiff
import RealModule
import Tensors

/// Functions of a probability p and of its logit, accurate near 0, 1/2 and 1.
extension Variable {
    /// log p - log(1 - p).
    func logit() throws -> Variable {
        try pointwise("logit", slope: { try 1 / ($0 * (1 - $0)) }) { p in
            // 2p - 1 is exact here.
            Swift.abs(p - 0.5) < 0.25
                ? Double.log(onePlus: (2 * p - 1) / (1 - p)) : Double.log(p) - Double.log(onePlus: -p)
        }
    }

    /// -p log p - (1 - p) log(1 - p); the slope is +inf at 0 and -inf at 1.
    func bernoulliEntropy() throws -> Variable {
        try pointwise("bernoulli_entropy", slope: { try -$0.logit() }) { p in
            p == 0 || p == 1 ? 0 : -p * Double.log(p) - (1 - p) * Double.log(onePlus: -p)
        }
    }

    /// p (1 - p).
    func bernoulliVariance() throws -> Variable {
        try pointwise("bernoulli_variance", slope: { try 1 - $0 * 2 }) { $0 * (1 - $0) }
    }

    /// √(p (1 - p)).
    func bernoulliDeviation() throws -> Variable {
        try pointwise("bernoulli_deviation", slope: { try (0.5 - $0) / $0.bernoulliDeviation() }) {
            $0.squareRoot() * (1 - $0).squareRoot()
        }
    }

    /// ``bernoulliEntropy()`` of the logistic function of self.
    func logitEntropy() throws -> Variable {
        try pointwise("logit_entropy", slope: { try -($0 * $0.logitVariance()) }) { l in
            let (size, tail) = (Swift.abs(l), Double.exp(-Swift.abs(l)))
            // The likely outcome's term, and the other one's.
            return (Double.log(onePlus: tail) + tail / (1 + tail) * size)
        }
    }

    /// ``bernoulliVariance()`` of the logistic function of self.
    func logitVariance() throws -> Variable {
        try pointwise("logit_variance", slope: { try -($0.logitVariance() * ($0 * 0.5).tanh()) }) { l in
            let tail = Double.exp(-Swift.abs(l))
            return tail / (1 + tail) / (1 + tail)
        }
    }

    /// Its square root.
    func logitDeviation() throws -> Variable {
        try pointwise("logit_deviation", slope: { try $0.logitDeviation() * ($0 * 0.5).tanh() * -0.5 }) { l in
            Double.exp(-Swift.abs(l) / 2) / (1 + Double.exp(-Swift.abs(l)))
        }
    }

    // MARK: Divergences

    /// KL(p || q) of two Bernoulli distributions by their probabilities.
    static func bernoulliExcess(_ p: Variable, _ q: Variable) throws -> Variable {
        try p.pairwise(
            "bernoulli_excess", q,
            slopes: ({ try logOddsRatio($0, $1) }, { p, q in try (q - p).share(of: q * (1 - q)) })
        ) { p, q in
            Special.excess(p, q, gap: q - p, logX: Double.log(p), logY: Double.log(q))
                + Special.excess(1 - p, 1 - q, gap: p - q, logX: Double.log(onePlus: -p), logY: Double.log(onePlus: -q))
        }
    }

    /// logit p - logit q.
    private static func logOddsRatio(_ p: Variable, _ q: Variable) throws -> Variable {
        try p.pairwise(
            "log_odds_ratio", q, slopes: ({ p, _ in try 1 / (p * (1 - p)) }, { _, q in try -1 / (q * (1 - q)) })
        ) { p, q in
            let change = (p - q) / (q * (1 - p))
            if Swift.abs(change) < 0.5 { return Double.log(onePlus: change) }
            // Two certainties of the same outcome do not differ.
            let ones = p == 0 && q == 0 ? 0 : Double.log(p) - Double.log(q)
            let zeros = p == 1 && q == 1 ? 0 : Double.log(onePlus: -q) - Double.log(onePlus: -p)
            return ones + zeros
        }
    }

    /// KL of two Bernoulli distributions by their logits: A(k) - A(l) - (k - l) σ(l) with A(l) = log(1 + e^l).
    static func logitExcess(_ l: Variable, _ k: Variable) throws -> Variable {
        try l.pairwise(
            "logit_excess", k,
            slopes: ({ l, k in try (l - k) * l.logitVariance() }, { l, k in try logisticDifference(k, l) })
        ) { l, k in
            // By symmetry reduced to σ(l) <= 1/2.
            let (l, k) = l > 0 ? (-l, -k) : (l, k)
            let (d, odds) = (k - l, Double.exp(l))
            let share = odds / (1 + odds)
            if Swift.abs(d) < 0.5 { return Special.log1pmx(share * Double.expMinusOne(d)) + share * Special.expm1mx(d) }
            if d < 500 { return Double.log(onePlus: share * Double.expMinusOne(d)) - share * d }
            return Swift.max(k, 0) + Double.log(onePlus: Double.exp(-Swift.abs(k))) - Double.log(onePlus: odds) - share
                * d
        }
    }

    /// σ(k) - σ(l).
    private static func logisticDifference(_ k: Variable, _ l: Variable) throws -> Variable {
        try k.pairwise(
            "logistic_difference", l, slopes: ({ k, _ in try k.logitVariance() }, { _, l in try -l.logitVariance() })
        ) { k, l in
            let (high, low) = (Swift.max(k, l), Swift.min(k, l))
            let size = 1 / (1 + Double.exp(-high)) / (1 + Double.exp(low)) * -Double.expMinusOne(low - high)
            return k > l ? size : -size
        }
    }
}

extension Special {
    /// x log(x / y) - x + y; gap is y - x, and both logarithms are given.
    static func excess(_ x: Double, _ y: Double, gap: Double, logX: Double, logY: Double) -> Double {
        if x == 0 { return y }
        return Swift.abs(gap) < 0.5 * x ? -x * log1pmx(gap / x) : x * (logX - logY) + gap
    }
}
