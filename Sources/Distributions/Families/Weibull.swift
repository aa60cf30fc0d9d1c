import Autodiff
import RealModule
import Scripting
import Tensors

/// The Weibull distribution on x >= 0, k = concentration: cdf 1 - exp(-(x/scale)^k).
public struct Weibull: DerivedDistribution {
    public static let name = "Weibull"
    /// Above 0; draws are proportional to it.
    public let scale: Variable
    /// The exponent k, above 0; 1 is the exponential distribution.
    public let concentration: Variable
    public let batchShape: [Int]

    /// - Throws: unless both are positive and broadcast.
    public init(_ scale: Variable, _ concentration: Variable) throws {
        let (values, batch) = try Weibull.checked(
            ("scale", scale, .positive), ("concentration", concentration, .positive))
        ((self.scale, self.concentration), batchShape) = ((values[0], values[1]), batch)
    }

    public var parameters: [DistributionParameter] {
        [DistributionParameter("scale", scale), DistributionParameter("concentration", concentration)]
    }
    public func widened() throws -> (any Distribution)? { try Weibull(scale.wide, concentration.wide) }

    /// z = -k log(x / scale) has the standard Gumbel distribution; unlike (x / scale)^k it does not underflow for small
    /// x.
    static var isFalling: Bool { true }
    static var isPositive: Bool { true }
    var base: any Distribution { get throws { Gumbel.standard.of(dtype) } }
    public var support: Support { get throws { try .positive } }
    func toBase(_ x: Variable) throws -> Variable { try -(concentration * .logQuotient(x, scale)) }
    func fromBase(_ z: Variable) throws -> Variable { try scale * (-(z / concentration)).exp() }
    func logSlope(_ x: Variable) throws -> Variable { try concentration.log() - x.log() }

    /// At x = 0 the density is infinite for k < 1 and 1/scale for k = 1.
    public func logDensity(_ x: Variable) throws -> Variable {
        let isZero = try x.indicator { $0 == 0 }
        let edge = try concentration.constant { $0 < 1 ? .infinity : $0 == 1 ? 0 : -.infinity } - scale.log()
        return try edge.choose(isZero, derivedLogDensity(x))
    }

    /// log scale - log k + γ (1 - 1/k) + 1.
    public func wideEntropy() throws -> Variable {
        try (scale.log() - concentration.log() + (1 - 1 / concentration) * eulerGamma + 1).spread(batchShape)
    }
    /// scale Γ(1 + 1/k).
    public func wideMean() throws -> Variable {
        try (scale * (1 / concentration + 1).lgamma().exp()).spread(batchShape)
    }
    /// scale² (Γ(1 + 2/k) - Γ(1 + 1/k)²).
    public func wideVariance() throws -> Variable {
        let deviation = try wideStandardDeviation()
        return try deviation * deviation
    }
    public func wideStandardDeviation() throws -> Variable {
        try (wideMean() * (1 / concentration).gammaSpread().expm1().sqrt()).spread(batchShape)
    }

    public static let declaration = declare(
        "The Weibull distribution on x >= 0: cdf 1 - exp(-(x / scale)^concentration).",
        takes: .numbers("scale", "above 0"), .numbers("concentration", "the power, above 0"),
        source: "torch.distributions.Weibull",
        example: """
            local d = distribution.Weibull(2, 1)
            assert(math.abs(d.mean:item() - 2) < 1e-6 and math.abs(d:survival(2):item() - math.exp(-1)) < 1e-6)
            """
    ) { try Weibull($0[0], $0[1]) }

    public static let examples = [
        DistributionExample("Weibull", [.init([0.5, 1, 3]), .init([0.8, 1, 4.5])], points: .init([0.2, 1.4, 4])) {
            try Weibull($0[0], $0[1])
        }
    ]
}

extension Variable {
    /// The m-th derivative of log Γ(1 + 2x) - 2 log Γ(1 + x), x > 0.
    func gammaSpread(_ m: Int = 0) throws -> Variable {
        try pointwise("gamma_spread", slope: { try $0.gammaSpread(m + 1) }) { Special.gammaSpread($0, m) }
    }
}

extension Special {
    /// The m-th derivative of log Γ(1 + 2x) - 2 log Γ(1 + x): for small x Σ ψ⁽ⁿ⁻¹⁾(1) (2ⁿ - 2) xⁿ / n! from n = 2 on.
    static func gammaSpread(_ x: Double, _ m: Int) -> Double {
        guard x < 0.125 else {
            if m == 0 { return lgamma(1 + 2 * x) - 2 * lgamma(1 + x) }
            return Double.pow(2, m) * polygamma(m - 1, 1 + 2 * x) - 2 * polygamma(m - 1, 1 + x)
        }
        var (sum, power) = (0.0, 1.0)
        let first = max(m, 2)
        // x^(n - m) / (n - m)!
        for n in 0..<(first - m) { power *= x / Double(n + 1) }
        for n in first..<(first + 60) {
            let term = polygamma(n - 1, 1) * (Double.pow(2, n) - 2) * power
            sum += term
            if abs(term) <= 1e-17 * abs(sum) { break }
            power *= x / Double(n - m + 1)
        }
        return sum
    }
}
