import Autodiff
import RealModule
import Scripting
import Tensors

/// Distributions that are functions of others have the others' divergences; that of counts of n trials is n times that
/// of one.
extension Divergence {
    static var derivedFamily: [Rule] {
        [
            rule { (p: LogNormal, q: LogNormal) in try kullbackLeibler(Normal(p.loc, p.scale), Normal(q.loc, q.scale))
            },
            rule { (p: InverseGamma, q: InverseGamma) in
                try .gammaDivergence(p.concentration, p.rate, q.concentration, q.rate)
            },
            rule { (p: HalfNormal, q: HalfNormal) in try .squaredRatioExcess(p.scale, q.scale) },
            rule { (p: Gumbel, q: Gumbel) in
                try .gumbelDivergence((p.loc - q.loc) / q.scale, p.scale, q.scale)
            },
            // -log X of a Weibull X has the Gumbel distribution with loc -log scale and scale 1/k.
            rule { (p: Weibull, q: Weibull) in
                let away = try Variable.logQuotient(q.scale, p.scale) * q.concentration
                return try .gumbelDivergence(away, q.concentration, p.concentration)
            },
            rule { (p: Cauchy, q: Cauchy) in
                let (away, wider) = (try p.loc - q.loc, try p.scale - q.scale)
                // The product of quotients, so that no square over- or underflows.
                let first = try away / p.scale * (away / q.scale)
                let second = try wider / p.scale * (wider / q.scale)
                return try ((first + second) * 0.25).log1p()
            },
            rule { (p: Pareto, q: Pareto) in
                let value = try q.alpha * .logQuotient(p.scale, q.scale) + .ratioExcess(q.alpha, p.alpha)
                let inside = try p.scale.indicator(q.scale) { $0 >= $1 }
                return try value.choose(inside, value.constant(.infinity))
            },
            rule { (p: Geometric, q: Geometric) in try kullbackLeibler(p.trial, q.trial) / p.odds.probs },
            rule { (p: Binomial, q: Binomial) in
                let shape = try Shape.broadcast(p.count.shape, q.count.shape, for: "distribution.kl_divergence")
                let (own, other) = (
                    try p.count.value.expand(shape).toArray(), try q.count.value.expand(shape).toArray()
                )
                if let bad = own.indices.first(where: { own[$0] < other[$0] }) {
                    throw ScriptError(
                        "distribution.kl_divergence",
                        "no closed form for Binomial of total_count \(shown(own[bad])) and of \(shown(other[bad])); "
                            + "average p:log_prob(x) - q:log_prob(x) over x = p:sample({n}) instead")
                }
                // Without trials the divergence is 0, whatever the probabilities.
                let some = try p.count.indicator(q.count) { $0 > 0 || $1 > 0 }
                let trial = try kullbackLeibler(p.trial, q.trial)
                let value = try p.count * trial.choose(some, trial.constant(0))
                return try value.choose(p.count.indicator(q.count) { $0 == $1 }, value.constant(.infinity))
            },
        ]
    }

    /// Pairs with a Gumbel or a Pareto distribution.
    static var extremeFamily: [Rule] {
        [
            rule { (p: Gumbel, q: Normal) in try normal(p, q) },
            rule { (p: Pareto, q: Normal) in try normal(p, q) },
            rule { (p: Pareto, q: Exponential) in try exponential(p, q) },
            rule { (p: Pareto, q: Gamma) in try gamma(p, meanLog: p.scale.log() + 1 / p.alpha, q) },
            rule { (p: Uniform, q: Pareto) in
                let log = try Variable.meanLog(p.low, p.high)
                let value = try (q.alpha + 1) * log - q.alpha.log() - q.alpha * q.scale.log() - p.entropy()
                return try value.choose(p.low.indicator(q.scale) { $0 >= $1 }, value.constant(.infinity))
            },
            // The mean of e^(-X/b) is the moment generating function of X.
            rule { (p: Normal, q: Gumbel) in
                let spread = try p.scale / q.scale
                return try gumbel(p, q) { try -(p.loc / q.scale) + spread * spread * 0.5 }
            },
            rule { (p: Exponential, q: Gumbel) in try gumbel(p, q) { try -((1 / (q.scale * p.rate)).log1p()) } },
            rule { (p: Gamma, q: Gumbel) in
                try gumbel(p, q) { try -(p.concentration * (1 / (q.scale * p.rate)).log1p()) }
            },
            rule { (p: Uniform, q: Gumbel) in
                let width = try (p.high - p.low) / q.scale
                return try gumbel(p, q) { try -(p.low / q.scale) + (-((-width).expm1()) / width).log() }
            },
        ]
    }

