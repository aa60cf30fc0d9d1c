import Autodiff
import RealModule
import Tensors

/// KL of Gamma, Beta and Dirichlet distributions. As sums of log Γ and ψ they would be differences of huge numbers;
/// here each term is a divergence itself, not negative and accurate even when the distributions nearly coincide.
extension Variable {
    /// KL(Gamma(a, r) || Gamma(b, s)) = b (w - 1 - log w) + R(b, a) with w = a s / (b r), and R of
    /// ``Special/stirlingExcess(_:_:gap:)``.
    static func gammaDivergence(_ a: Variable, _ r: Variable, _ b: Variable, _ s: Variable) throws -> Variable {
        try elementwise(
            "gamma_divergence", [a, r, b, s],
            slopes: [
                // s/r - b/a + (a - b) (ψ'(a) - 1/a), s/r - b/a = b/a (w - 1).
                { try $0[2] / $0[0] * meanGap($0) + ($0[2] - $0[0]) * $0[0].digammaGap(1) },
                { try -$0[2] / $0[1] * meanGap($0) },
                // -log w + the differences of log x - ψ(x).
                { try -logMeanRatio($0) - digammaGapDifference($0[2], $0[0], gap: $0[2] - $0[0]) },
                { try $0[2] / $0[3] * meanGap($0) },
            ]
        ) { point in
            let w = Special.meanRatio(point)
            let main = Swift.abs(w.change) < 0.5 ? -Special.log1pmx(w.change) : w.change - w.log
            return point[2] * main + Special.stirlingExcess(point[2], point[0], gap: point[2] - point[0])
        }
    }

    /// The w - 1 of ``gammaDivergence(_:_:_:_:)``.
    private static func meanGap(_ inputs: [Variable]) throws -> Variable {
        try elementwise(
            "gamma_mean_gap", inputs,
            slopes: [
                { try (meanGap($0) + 1) / $0[0] }, { try -(meanGap($0) + 1) / $0[1] },
                { try -(meanGap($0) + 1) / $0[2] },
                { try (meanGap($0) + 1) / $0[3] },
            ]
        ) { Special.meanRatio($0).change }
    }

    /// The log w of ``gammaDivergence(_:_:_:_:)``.
    private static func logMeanRatio(_ inputs: [Variable]) throws -> Variable {
        try elementwise(
            "gamma_log_mean_ratio", inputs,
            slopes: [{ try 1 / $0[0] }, { try -1 / $0[1] }, { try -1 / $0[2] }, { try 1 / $0[3] }]
        ) { Special.meanRatio($0).log }
    }

    /// (log x - ψ(x)) - (log y - ψ(y)); `gap` is x - y, which the caller may know more accurately.
    static func digammaGapDifference(_ x: Variable, _ y: Variable, gap: Variable) throws -> Variable {
        try elementwise(
            "digamma_gap_difference", [x, y, gap.detached()],
            slopes: [{ try $0[0].digammaGap(1) }, { try -$0[1].digammaGap(1) }, { try $0[2].constant { _ in 0 } }]
        ) { Special.digammaGapDifference($0[0], $0[1], gap: $0[2]) }
    }

    /// KL(Dirichlet(a) || Dirichlet(b)) of concentrations along the last axis: with the sums A and B and the
    /// Categorical distribution of means, B KL(b/B || a/A) + Σ R(b_i, a_i) - R(B, A).
    static func dirichletDivergence(_ a: Variable, _ b: Variable) throws -> Variable {
        let shape = try Shape.broadcast(a.shape, b.shape, for: "distribution.kl_divergence")
        let (a, b) = (try a.expand(shape), try b.expand(shape))
        let k = shape.last ?? 1
        let (x, y) = (try a.value.toArray(), try b.value.toArray())
        let sums = stride(from: 0, to: x.count, by: max(k, 1)).map { start in
            Special.dirichletDivergence(Array(x[start..<start + k]), Array(y[start..<start + k]))
        }
        let dtype = a.dtype.promoted(with: b.dtype)
        let result = try Tensor(sums, shape: Array(shape.dropLast()), dtype)
        return try .recorded("distribution.dirichlet_divergence", [a, b], result) { call in
            let (a, b) = (call.inputs[0], call.inputs[1])
            let cotangent = try call.cotangent.column
            let last = [a.shape.count - 1]
            let (sumA, sumB) = (try a.sum(last, keepingDimensions: true), try b.sum(last, keepingDimensions: true))
            // log of (b_i/B) / (a_i/A).
            let ratios = try shareRatios(.weights, b, a)
            let growth = try (b - a).sum(last, keepingDimensions: true)
            let byA =
                try ratios.minusOneOfExponential() * -(sumB / sumA) + (b - a) * a.digammaGap(1) - growth
                * sumA.digammaGap(1)
            let byB =
                try ratios - digammaGapDifference(b, a, gap: b - a) + digammaGapDifference(sumB, sumA, gap: growth)
            return [call.wanted[0] ? try cotangent * byA : nil, call.wanted[1] ? try cotangent * byB : nil]
        }
    }
}

