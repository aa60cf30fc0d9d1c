import Autodiff
import RealModule
import Scripting
import Tensors

/// The Beta distribution on [0, 1]: log p(x) = (a - 1) log x + (b - 1) log(1 - x) - log B(a, b), a = concentration1, b
/// = concentration0.
public struct Beta: CataloguedDistribution {
    public static let name = "Beta"
    /// concentration1, the exponent of x plus 1. Broadcasts to ``batchShape``.
    public let a: Variable
    /// concentration0, the exponent of 1 - x plus 1. Broadcasts to ``batchShape``.
    public let b: Variable
    public let batchShape: [Int]

    /// - Throws: unless both are positive and broadcast.
    public init(_ a: Variable, _ b: Variable) throws {
        let both = try promoted([a, b])
        (self.a, self.b) = (both[0], both[1])
        try Constraint.positive.check(a, "concentration1", for: Beta.operation)
        try Constraint.positive.check(b, "concentration0", for: Beta.operation)
        batchShape = try broadcast(
            [DistributionParameter("concentration1", a), DistributionParameter("concentration0", b)],
            for: Beta.operation)
    }

    public var parameters: [DistributionParameter] {
        [DistributionParameter("concentration1", a), DistributionParameter("concentration0", b)]
    }
    public var support: Support { get throws { try Support(.interval, 0, 1) } }
    public var isReparameterised: Bool { true }

    public func widened() throws -> (any Distribution)? { try Beta(a.wide, b.wide) }

    public func logDensity(_ x: Variable) throws -> Variable {
        let x = try x + a.constant { _ in 0 }
        return try x.guarded(x.indicator { !($0 < 0 || $0 > 1) }, safe: 0.5, outside: -.infinity) { x in
            try .betaLogDensity(a, b, x)
        }
    }

    /// I_x(a, b), the regularised incomplete beta function, or I_{1-x}(b, a).
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        try x.tail(side, form, from: 0, to: 1, safe: 0.5) { try .tail(.beta, side, form, [a, b, $0]) }
    }

    /// log B - (a - 1) ψ(a) - (b - 1) ψ(b) + (a + b - 2) ψ(a + b), with the large terms common to log B and ψ cancelled
    /// first.
    public func wideEntropy() throws -> Variable {
        try (a.gammaEntropy() + b.gammaEntropy() - (a + b).gammaSumEntropy(2)).spread(batchShape)
    }

    /// a / (a + b).
    public func wideMean() throws -> Variable { try a.share(besides: b).spread(batchShape) }
    /// a b / ((a + b)² (a + b + 1)).
    public func wideVariance() throws -> Variable {
        let sum = try a + b
        return try (a / sum * (b / sum) / (sum + 1)).spread(batchShape)
    }
    /// √(a b / (a + b + 1)) / (a + b).
    public func wideStandardDeviation() throws -> Variable {
        let sum = try a + b
        return try ((a / sum).sqrt() * (b / sum).sqrt() / (sum + 1).sqrt()).spread(batchShape)
    }

    /// G1 / (G1 + G0) of two Gamma variables, in logarithms: sigmoid(log G1 - log G0), kept inside (0, 1).
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let one = try Variable.logGammaDraws(a.expand(batchShape), shape, from: generator, for: operation)
        let other = try Variable.logGammaDraws(b.expand(batchShape), shape, from: generator, for: operation)
        return try (one - other).sigmoid().converted(to: dtype).clamp(dtype.smallest, dtype.belowOne)
    }

    public static let declaration = declare(
        "The Beta distribution on [0, 1] with mean concentration1 / (concentration1 + concentration0).",
        takes: .numbers("concentration1", "above 0"), .numbers("concentration0", "above 0"),
        source: "torch.distributions.Beta",
        example: """
            local d = distribution.Beta(1, 3)
            assert(d.mean:item() == 0.25 and d:log_prob(2):item() == -math.huge)
            """
    ) { try Beta($0[0], $0[1]) }

    public static let examples = [
        DistributionExample(
            "Beta", [.init([0.4, 1, 4.5, 30]), .init([0.7, 1, 2, 60])], points: .init([0.2, 0.5, 0.9, 0.3])
        ) { try Beta($0[0], $0[1]) }
    ]
}