    /// KL(p || Gumbel(m, b)) = log b + (mean - m)/b + e^(m/b + log E e^(-X/b)) - H(p), with expectations under p.
    private static func gumbel(_ p: some Distribution, _ q: Gumbel, _ logMean: () throws -> Variable) throws -> Variable
    {
        let place = try q.loc / q.scale
        return try q.scale.log() + (p.mean() / q.scale - place) + (place + logMean()).exp() - p.entropy()
    }

    /// The distribution under its other name where it is a special case, such as ChiSquared as a Gamma.
    static func plain(_ distribution: any Distribution) throws -> any Distribution {
        try (distribution as? ChiSquared)?.gamma ?? distribution
    }
}

extension Geometric {
    /// The distribution of one trial.
    fileprivate var trial: Bernoulli { get throws { try odds.trial } }
}

extension Binomial {
    /// The distribution of one trial.
    fileprivate var trial: Bernoulli { get throws { try odds.trial } }
}

extension SuccessOdds {
    fileprivate var trial: Bernoulli {
        get throws { try isByLogits ? Bernoulli(logits: logits) : Bernoulli(probs: probs) }
    }
}

extension Variable {
    /// KL of two Gumbel distributions by d = (loc - loc')/scale' and r = x / y = scale/scale': with E = log Γ(r) + γ (r
    /// - 1) and u = log Γ(1 + r) - d it is e^u - 1 - u + E, neither of which is negative. By r - 1, which has its
    ///   digits where r is
    /// next to 1.
    fileprivate static func gumbelDivergence(_ d: Variable, _ x: Variable, _ y: Variable) throws -> Variable {
        let (ratio, gap) = (try x / y, try (x - y) / y)
        let excess = try gammaExcess(ratio, gap)
        let u = try .logQuotient(x, y) + excess - gap * eulerGamma - d
        return try u.exponentialExcess() + excess
    }

    /// log Γ(r) + γ (r - 1), given r - 1 too.
    private static func gammaExcess(_ r: Variable, _ gap: Variable) throws -> Variable {
        try elementwise(
            "gamma_excess", [r, gap.detached()],
            slopes: [
                { inputs in
                    // ψ(r) + γ.
                    try elementwise("gamma_excess_slope", inputs, slopes: [{ try $0[0].polygamma(1) }, nil]) {
                        Special.logOnePlus($0[1], $0[0]) - Special.digammaGapDifference($0[0], 1, gap: $0[1])
                    }
                }, nil,
            ]
        ) { point in
            let (r, gap) = (point[0], point[1])
            let bend = Swift.abs(gap) < 0.5 ? -r * Special.log1pmx(-gap / r) : r * Double.log(r) - gap
            return bend + Special.stirlingExcess(r, 1, gap: gap)
        }
    }

    /// e^self - 1 - self.
    private func exponentialExcess() throws -> Variable {
        try pointwise("exponential_excess", slope: { try $0.minusOneOfExponential() }) { Special.expm1mx($0) }
    }
}

extension Special {
    /// log(1 + gap) for r = 1 + gap.
    fileprivate static func logOnePlus(_ gap: Double, _ r: Double) -> Double {
        Swift.abs(gap) < 0.5 ? Double.log(onePlus: gap) : Double.log(r)
    }
}
