import Autodiff
import RealModule
import Scripting
import Tensors

/// The number of successes, each with probability p = probs, before the r-th failure, r = total_count:
/// log P(k) = log Γ(r + k) - log k! - log Γ(r) + r log(1 - p) + k log p.
public struct NegativeBinomial: CataloguedDistribution {
    public static let name = "NegativeBinomial"
    /// r, any number above 0. Broadcasts to ``batchShape``.
    public let count: Variable
    let odds: SuccessOdds
    public let batchShape: [Int]

    /// - Throws: unless the counts are positive, the probabilities from 0 and below 1, and both broadcast.
    public init(_ count: Variable, probs: Variable) throws {
        try self.init(promoted([count, probs])) {
            try SuccessOdds(probs: $0, .belowOne, for: NegativeBinomial.operation)
        }
    }

    /// - Throws: unless the counts are positive, the logits finite, and both broadcast.
    public init(_ count: Variable, logits: Variable) throws {
        try self.init(promoted([count, logits])) { try SuccessOdds(logits: $0, for: NegativeBinomial.operation) }
    }

    private init(_ both: [Variable], _ odds: (Variable) throws -> SuccessOdds) throws {
        try Constraint.positive.check(both[0], "total_count", for: NegativeBinomial.operation)
        try self.init(both[0], odds(both[1]))
    }

    private init(_ count: Variable, _ odds: SuccessOdds) throws {
        (self.count, self.odds) = (count, odds)
        batchShape = try broadcast(
            [DistributionParameter("total_count", count), odds.parameters[0]], for: NegativeBinomial.operation)
    }

    public var parameters: [DistributionParameter] { [DistributionParameter("total_count", count)] + odds.parameters }
    public func widened() throws -> (any Distribution)? { try NegativeBinomial(count.wide, odds.wide) }
    public var support: Support { get throws { try .integers(0, .infinity) } }

    public func logDensity(_ x: Variable) throws -> Variable {
        let x = try x + (count + odds.probs).constant { _ in 0 }
        let inside = try x.indicator { $0.isNaN || ($0 >= 0 && $0 < .infinity && $0 == $0.rounded()) }
        // The last of k + r trials is a failure.
        return try x.guarded(inside, safe: 0, outside: -.infinity) {
            try odds.logMass($0, count) + .logShare(count, besides: $0)
        }
    }

    /// P(X > k) = I_p(k + 1, r) for k = floor(x): constant between whole numbers, so without a gradient by x.
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        let x = try x.detached() + (count + odds.probs).constant { _ in 0 }
        return try x.tail(side, form, from: 0, to: .infinity, safe: 0) { x in
            try odds.tail(side.other, form, x.constant { $0.rounded(.down) + 1 }, count)
        }
    }

    /// r p / (1 - p).
    public func wideMean() throws -> Variable { try (count * odds.odds).spread(batchShape) }
    /// r p / (1 - p)².
    public func wideVariance() throws -> Variable { try (count * odds.odds / odds.rest).spread(batchShape) }
    public func wideStandardDeviation() throws -> Variable {
        try (count.sqrt() * odds.odds.sqrt() / odds.rest.sqrt()).spread(batchShape)
    }

    /// Poisson draws whose rates are Gamma draws of shape r and mean r p / (1 - p).
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let r = try count.value.expand(batchShape).toArray()
        let logOdds = try odds.logits.value.expand(batchShape).toArray()
        let most = dtype.largest
        return try generator.fill(shape + batchShape, dtype, for: operation) { generator, position in
            let rate = Double.exp(generator.logGamma(r[position % r.count]) + logOdds[position % r.count])
            return min(generator.poisson(min(rate, 1e300)), most)
        }
    }

    public static let declaration = declare(
        "The number of successes, each with probability probs, before total_count failures.",
        takes: .numbers("total_count", "above 0, not only whole numbers"),
        .numbers("probs", "of a success, from 0, below 1", or: .numbers("logits", "finite: log p - log(1 - p)")),
        source: "torch.distributions.NegativeBinomial",
        example: """
            local d = distribution.NegativeBinomial(3, 0.5)
            assert(d.mean:item() == 3 and d.variance:item() == 6)
            assert(math.abs(d:log_prob(0):item() - math.log(1 / 8)) < 1e-6)
            """
    ) { given in
        try given["logits"].map { try NegativeBinomial(given[0], logits: $0) }
            ?? NegativeBinomial(given[0], probs: given[1])
    }

    public static let examples = [
        DistributionExample(
            "NegativeBinomial by probs", [.init([0.4, 3, 20]), .init([0.2, 0.5, 0.7])], points: .init([0, 4, 55]),
            isDiscrete: true
        ) { try NegativeBinomial($0[0], probs: $0[1]) },
        DistributionExample(
            "NegativeBinomial by logits", [.init([0.4, 3, 20]), .init([-2, 0.3, 1])], points: .init([1, 4, 55]),
            isDiscrete: true
        ) { try NegativeBinomial($0[0], logits: $0[1]) },
    ]
}
