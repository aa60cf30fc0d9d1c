import Autodiff
import RealModule
import Scripting
import Tensors

/// How often each of k outcomes comes in n = total_count independent draws, with the probabilities in the last
/// dimension of probs, or softmax(logits): log P(x) = log n! - Σ log x_i! + Σ x_i log p_i.
public struct Multinomial: CataloguedDistribution {
    public static let name = "Multinomial"
    /// n, one whole number.
    public let count: Variable
    private let number: Double
    let outcomes: Categorical
    public var batchShape: [Int] { outcomes.batchShape }
    public var eventShape: [Int] { Array(outcomes.probs.shape.suffix(1)) }

    /// - Throws: unless the count is one whole number from 0 on, and probs are as for ``Categorical``.
    public init(_ count: Variable, probs: Variable) throws {
        let both = try promoted([count, probs])
        try self.init(both[0], Categorical(probs: both[1], for: Multinomial.operation))
    }

    /// - Throws: unless the count is one whole number from 0 on, and logits are as for ``Categorical``.
    public init(_ count: Variable, logits: Variable) throws {
        let both = try promoted([count, logits])
        try self.init(both[0], Categorical(logits: both[1], for: Multinomial.operation))
    }

    private init(_ count: Variable, _ outcomes: Categorical) throws {
        try Constraint.count.check(count, "total_count", for: Multinomial.operation)
        guard count.value.count == 1 else {
            throw ScriptError(
                Multinomial.operation,
                "total_count of shape \(Shape.describe(count.shape)): one number for all expected")
        }
        guard !count.requiresGrad else {
            throw ScriptError(
                Multinomial.operation, "total_count requires a gradient: it has none; pass total_count:detach()")
        }
        (self.count, self.outcomes, number) = (count, outcomes, try count.value.item())
    }

    public var parameters: [DistributionParameter] {
        [DistributionParameter("total_count", count)] + outcomes.parameters
    }
    public func widened() throws -> (any Distribution)? {
        guard let wide = try outcomes.widened() as? Categorical else { return nil }
        return try Multinomial(count.wide, wide)
    }
    public var support: Support { get throws { try .integers(0, number) } }

    public func logDensity(_ x: Variable) throws -> Variable {
        let x = try x.detached() + outcomes.probs.constant { _ in 0 }
        let n = number
        let negative = try x.indicator { $0 < 0 || ($0.isFinite && $0 != $0.rounded()) }.sumOfLast(1)
        let inside = try negative.indicator(x.sumOfLast(1)) { $0 == 0 && !($1 != n && !$1.isNaN) }
        let counts = try x.choose(inside.reshape(inside.shape + [1]), x.constant(0))
        let some = try counts.indicator { $0 != 0 }
        let logs: Variable
        if outcomes.isByProbs {
            // Outcomes with count 0 are left out, even if their probability is 0.
            let weights = try outcomes.given.expand(counts.shape)
            logs = try .logShare(weights.choose(some, weights.constant(1)), besides: weights.sumOfOthers())
        } else {
            logs = try outcomes.logits.expand(counts.shape)
        }
        let terms = try counts.weighing(logs - counts.constant { $0 == 0 ? 0 : Double.log($0 / n) })
        let rests = try counts.constant { $0 == 0 ? 0 : Special.factorialRest($0) }
        let value = try (terms - rests).sumOfLast(1) + (n == 0 ? 0 : Special.factorialRest(n))
        return try value.choose(inside, value.constant(-Double.infinity))
    }

    /// n p.
    public func wideMean() throws -> Variable { try outcomes.probs * number }
    /// n p (1 - p); 1 - p is the sum of the other probabilities.
    public func wideVariance() throws -> Variable { try outcomes.probs * outcomes.probs.sumOfOthers() * number }
    public func wideStandardDeviation() throws -> Variable {
        try (outcomes.probs.sqrt() * outcomes.probs.sumOfOthers().sqrt()) * number.squareRoot()
    }

    /// One outcome after the other: each count is binomial given those before.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let (p, k) = (try outcomes.probs.value.toArray(), max(eventShape.last ?? 1, 1))
        // The sum of the probabilities behind each outcome, added from the last one on.
        var behind = [Double](repeating: 0, count: p.count)
        for place in p.indices.reversed() where place % k != k - 1 { behind[place] = behind[place + 1] + p[place + 1] }
        var left = number
        return try generator.fill(shape + batchShape + eventShape, dtype, for: operation) { generator, position in
            if position % k == 0 { left = number }
            let (own, rest) = (p[position % p.count], behind[position % p.count])
            let drawn = rest <= 0 ? (own > 0 ? left : 0) : generator.binomial(left, min(own / (own + rest), 1))
            left -= drawn
            return drawn
        }
    }

    public var description: String {
        "\(Self.operation)(total_count = \(shown(number)), \(parameters[1].name) = "
            + "\(Shape.describe(outcomes.probs.shape)))"
    }

    public static let declaration = declare(
        "How often each outcome comes in total_count draws, with the probabilities in the last dimension of probs, or "
            + "of softmax(logits).",
        takes: .numbers("total_count", "one whole number from 0"),
        .numbers(
            "probs", "finite, from 0, not all 0; divided by their sum",
            or: .numbers("logits", "their logarithms, up to a constant; not all -inf")),
        source: "torch.distributions.Multinomial",
        example: """
            local d = distribution.Multinomial(4, {0.25, 0.75})
            assert(d.mean:tolist()[2] == 3 and d:sample():sum():item() == 4)
            assert(math.abs(d:log_prob({4, 0}):item() - 4 * math.log(0.25)) < 1e-5)
            """
    ) { given in
        try given["logits"].map { try Multinomial(given[0], logits: $0) } ?? Multinomial(given[0], probs: given[1])
    }

    public static let examples = [
        DistributionExample(
            "Multinomial by probs", [.init([0.2, 0.5, 0.3, 0.1, 0.1, 0.8], [2, 3])],
            points: .init([1, 3, 2, 0, 1, 5], [2, 3]),
            isDiscrete: true
        ) { try Multinomial(Variable(Tensor(6, $0[0].dtype)), probs: $0[0]) },
        DistributionExample(
            "Multinomial by logits", [.init([-2, 0.3, 1])], points: .init([10, 30, 60]), isDiscrete: true
        ) {
            try Multinomial(Variable(Tensor(100, $0[0].dtype)), logits: $0[0])
        },
    ]
}

extension Special {
    /// log n! - n log n + n for n > 0: log(2π n)/2 plus the remainder of Stirling's series.
    static func factorialRest(_ n: Double) -> Double { 0.5 * Double.log(2 * .pi * n) + stirlingError(n) }
}
