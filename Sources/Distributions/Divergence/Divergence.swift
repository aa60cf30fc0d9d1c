import Autodiff
import Scripting
import Tensors

/// Kullback-Leibler divergences in closed form: KL(p || q) = E_p[log p(X) - log q(X)], in nats. The pairs are
/// PyTorch's.
public enum Divergence {
    /// KL(p || q), one number per pair of the broadcast batches; infinite where p reaches outside q's support.
    /// - Throws: for a pair without a closed form, with what to do instead.
    public static func kullbackLeibler(
        _ p: any Distribution, _ q: any Distribution, for operation: String = "distribution.kl_divergence"
    ) throws -> Variable {
        guard p.eventShape == q.eventShape else {
            throw ScriptError(
                operation,
                "events of shape \(Shape.describe(p.eventShape)) (\(p.name)) and \(Shape.describe(q.eventShape)) "
                    + "(\(q.name)) differ"
            )
        }
        let batch = try Shape.broadcast(p.batchShape, q.batchShape, for: operation)
        let (wideP, wideQ, dtype) = (try plain(widened(p)), try plain(widened(q)), p.dtype.promoted(with: q.dtype))
        for rule in rules {
            guard let divergence = try rule(wideP, wideQ) else { continue }
            return try (divergence.dtype == dtype ? divergence : divergence.converted(to: dtype)).expand(batch)
        }
        throw ScriptError(
            operation,
            "no closed form for \(p.name) and \(q.name); average p:log_prob(x) - q:log_prob(x) over x = p:sample({n}) "
                + "instead"
        )
    }

    private static func widened(_ distribution: any Distribution) throws -> any Distribution {
        try distribution.dtype == .float32 ? distribution.widened() ?? distribution : distribution
    }

    /// A closed form for pairs that it knows; nil for other pairs.
    typealias Rule = (any Distribution, any Distribution) throws -> Variable?

    /// A closed form for one pair of distributions.
    static func rule<P: Distribution, Q: Distribution>(_ formula: @escaping (P, Q) throws -> Variable) -> Rule {
        { p, q in
            guard let p = p as? P, let q = q as? Q else { return nil }
            return try formula(p, q)
        }
    }

    private static var rules: [Rule] { sameFamily + derivedFamily + crossFamily + extremeFamily + infinite }

    static let declaration = Declaration(
        "distribution.kl_divergence",
        """
        KL(p || q) = E_p[log p(X) - log q(X)] in nats, in closed form, for the pairs that PyTorch has: each \
        distribution with itself except Logistic, StudentT, NegativeBinomial, Multinomial, VonMises, Mixture and \
        Truncated; and among Bernoulli, Beta, Exponential, Gamma, Gumbel, Laplace, Normal, Pareto, Poisson and Uniform \
        many mixed ones. Infinite where p reaches outside q's support. \
        Differentiable in both.
        """,
        takes: .argument("p", .distribution), .argument("q", .distribution), returns: .tensor,
        errors: "a pair without a closed form; batches that do not broadcast",
        source: "torch.distributions.kl.kl_divergence",
        example: """
            local p, q = distribution.Normal(0, 1), distribution.Normal(1, 1)
            assert(distribution.kl_divergence(p, q):item() == 0.5)
            """
    ) { p, q in try kullbackLeibler(p, q) }
}
