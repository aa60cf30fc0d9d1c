import Autodiff
import RealModule
import Scripting
import Tensors

/// The Poisson distribution on 0, 1, 2, ...: log P(x) = x log rate - rate - log x!.
public struct Poisson: CataloguedDistribution {
    public static let name = "Poisson"
    /// The mean. Of shape ``batchShape``.
    public let rate: Variable
    public var batchShape: [Int] { rate.shape }

    /// - Throws: unless every rate is finite and not negative.
    public init(_ rate: Variable) throws {
        self.rate = try promoted([rate])[0]
        try Constraint.nonnegative.check(rate, "rate", for: Poisson.operation)
    }

    public var parameters: [DistributionParameter] { [DistributionParameter("rate", rate)] }

    public var support: Support { get throws { try .integers(0, .infinity) } }
    public func widened() throws -> (any Distribution)? { try Poisson(rate.wide) }

    public func logDensity(_ x: Variable) throws -> Variable {
        let x = try x + rate.constant { _ in 0 }
        let inside = try x.indicator { $0.isNaN || ($0 >= 0 && $0 < .infinity && $0 == $0.rounded()) }
        return try x.guarded(inside, safe: 0, outside: -.infinity) { x in try .poissonLogMass(x, rate) }
    }

    /// Q(floor(x) + 1, rate) or P(floor(x) + 1, rate), the regularised incomplete gamma functions: constant between
    /// whole numbers, so without a gradient by x.
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        try x.detached().tail(side, form, from: 0, to: .infinity, safe: 0) { x in
            let count = try x.constant { $0.rounded(.down) + 1 }
            return try .tail(.gamma, side.other, form, [count, rate.constant(1), rate])
        }
    }

    /// rate - rate log rate + E[log X!], the expectation summed term by term, or by its series for a large rate.
    public func wideEntropy() throws -> Variable { try rate.poissonEntropy() }
    /// rate.
    public func wideMean() throws -> Variable { try rate.spread(batchShape) }
    /// rate.
    public func wideVariance() throws -> Variable { try rate.spread(batchShape) }
    public func wideStandardDeviation() throws -> Variable { try rate.sqrt().spread(batchShape) }

    /// One Poisson draw for each element's rate.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let rates = try rate.value.toArray()
        return try generator.fill(shape + batchShape, dtype, for: operation) { $0.poisson(rates[$1 % rates.count]) }
    }

    public static let declaration = declare(
        "The Poisson distribution with mean and variance rate, on 0, 1, 2, ...",
        takes: .numbers("rate", "finite, from 0"),
        source: "torch.distributions.Poisson",
        example: """
            local d = distribution.Poisson(3)
            assert(d.variance:item() == 3 and d:log_prob(0.5):item() == -math.huge)
            """
    ) { try Poisson($0[0]) }

    public static let examples = [
        DistributionExample("Poisson", [.init([0.5, 4, 30])], points: .init([0, 3, 35]), isDiscrete: true) {
            try Poisson($0[0])
        }
    ]
}

extension Generator {
    /// A Poisson draw: for a rate below 10 by multiplying uniform numbers until the product is below e^-rate (Knuth),
    /// above by PTRS, transformed rejection with a squeeze (Hörmann, "The transformed rejection method for generating
    /// Poisson random variables", Insurance: Mathematics and Economics 12, 1993).
    func poisson(_ rate: Double) -> Double {
        if rate <= 0 { return 0 }
        if rate < 10 {
            let limit = Double.exp(-rate)
            var (count, product) = (0.0, openUniform())
            while product > limit {
                count += 1
                product *= openUniform()
            }
            return count
        }
        let root = rate.squareRoot()
        let logRate = Double.log(rate)
        let b = 0.931 + 2.53 * root
        let a = -0.059 + 0.02483 * b
        let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
        let squeeze = 0.9277 - 3.6224 / (b - 2)
        while true {
            let u = openUniform() - 0.5
            let v = openUniform()
            let us = 0.5 - abs(u)
            let k = ((2 * a / us + b) * u + rate + 0.43).rounded(.down)
            if us >= 0.07, v <= squeeze { return k }
            if k < 0 || (us < 0.013 && v > us) { continue }
            // -rate + k log rate - log k!, written so that the terms of a large rate do not cancel.
            let logProbability = Special.logPrefactor(k + 1, logRate, rate) - logRate
            if Double.log(v * inverseAlpha / (a / (us * us) + b)) <= logProbability { return k }
        }
    }
}
