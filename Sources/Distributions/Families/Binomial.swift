import Autodiff
import RealModule
import Scripting
import Tensors

/// The number of successes in n = total_count trials, each with probability p = probs:
/// log P(k) = log (n over k) + k log p + (n - k) log(1 - p).
public struct Binomial: CataloguedDistribution {
    public static let name = "Binomial"
    /// n, whole numbers. Broadcasts to ``batchShape``.
    public let count: Variable
    let odds: SuccessOdds
    public let batchShape: [Int]

    /// - Throws: unless the counts are whole numbers from 0, the probabilities from 0 to 1, and both broadcast.
    public init(_ count: Variable, probs: Variable) throws {
        try self.init(promoted([count, probs])) { try SuccessOdds(probs: $0, .probability, for: Binomial.operation) }
    }

    /// - Throws: unless the counts are whole numbers from 0, the logits finite, and both broadcast.
    public init(_ count: Variable, logits: Variable) throws {
        try self.init(promoted([count, logits])) { try SuccessOdds(logits: $0, for: Binomial.operation) }
    }

    private init(_ both: [Variable], _ odds: (Variable) throws -> SuccessOdds) throws {
        try Constraint.count.check(both[0], "total_count", for: Binomial.operation)
        try self.init(both[0], odds(both[1]))
    }

    private init(_ count: Variable, _ odds: SuccessOdds) throws {
        (self.count, self.odds) = (count, odds)
        batchShape = try broadcast(
            [DistributionParameter("total_count", count), odds.parameters[0]], for: Binomial.operation)
    }

    public var parameters: [DistributionParameter] { [DistributionParameter("total_count", count)] + odds.parameters }
    public func widened() throws -> (any Distribution)? { try Binomial(count.wide, odds.wide) }
    public var support: Support { get throws { Support(.integers, Variable(try Tensor(0, .float64)), count) } }

    public func logDensity(_ x: Variable) throws -> Variable {
        let x = try x + (count + odds.probs).constant { _ in 0 }
        let inside = try x.indicator { $0.isNaN || ($0 >= 0 && $0 == $0.rounded()) } * x.indicator(count) { !($0 > $1) }
        return try x.guarded(inside, safe: 0, outside: -.infinity) { try odds.logMass($0, count - $0) }
    }

    /// P(X > k) = I_p(k + 1, n - k) for k = floor(x): constant between whole numbers, so without a gradient by x.
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        let x = try x.detached() + (count + odds.probs).constant { _ in 0 }
        return try x.tail(side, form, from: 0, to: .infinity, safe: 0) { x in
            let k = try x.constant { $0.rounded(.down) }
            let isBelow = try k.indicator(count) { !($0 >= $1) }
            let value = try odds.tail(side.other, form, k + 1, (count - k).choose(isBelow, count.constant(1)))
            return try value.choose(isBelow, value.constant(side == .lower ? form.always : form.never))
        }
    }

    /// n p.
    public func wideMean() throws -> Variable { try (count * odds.probs).spread(batchShape) }
    /// n p (1 - p).
    public func wideVariance() throws -> Variable { try (count * odds.probs * odds.rest).spread(batchShape) }
    public func wideStandardDeviation() throws -> Variable {
        let deviation = try odds.isByLogits ? odds.logits.logitDeviation() : odds.probs.bernoulliDeviation()
        return try (count.sqrt() * deviation).spread(batchShape)
    }

    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let (n, p) = (try count.value.expand(batchShape).toArray(), try odds.probs.value.expand(batchShape).toArray())
        return try generator.fill(shape + batchShape, dtype, for: operation) {
            $0.binomial(n[$1 % n.count], p[$1 % p.count])
        }
    }

    public static let declaration = declare(
        "The number of successes in total_count trials, each with probability probs.",
        takes: .numbers("total_count", "whole numbers from 0"),
        .numbers("probs", "from 0 to 1", or: .numbers("logits", "finite: log p - log(1 - p)")),
        source: "torch.distributions.Binomial",
        example: """
            local d = distribution.Binomial(10, 0.25)
            assert(d.mean:item() == 2.5 and d:log_prob(11):item() == -math.huge)
            """
    ) { given in try given["logits"].map { try Binomial(given[0], logits: $0) } ?? Binomial(given[0], probs: given[1]) }

    public static let examples = [
        DistributionExample(
            "Binomial by probs", [.init([0.2, 0.5, 0.9])], points: .init([0, 7, 25]), isDiscrete: true
        ) {
            try Binomial(Variable(Tensor([5, 20, 30], shape: [3], $0[0].dtype)), probs: $0[0])
        },
        DistributionExample("Binomial by logits", [.init([-2, 0.3, 4])], points: .init([1, 20, 29]), isDiscrete: true) {
            try Binomial(Variable(Tensor([5, 20, 30], shape: [3], $0[0].dtype)), logits: $0[0])
        },
    ]
}

extension Generator {
    /// A binomial draw: for a mean below 10 by inversion, summing probabilities from 0; above by BTRS, transformed
    /// rejection with a squeeze (Hörmann, "The generation of binomial random variates", Journal of Statistical
    /// Computation and Simulation 46, 1993). For p > 1/2 failures are drawn instead.
    func binomial(_ n: Double, _ p: Double) -> Double {
        if p > 0.5 { return n - binomial(n, 1 - p) }
        if n * p <= 0 { return 0 }
        return n * p < 10 ? smallBinomial(n, p) : largeBinomial(n, p)
    }

    private func smallBinomial(_ n: Double, _ p: Double) -> Double {
        let start = Double.exp(n * Double.log(onePlus: -p))
        while true {
            var (u, k, mass) = (uniform(), 0.0, start)
            while u >= mass && k <= n {
                u -= mass
                k += 1
                mass *= (n - k + 1) / k * (p / (1 - p))
                // No probability is left this far out: what remains of u is rounding.
                if mass == 0 { break }
            }
            if k <= n && mass > 0 { return k }
        }
    }

    private func largeBinomial(_ n: Double, _ p: Double) -> Double {
        let deviation = (n * p * (1 - p)).squareRoot()
        let b = 1.15 + 2.53 * deviation
        let a = -0.0873 + 0.0248 * b + 0.01 * p
        let centre = n * p + 0.5
        let squeeze = 0.92 - 4.2 / b
        let alpha = (2.83 + 5.1 / b) * deviation
        let mode = ((n + 1) * p).rounded(.down)
        func logMass(_ k: Double) -> Double { Special.choiceLogMass(k, n - k, Special.BetaPoint(k, n - k, p)) }
        let top = logMass(mode)
        while true {
            let u = openUniform() - 0.5
            let v = openUniform()
            let us = 0.5 - abs(u)
            let k = ((2 * a / us + b) * u + centre).rounded(.down)
            if us >= 0.07, v <= squeeze { return k }
            if k < 0 || k > n { continue }
            if Double.log(v * alpha / (a / (us * us) + b)) <= logMass(k) - top { return k }
        }
    }
}
