import Autodiff
import Scripting
import Tensors

/// The Dirichlet distribution on vectors x >= 0 that sum to 1: log p(x) = Σ (α_i - 1) log x_i - Σ log Γ(α_i) + log Γ(Σ
/// α_i).
public struct Dirichlet: CataloguedDistribution {
    public static let name = "Dirichlet"
    /// The concentrations α (exponents plus 1), of shape (..., k).
    public let concentration: Variable
    public var batchShape: [Int] { Array(concentration.shape.dropLast()) }
    public var eventShape: [Int] { Array(concentration.shape.suffix(1)) }

    /// - Throws: unless concentration has a dimension, and every element is positive.
    public init(_ concentration: Variable) throws {
        self.concentration = try promoted([concentration])[0]
        guard let k = concentration.shape.last, k > 0 else {
            throw ScriptError(
                Dirichlet.operation,
                "concentration of shape \(Shape.describe(concentration.shape)): a vector expected, or a batch of them")
        }
        try Constraint.positive.check(concentration, "concentration", for: Dirichlet.operation)
    }

    public var parameters: [DistributionParameter] { [DistributionParameter("concentration", concentration)] }
    public var support: Support { get throws { try .simplex } }
    public var isReparameterised: Bool { true }

    private func sum(_ x: Variable) throws -> Variable { try x.sumOfLast(1) }
    /// Σ (log Γ(α_i) - α_i log m_i) - log Γ(α_0) with the means m_i = α_i / α_0, from the remainders of Stirling's
    /// series, in which the large terms have cancelled.
    private var logNormaliser: Variable {
        get throws {
            let halves = try (concentration.log() - Double.log(2 * .pi)) * -0.5 + concentration.stirlingError()
            let total = try sum(concentration)
            return try sum(halves) - (total.log() - Double.log(2 * .pi)) * -0.5 - total.stirlingError()
        }
    }

    /// The rounding error of the sum of the concentrations.
    private var totalRest: Variable {
        get throws {
            Variable(
                try concentration.value.rowSums(operation) { row in
                    var (sum, rest) = (0.0, 0.0)
                    for alpha in row {
                        let next = Special.exactSum(sum, alpha)
                        (sum, rest) = (next.sum, rest + next.rest)
                    }
                    return (row.reduce(0, +) - sum) - rest
                })
        }
    }

    public func widened() throws -> (any Distribution)? { try Dirichlet(concentration.wide) }

    public func logDensity(_ x: Variable) throws -> Variable {
        let x = try x + concentration.constant { _ in 0 }
        // x must sum to 1 within rounding; a row that contains NaN passes and gives NaN.
        let negative = try sum(x.indicator { $0 < 0 })
        let inside = try negative.indicator(sum(x.detached())) { negative, total in
            negative == 0 && !(abs(total - 1) > 1e-5)
        }
        let column = try inside.reshape(inside.shape + [1])
        let safe = try x.choose(column, x.constant(1 / Double(concentration.shape.last ?? 1)))
        // Each x is measured by its mean m: Σ (α - 1) log x is Σ α log(x/m) - Σ log x + Σ α log m, and Σ α log m joins
        // log B.
        let total = try concentration.sum([concentration.shape.count - 1], keepingDimensions: true)
        // A sum that is rounded by r changes Σ α log total by r.
        let density = try sum(.dirichletTerm(concentration, safe, total)) - logNormaliser - totalRest
        return try density.choose(inside, density.constant(-Double.infinity))
    }

    /// log B(α) + (α_0 - k) ψ(α_0) - Σ (α_i - 1) ψ(α_i), with α_0 the sum.
    public func wideEntropy() throws -> Variable {
        try sum(concentration.gammaEntropy()) - sum(concentration).gammaSumEntropy(concentration.shape.last ?? 1)
    }

    /// α / α_0, with α_0 the sum.
    public func wideMean() throws -> Variable { try concentration.share(besides: concentration.sumOfOthers()) }
    /// α (α_0 - α) / (α_0² (α_0 + 1)).
    public func wideVariance() throws -> Variable {
        let others = try concentration.sumOfOthers()
        return try concentration.share(besides: others) * others.share(besides: concentration)
            / (concentration + others + 1)
    }
    public func wideStandardDeviation() throws -> Variable {
        let others = try concentration.sumOfOthers()
        return try concentration.share(besides: others).sqrt() * others.share(besides: concentration).sqrt()
            / (concentration + others + 1).sqrt()
    }

    /// Gamma draws over their sum, computed as a softmax of their logarithms and kept inside (0, 1).
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let logarithms = try Variable.logGammaDraws(concentration, shape, from: generator, for: operation)
        return try logarithms.softmax(logarithms.shape.count - 1).converted(to: dtype).clamp(dtype.smallest, 1)
    }

    public static let declaration = declare(
        "The Dirichlet distribution on vectors that sum to 1.",
        takes: .numbers("concentration", "above 0; its last dimension is the vector"),
        source: "torch.distributions.Dirichlet",
        example: """
            local d = distribution.Dirichlet({1, 1, 2})
            assert(d.mean:tolist()[3] == 0.5 and d.event_shape[1] == 3)
            """
    ) { try Dirichlet($0[0]) }

    public static let examples = [
        DistributionExample(
            "Dirichlet", [.init([0.5, 2, 3, 1, 1, 4], [2, 3])], points: .init([0.2, 0.5, 0.3, 0.1, 0.1, 0.8], [2, 3])
        ) { try Dirichlet($0[0]) }
    ]
}

extension Variable {
    /// α log(x total / α) - log x, the part of one element in the log-density; accurate where x is near its mean.
    fileprivate static func dirichletTerm(_ alpha: Variable, _ x: Variable, _ total: Variable) throws -> Variable {
        try elementwise(
            "dirichlet_term", [alpha, x, total],
            slopes: [
                { try logQuotient($0[1] * $0[2], $0[0]) - 1 }, { try ($0[0] - 1).share(of: $0[1]) },
                { try $0[0] / $0[2] },
            ]
        ) {
            let (alpha, x, total) = ($0[0], $0[1], $0[2])
            if x == 0 { return alpha == 1 ? Double.log(total) : (alpha - 1) * -.infinity }
            let (product, rest) = Special.exactProduct(x, total)
            let gap = (product - alpha) + rest
            let ratio =
                Swift.abs(gap) < 0.5 * alpha
                ? Double.log(onePlus: gap / alpha) : Double.log(x) + Double.log(total) - Double.log(alpha)
            return alpha * ratio - Double.log(x)
        }
    }

    /// log(2π)/2 + (k - 1/2) log n + (remainder of Stirling's series) + (n - k) (log n - ψ(n)): the entropies of k
    /// gamma distributions minus this are the entropy of the Dirichlet distribution whose concentrations sum to n.
    func gammaSumEntropy(_ k: Int) throws -> Variable {
        let main = try log() * (Double(k) - 0.5) + 0.5 * Double.log(2 * .pi)
        return try main + stirlingError() + (self - Double(k)) * digammaGap()
    }
}
