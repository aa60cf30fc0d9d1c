import Autodiff
import RealModule
import Scripting
import Tensors

/// The distribution of |X| for a normal X with mean 0: log p(x) = -z²/2 - log scale + log(2/π)/2, z = x/scale, on x >=
/// 0.
public struct HalfNormal: DerivedDistribution {
    public static let name = "HalfNormal"
    /// Above 0: the standard deviation of X, not of |X|.
    public let scale: Variable
    public let batchShape: [Int]

    /// - Throws: unless scale is positive.
    public init(_ scale: Variable) throws {
        let (values, batch) = try HalfNormal.checked(("scale", scale, .positive))
        (self.scale, batchShape) = (values[0], batch)
    }

    public var parameters: [DistributionParameter] {
        [DistributionParameter("scale", scale)]
    }
    public func widened() throws -> (any Distribution)? { try HalfNormal(scale.wide) }

    static let standard = StandardDistribution(
        from: 0, mean: (2 / .pi).squareRoot(), variance: 1 - 2 / .pi, entropy: 0.5 * .log(.pi / 2) + 0.5,
        density: { try $0 * $0 * -0.5 + 0.5 * Double.log(2 / .pi) },
        tails: { z, side, form in
            if side == .lower {
                return try form == .probability ? (z * 0.5.squareRoot()).erf() : z.halfNormalLogLower()
            }
            return try form == .probability ? (-z).normalCDF() * 2 : z.halfNormalLogUpper()
        },
        quantile: { try $1 == .lower ? $0.halfNormalQuantile() : -(($0 * 0.5).normalQuantile()) },
        noise: { try Variable(StandardNormal().sample($1, $2, from: $0, for: $3)).abs() })

    var base: any Distribution { get throws { HalfNormal.standard.of(dtype) } }
    public var support: Support { get throws { try .positive } }
    func toBase(_ x: Variable) throws -> Variable { try x / scale }
    func fromBase(_ z: Variable) throws -> Variable { try scale * z }
    func logSlope(_ x: Variable) throws -> Variable { try -scale.log() }

    /// log scale + log(π/2)/2 + 1/2.
    public func wideEntropy() throws -> Variable {
        try entropy(ofBase: HalfNormal.standard.constants.entropy, scale.log())
    }
    /// √(2/π) scale.
    public func wideMean() throws -> Variable { try (scale * HalfNormal.standard.constants.mean).spread(batchShape) }
    /// (1 - 2/π) scale².
    public func wideVariance() throws -> Variable {
        try (scale * scale * HalfNormal.standard.constants.variance).spread(batchShape)
    }
    public func wideStandardDeviation() throws -> Variable {
        try (scale * HalfNormal.standard.constants.variance.squareRoot()).spread(batchShape)
    }

    public static let declaration = declare(
        "The distribution of |X| for X of Normal(0, scale), on x >= 0.",
        takes: .numbers("scale", "above 0"),
        source: "torch.distributions.HalfNormal",
        example: """
            local d = distribution.HalfNormal(2)
            assert(math.abs(d.mean:item() - 2 * math.sqrt(2 / math.pi)) < 1e-6)
            """
    ) { try HalfNormal($0[0]) }

    public static let examples = [
        DistributionExample("HalfNormal", [.init([0.5, 1, 3])], points: .init([0.2, 1.4, 8])) { try HalfNormal($0[0]) }
    ]
}
