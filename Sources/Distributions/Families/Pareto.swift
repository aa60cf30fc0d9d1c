import Autodiff
import RealModule
import Scripting
import Tensors

/// The Pareto distribution on x >= scale: log p(x) = log alpha + alpha log scale - (alpha + 1) log x.
public struct Pareto: DerivedDistribution {
    public static let name = "Pareto"
    /// Above 0: the least value, where the density is largest.
    public let scale: Variable
    /// The exponent of the tail, above 0: P(X > x) = (scale / x)^alpha.
    public let alpha: Variable
    public let batchShape: [Int]

    /// - Throws: unless both are positive and broadcast.
    public init(_ scale: Variable, _ alpha: Variable) throws {
        let (values, batch) = try Pareto.checked(("scale", scale, .positive), ("alpha", alpha, .positive))
        ((self.scale, self.alpha), batchShape) = ((values[0], values[1]), batch)
    }

    public var parameters: [DistributionParameter] {
        [DistributionParameter("scale", scale), DistributionParameter("alpha", alpha)]
    }
    public func widened() throws -> (any Distribution)? { try Pareto(scale.wide, alpha.wide) }

    /// z = alpha log(x / scale) has the standard exponential distribution.
    static var isPositive: Bool { true }
    var base: any Distribution { get throws { Exponential.standard.of(dtype) } }
    public var support: Support {
        get throws { Support(.greaterThan, scale, Variable(try Tensor(.infinity, .float64))) }
    }
    func toBase(_ x: Variable) throws -> Variable { try alpha * .logQuotient(x, scale) }
    func fromBase(_ z: Variable) throws -> Variable { try scale * (z / alpha).exp() }
    func logSlope(_ x: Variable) throws -> Variable { try alpha.log() - x.log() }

    /// log scale - log alpha + 1 + 1/alpha.
    public func wideEntropy() throws -> Variable { try (scale.log() - alpha.log() + 1 + 1 / alpha).spread(batchShape) }
    /// alpha scale / (alpha - 1) for alpha > 1, else infinite.
    public func wideMean() throws -> Variable {
        try (scale * alpha.powerMoment(1) { try $0 / ($0 - 1) }).spread(batchShape)
    }
    /// scale² alpha / ((alpha - 1)² (alpha - 2)) for alpha > 2, else infinite.
    public func wideVariance() throws -> Variable {
        let factor = try alpha.powerMoment(2) { try $0 / ($0 - 1) / ($0 - 1) / ($0 - 2) }
        return try (scale * scale * factor).spread(batchShape)
    }
    public func wideStandardDeviation() throws -> Variable {
        try (scale * alpha.powerMoment(2) { try ($0 / ($0 - 2)).sqrt() / ($0 - 1) }).spread(batchShape)
    }

    public static let declaration = declare(
        "The Pareto distribution on x >= scale: P(X > x) = (scale / x)^alpha.",
        takes: .numbers("scale", "the smallest value, above 0"), .numbers("alpha", "the power, above 0"),
        source: "torch.distributions.Pareto",
        example: """
            local d = distribution.Pareto(1, 3)
            assert(d.mean:item() == 1.5 and math.abs(d:survival(2):item() - 1 / 8) < 1e-6)
            """
    ) { try Pareto($0[0], $0[1]) }

    public static let examples = [
        DistributionExample("Pareto", [.init([0.5, 1, 3]), .init([0.7, 4.5, 9])], points: .init([0.7, 1.4, 8])) {
            try Pareto($0[0], $0[1])
        }
    ]
}

extension Variable {
    /// A moment of a distribution whose density falls as a power: `formula` for exponents above `least`, infinite for
    /// others.
    func powerMoment(_ least: Double, _ formula: (Variable) throws -> Variable) throws -> Variable {
        try guarded(indicator { !($0 <= least) }, safe: least + 1, outside: .infinity, formula)
    }
}
