import Autodiff
import RealModule
import Scripting
import Tensors

/// The Gamma distribution on x >= 0 with shape a = concentration:
/// log p(x) = a log rate + (a - 1) log x - rate x - log Γ(a).
public struct Gamma: CataloguedDistribution {
    public static let name = "Gamma"
    /// The shape a. Broadcasts to ``batchShape``.
    public let concentration: Variable
    /// The rate, 1 / scale. Broadcasts to ``batchShape``.
    public let rate: Variable
    public let batchShape: [Int]

    /// - Throws: unless both are positive and broadcast.
    public init(_ concentration: Variable, _ rate: Variable) throws {
        let both = try promoted([concentration, rate])
        (self.concentration, self.rate) = (both[0], both[1])
        try Constraint.positive.check(concentration, "concentration", for: Gamma.operation)
        try Constraint.positive.check(rate, "rate", for: Gamma.operation)
        batchShape = try broadcast(
            [DistributionParameter("concentration", concentration), DistributionParameter("rate", rate)],
            for: Gamma.operation)
    }

    public var parameters: [DistributionParameter] {
        [DistributionParameter("concentration", concentration), DistributionParameter("rate", rate)]
    }
    public var support: Support { get throws { try .positive } }
    public var isReparameterised: Bool { true }

    public func widened() throws -> (any Distribution)? { try Gamma(concentration.wide, rate.wide) }

    public func logDensity(_ x: Variable) throws -> Variable {
        let (a, x) = (concentration, try x + rate.constant { _ in 0 })
        return try x.guarded(x.indicator { !($0 < 0 || $0 == .infinity) }, safe: 1, outside: -.infinity) { x in
            try .gammaLogDensity(a, rate, x)
        }
    }

    /// P(a, rate x) or Q(a, rate x), the regularised incomplete gamma functions.
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        try x.tail(side, form, from: 0, to: .infinity, safe: 1) {
            try .tail(.gamma, side, form, [concentration, rate, $0])
        }
    }

    /// a - log rate + log Γ(a) + (1 - a) ψ(a).
    public func wideEntropy() throws -> Variable {
        try (concentration.gammaEntropy() - rate.log()).spread(batchShape)
    }

    /// a / rate.
    public func wideMean() throws -> Variable { try (concentration / rate).spread(batchShape) }
    /// a / rate².
    public func wideVariance() throws -> Variable { try (concentration / rate / rate).spread(batchShape) }
    /// √a / rate.
    public func wideStandardDeviation() throws -> Variable { try (concentration.sqrt() / rate).spread(batchShape) }

    /// Marsaglia and Tsang's method, with implicit gradients. Drawn as logarithms, which do not underflow for small
    /// shapes; at the end, what would round to 0 becomes the smallest normal number.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let logarithm = try Variable.logGammaDraws(
            concentration.expand(batchShape), shape, from: generator, for: operation)
        return try (logarithm - rate.log()).exp().clamp(dtype.smallest, dtype.largest).converted(to: dtype)
    }

    public static let declaration = declare(
        "The Gamma distribution with mean concentration / rate, on x >= 0.",
        takes: .numbers("concentration", "above 0"), .numbers("rate", "above 0"),
        source: "torch.distributions.Gamma",
        example: """
            local d = distribution.Gamma(3, 2)
            assert(d.mean:item() == 1.5 and d.variance:item() == 0.75)
            """
    ) { try Gamma($0[0], $0[1]) }

    public static let examples = [
        DistributionExample(
            "Gamma", [.init([0.3, 1, 4.5, 60]), .init([1, 0.5, 2, 3])], points: .init([0.2, 3, 2.5, 21])
        ) { try Gamma($0[0], $0[1]) }
    ]
}

extension DType {
    /// The smallest positive normal number.
    var smallest: Double { self == .float64 ? .leastNormalMagnitude : Double(Float.leastNormalMagnitude) }
    /// The largest finite number.
    var largest: Double { self == .float64 ? .greatestFiniteMagnitude : Double(Float.greatestFiniteMagnitude) }
    /// The largest number below 1.
    var belowOne: Double { self == .float64 ? 1 - 0x1p-53 : 1 - 0x1p-24 }
    /// u, or the largest number below 1 of this dtype where rounding u to it would give 1.
    package func insideUnitInterval(_ u: Double) -> Double { Swift.min(u, belowOne) }
}
