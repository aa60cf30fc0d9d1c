import Autodiff
import RealModule
import Scripting
import Tensors

/// The number of failures before the first success, which has probability p = probs: log P(k) = k log(1 - p) + log p.
public struct Geometric: CataloguedDistribution {
    public static let name = "Geometric"
    let odds: SuccessOdds
    public var batchShape: [Int] { odds.shape }

    /// - Throws: unless the probabilities are above 0 and up to 1.
    public init(probs: Variable) throws { odds = try SuccessOdds(probs: probs, .aboveZero, for: Geometric.operation) }

    /// - Throws: unless the logits are finite.
    public init(logits: Variable) throws { odds = try SuccessOdds(logits: logits, for: Geometric.operation) }

    private init(_ odds: SuccessOdds) { self.odds = odds }

    public var parameters: [DistributionParameter] { odds.parameters }
    public func widened() throws -> (any Distribution)? { Geometric(try odds.wide) }
    public var support: Support { get throws { try .integers(0, .infinity) } }

    public func logDensity(_ x: Variable) throws -> Variable {
        let x = try x + odds.probs.constant { _ in 0 }
        let inside = try x.indicator { $0.isNaN || ($0 >= 0 && $0 < .infinity && $0 == $0.rounded()) }
        return try x.guarded(inside, safe: 0, outside: -.infinity) { x in
            let failures = try odds.isByLogits ? x * odds.logRest : x.xlog1py(-odds.probs)
            return try failures + odds.logProbs
        }
    }

    /// (1 - p)^m and 1 minus it, m = floor(x) + 1: constant between whole numbers, so without a gradient by x.
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        let x = try x.detached() + odds.probs.constant { _ in 0 }
        return try x.tail(side, form, from: 0, to: .infinity, safe: 0) { x in
            let m = try x.constant { $0.rounded(.down) + 1 }
            if odds.isByLogits {
                let log = try m * odds.logRest
                if side == .upper { return try form == .probability ? log.exp() : log }
                return try form == .probability ? -log.expm1() : log.exponentialLogCDF()
            }
            switch (side, form) {
            case (.upper, .probability): return try odds.probs.powerOfRest(m)
            case (.upper, .logarithm): return try m * odds.logRest
            case (.lower, .probability): return try odds.probs.lackOfRest(m)
            case (.lower, .logarithm):
                return try .tail(
                    side, form, lower: { try odds.probs.lackOfRest(m) }, upper: { try odds.probs.powerOfRest(m) })
            }
        }
    }

    /// The entropy of one trial times the mean number of trials, 1/p.
    public func wideEntropy() throws -> Variable {
        try ((odds.isByLogits ? odds.logits.logitEntropy() : odds.probs.bernoulliEntropy()) / odds.probs).spread(
            batchShape)
    }
    /// (1 - p) / p.
    public func wideMean() throws -> Variable {
        try (odds.isByLogits ? (-odds.logits).exp() : odds.rest / odds.probs).spread(batchShape)
    }
    /// (1 - p) / p².
    public func wideVariance() throws -> Variable { try wideMean() / odds.probs }
    public func wideStandardDeviation() throws -> Variable { try wideMean().sqrt() / odds.probs.sqrt() }

    /// By inversion: the integer part of log u / log(1 - p).
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let logs = try odds.wide.logRest.value.toArray()
        let most = dtype.largest
        return try generator.fill(shape + batchShape, dtype, for: operation) { generator, position in
            min((Double.log(generator.openUniform()) / logs[position % logs.count]).rounded(.down), most)
        }
    }

    public static let declaration = declare(
        "The number of failures before the first success, which has probability probs at every trial.",
        takes: .numbers("probs", "above 0, up to 1", or: .numbers("logits", "finite: log p - log(1 - p)")),
        source: "torch.distributions.Geometric",
        example: """
            local d = distribution.Geometric(0.25)
            assert(d.mean:item() == 3 and d:cdf(0):item() == 0.25)
            """
    ) { try $0["logits"].map { try Geometric(logits: $0) } ?? Geometric(probs: $0[0]) }

    public static let examples = [
        DistributionExample(
            "Geometric by probs", [.init([0.2, 0.5, 0.9])], points: .init([0, 4, 2]), isDiscrete: true
        ) {
            try Geometric(probs: $0[0])
        },
        DistributionExample(
            "Geometric by logits", [.init([-1.5, 0.3, 4])], points: .init([3, 1, 0]), isDiscrete: true
        ) {
            try Geometric(logits: $0[0])
        },
    ]
}

extension Variable {
    /// (1 - self)^m for whole m from 0.
    fileprivate func powerOfRest(_ m: Variable) throws -> Variable {
        try .elementwise(
            "power_of_rest", [self, m.detached()],
            slopes: [{ p in try -(p[1] * p[0].powerOfRest((p[1] - 1).clamp(0, .infinity))) }, nil]
        ) { $0[1] == 0 ? 1 : Double.exp($0[1] * Double.log(onePlus: -$0[0])) }
    }

    /// 1 - (1 - self)^m.
    fileprivate func lackOfRest(_ m: Variable) throws -> Variable {
        try .elementwise(
            "lack_of_rest", [self, m.detached()],
            slopes: [{ p in try p[1] * p[0].powerOfRest((p[1] - 1).clamp(0, .infinity)) }, nil]
        ) { $0[1] == 0 ? 0 : -Double.expMinusOne($0[1] * Double.log(onePlus: -$0[0])) }
    }
}