extension Special {
    /// w = a s / (b r) of (a, r, b, s): w - 1, rounded a few times, and log w.
    static func meanRatio(_ point: [Double]) -> (change: Double, log: Double) {
        let (a, r, b, s) = (point[0], point[1], point[2], point[3])
        guard point.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            return (a / b * (s / r) - 1, (Double.log(a) - Double.log(b)) + (Double.log(s) - Double.log(r)))
        }
        // Products of significands cannot over- or underflow; exponents are added afterwards.
        let (own, ownRest) = exactProduct(a.significand, s.significand)
        let (other, otherRest) = exactProduct(b.significand, r.significand)
        let exponent = Int(a.exponent) + Int(s.exponent) - Int(b.exponent) - Int(r.exponent)
        if Swift.abs(exponent) <= 2 {
            let unit = Double(sign: .plus, exponent: exponent, significand: 1)
            let gap = own * unit - other
            if Swift.abs(gap) < 0.5 * other {
                let change = (gap + (ownRest * unit - otherRest)) / other
                return (change, Double.log(onePlus: change))
            }
        }
        let log = (Double.log(a) - Double.log(b)) + (Double.log(s) - Double.log(r))
        return (Double(sign: .plus, exponent: exponent, significand: own / other) - 1, log)
    }

    /// R(x, y) = S(x) - S(y) - (x - y) S'(y) + (x/y - 1 - log(x/y))/2 with gap = x - y, where S is the remainder of
    /// Stirling's series for log Γ. It equals log Γ(x) - log Γ(y) - (x - y) ψ(y) - x log(x/y) + x - y.
    static func stirlingExcess(_ x: Double, _ y: Double, gap: Double) -> Double {
        let ratio = gap / y
        if Swift.abs(ratio) < 0.125 {
            // log Γ(x) = log Γ(1 + x) - log x, where only the second term varies fast near 0.
            if y < 1 {
                return taylor(gap, from: 2) { polygamma($0 - 1, 1 + y) } - log1pmx(ratio) + x * log1pmx(-gap / x)
            }
            return taylor(gap, from: 2) { stirlingError(y, $0) } - 0.5 * log1pmx(ratio)
        }
        let log = Swift.abs(ratio) < 0.5 ? Double.log(onePlus: ratio) : Double.log(x) - Double.log(y)
        return stirlingError(x) - stirlingError(y) - gap * stirlingError(y, 1) + 0.5 * (ratio - log)
    }

    /// (log x - ψ(x)) - (log y - ψ(y)) with gap = x - y.
    static func digammaGapDifference(_ x: Double, _ y: Double, gap: Double) -> Double {
        guard Swift.abs(gap) < 0.125 * y else { return digammaGap(x) - digammaGap(y) }
        if y >= 1 { return taylor(gap, from: 1) { digammaGap(y, $0) } }
        return Double.log(onePlus: gap / y) - taylor(gap, from: 1) { polygamma($0, 1 + y) } - gap / x / y
    }

    /// The Taylor series Σ gap^n / n! f⁽ⁿ⁾ from n = `first` on, for |gap| well below the distance to the next pole.
    private static func taylor(_ gap: Double, from first: Int, _ derivative: (Int) -> Double) -> Double {
        var (sum, power, n) = (0.0, 1.0, 0)
        while n < 24 {
            if n >= first {
                let term = power * derivative(n)
                sum += term
                if Swift.abs(term) <= 1e-17 * Swift.abs(sum) { break }
            }
            n += 1
            power *= gap / Double(n)
        }
        return sum
    }

    static func dirichletDivergence(_ a: [Double], _ b: [Double]) -> Double {
        let parts = zip(a, b).reduce(0) { $0 + stirlingExcess($1.1, $1.0, gap: $1.1 - $1.0) }
        let gap = zip(a, b).reduce(0) { $0 + ($1.1 - $1.0) }
        let whole = stirlingExcess(b.reduce(0, +), a.reduce(0, +), gap: gap)
        return b.reduce(0, +) * compareWeights(b, a).divergence + (parts - whole)
    }
}
