import Autodiff
import RealModule
import Scripting
import Tensors

/// The distribution of 1/X for a Gamma X with shape a = concentration: log p(x) = a log rate - (a + 1) log x - rate/x -
/// log Γ(a).
public struct InverseGamma: DerivedDistribution {
    public static let name = "InverseGamma"
    /// The shape a, above 0; the mean is finite for a > 1.
    public let concentration: Variable
    /// Above 0; draws are proportional to it.
    public let rate: Variable
    public let batchShape: [Int]

    /// - Throws: unless both are positive and broadcast.
    public init(_ concentration: Variable, _ rate: Variable) throws {
        let (values, batch) = try InverseGamma.checked(
            ("concentration", concentration, .positive), ("rate", rate, .positive))
        ((self.concentration, self.rate), batchShape) = ((values[0], values[1]), batch)
    }

    public var parameters: [DistributionParameter] {
        [DistributionParameter("concentration", concentration), DistributionParameter("rate", rate)]
    }
    public func widened() throws -> (any Distribution)? { try InverseGamma(concentration.wide, rate.wide) }

    static var isFalling: Bool { true }
    static var isPositive: Bool { true }
    var gamma: Gamma { get throws { try Gamma(concentration.expand(batchShape), rate.expand(batchShape)) } }
    var base: any Distribution { get throws { try gamma } }
    public var support: Support { get throws { try .positive } }
    func toBase(_ x: Variable) throws -> Variable { try 1 / x }
    func fromBase(_ z: Variable) throws -> Variable { try 1 / z }
    func logSlope(_ x: Variable) throws -> Variable { try x.log() * -2 }

    /// a + log rate + log Γ(a) - (1 + a) ψ(a).
    public func wideEntropy() throws -> Variable {
        try (concentration.gammaEntropy() - concentration.digamma() * 2 + rate.log()).spread(batchShape)
    }
    /// rate / (a - 1) for a > 1, else infinite.
    public func wideMean() throws -> Variable {
        try (rate * concentration.powerMoment(1) { try 1 / ($0 - 1) }).spread(batchShape)
    }
    /// rate² / ((a - 1)² (a - 2)) for a > 2, else infinite.
    public func wideVariance() throws -> Variable {
        let factor = try concentration.powerMoment(2) { try 1 / ($0 - 1) / ($0 - 1) / ($0 - 2) }
        return try (rate * rate * factor).spread(batchShape)
    }
    public func wideStandardDeviation() throws -> Variable {
        try (rate * concentration.powerMoment(2) { try 1 / ($0 - 1) / ($0 - 2).sqrt() }).spread(batchShape)
    }

    public static let declaration = declare(
        "The distribution of 1 / X for X of Gamma(concentration, rate), on x > 0.",
        takes: .numbers("concentration", "above 0"), .numbers("rate", "above 0"),
        source: "torch.distributions.InverseGamma",
        example: """
            local d = distribution.InverseGamma(3, 2)
            assert(d.mean:item() == 1 and d.variance:item() == 1)
            """
    ) { try InverseGamma($0[0], $0[1]) }

    public static let examples = [
        DistributionExample(
            "InverseGamma", [.init([0.6, 4.5, 9]), .init([1, 0.5, 2])], points: .init([2, 0.3, 0.2])
        ) { try InverseGamma($0[0], $0[1]) }
    ]
}
