import Autodiff
import Scripting
import Tensors

/// The Bernoulli distribution: 1 with probability p = probs (or sigmoid(logits)), else 0.
/// log P(x) = x log p + (1 - x) log(1 - p); by logits l: x l - softplus(l).
public struct Bernoulli: CataloguedDistribution {
    public static let name = "Bernoulli"
    /// P(1), between 0 and 1; of the batch's shape.
    public let probs: Variable
    /// log(p / (1 - p)), infinite for p = 0 and 1; of the batch's shape.
    public let logits: Variable
    private let isByLogits: Bool
    public var batchShape: [Int] { probs.shape }

    /// - Throws: unless every probability is in [0, 1].
    public init(probs: Variable) throws {
        self.probs = try promoted([probs])[0]
        try Constraint.probability.check(probs, "probs", for: Bernoulli.operation)
        logits = try self.probs.logit()
        isByLogits = false
    }

    /// - Throws: unless every logit is finite.
    public init(logits: Variable) throws {
        self.logits = try promoted([logits])[0]
        try Constraint.finite.check(logits, "logits", for: Bernoulli.operation)
        probs = try self.logits.logisticCDF()
        isByLogits = true
    }

    public var parameters: [DistributionParameter] {
        let both = [DistributionParameter("probs", probs), DistributionParameter("logits", logits)]
        return isByLogits ? both.reversed() : both
    }

    public var support: Support { get throws { try .integers(0, 1) } }
    public func logDensity(_ x: Variable) throws -> Variable {
        let x = try x + probs.constant { _ in 0 }
        return try x.guarded(x.indicator { $0 == 0 || $0 == 1 || $0.isNaN }, safe: 0, outside: -.infinity) { x in
            isByLogits ? try x * logits + (-logits).logisticLogCDF() : try x.xlogy(probs) + (1 - x).xlog1py(-probs)
        }
    }

    /// log P(1) and log P(0).
    var logOne: Variable { get throws { isByLogits ? try logits.logisticLogCDF() : try probs.log() } }
    var logZero: Variable { get throws { isByLogits ? try (-logits).logisticLogCDF() : try (-probs).log1p() } }
    /// P(X = 0).
    var zero: Variable { get throws { isByLogits ? try (-logits).logisticCDF() : try 1 - probs } }
    /// Whether it was given by probabilities, so that an outcome may have probability 0.
    var isByProbs: Bool { !isByLogits }

    /// P(X <= x) is 0 below 0, 1 - p from 0 on and 1 from 1 on.
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        let x = x.detached()
        let value =
            side == .lower
            ? (form == .probability ? try zero : try logZero) : (form == .probability ? probs : try logOne)
        let inside = try x.indicator { $0 >= 0 && $0 < 1 }
        let (below, above) = side == .lower ? (form.never, form.always) : (form.always, form.never)
        return try value.choose(inside, x.constant { $0.isNaN ? $0 : $0 < 0 ? below : above })
    }

    /// By probabilities the derivative is +inf at 0 and -inf at 1.
    public func wideEntropy() throws -> Variable {
        isByLogits ? try logits.logitEntropy() : try probs.bernoulliEntropy()
    }

    public func widened() throws -> (any Distribution)? {
        isByLogits ? try Bernoulli(logits: logits.wide) : try Bernoulli(probs: probs.wide)
    }

    public func wideMean() throws -> Variable { try probs.spread(batchShape) }
    public func wideVariance() throws -> Variable {
        isByLogits ? try logits.logitVariance() : try probs.bernoulliVariance()
    }
    public func wideStandardDeviation() throws -> Variable {
        isByLogits ? try logits.logitDeviation() : try probs.bernoulliDeviation()
    }

    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let p = try probs.value.toArray()
        return try generator.fill(shape + batchShape, dtype, for: operation) { $0.uniform() < p[$1 % p.count] ? 1 : 0 }
    }

    public var description: String {
        let given = parameters[0]
        let one = given.value.value.count == 1 ? try? given.value.value.item() : nil
        return "\(Self.operation)(\(given.name) = \(one.map(shown) ?? Shape.describe(given.value.shape)))"
    }

    public static let declaration = declare(
        "1 with probability probs, else 0.",
        takes: .numbers("probs", "from 0 to 1", or: .numbers("logits", "finite: log p - log(1 - p)")),
        source: "torch.distributions.Bernoulli",
        example: """
            local d = distribution.Bernoulli(0.25)
            assert(d.mean:item() == 0.25 and distribution.Bernoulli{logits = 0}.probs:item() == 0.5)
            """
    ) { try $0["logits"].map { try Bernoulli(logits: $0) } ?? Bernoulli(probs: $0[0]) }

    public static let examples = [
        DistributionExample(
            "Bernoulli by probs", [.init([0.2, 0.5, 0.9])], points: .init([0, 1, 1]), isDiscrete: true
        ) {
            try Bernoulli(probs: $0[0])
        },
        DistributionExample("Bernoulli by logits", [.init([-2, 0.3, 4])], points: .init([0, 1, 1]), isDiscrete: true) {
            try Bernoulli(logits: $0[0])
        },
    ]
}
