import Autodiff
import RealModule
import Scripting
import Tensors

/// The distribution of e^X for a normal X: log p(x) = -z²/2 - log(scale x) - log(2π)/2, z = (log x - loc)/scale.
public struct LogNormal: DerivedDistribution {
    public static let name = "LogNormal"
    /// The mean of log X, of the batch's shape.
    public let loc: Variable
    /// Above 0: the standard deviation of log X.
    public let scale: Variable
    public let batchShape: [Int]

    /// - Throws: unless loc is finite, scale positive, and both broadcast.
    public init(_ loc: Variable, _ scale: Variable) throws {
        let (values, batch) = try LogNormal.checked(("loc", loc, .finite), ("scale", scale, .positive))
        ((self.loc, self.scale), batchShape) = ((values[0], values[1]), batch)
    }

    public var parameters: [DistributionParameter] {
        [DistributionParameter("loc", loc), DistributionParameter("scale", scale)]
    }
    public func widened() throws -> (any Distribution)? { try LogNormal(loc.wide, scale.wide) }

    static var isPositive: Bool { true }
    static var middle: Double { 0 }
    var base: any Distribution { get throws { Normal.standard.of(dtype) } }
    public var support: Support { get throws { try .positive } }
    func toBase(_ x: Variable) throws -> Variable { try .logLess(x, loc) / scale }
    func fromBase(_ z: Variable) throws -> Variable { try (loc + scale * z).exp() }
    func logSlope(_ x: Variable) throws -> Variable { try -(scale.log() + x.log()) }

    /// loc + log scale + log(2πe)/2.
    public func wideEntropy() throws -> Variable {
        try entropy(ofBase: Normal.standard.constants.entropy, loc + scale.log())
    }
    /// e^(loc + scale²/2).
    public func wideMean() throws -> Variable { try (loc + scale * scale * 0.5).exp().spread(batchShape) }
    /// (e^(scale²) - 1) e^(2 loc + scale²).
    public func wideVariance() throws -> Variable {
        let square = try scale * scale
        return try (square.expm1() * (loc * 2 + square).exp()).spread(batchShape)
    }
    public func wideStandardDeviation() throws -> Variable {
        let square = try scale * scale
        return try (square.expm1().sqrt() * (loc + square * 0.5).exp()).spread(batchShape)
    }

    public static let declaration = declare(
        "The distribution of e^X for X of Normal(loc, scale), on x > 0.",
        takes: .numbers("loc", "the mean of log x, finite"), .numbers("scale", "its standard deviation, above 0"),
        source: "torch.distributions.LogNormal",
        example: """
            local d = distribution.LogNormal(0, 1)
            assert(math.abs(d.mean:item() - math.exp(0.5)) < 1e-6 and d:cdf(1):item() == 0.5)
            """
    ) { try LogNormal($0[0], $0[1]) }

    public static let examples = [
        DistributionExample(
            "LogNormal", [.init([0.5, -1, 3]), .init([0.5, 0.3, 0.7])], points: .init([0.2, 0.4, 60])
        ) { try LogNormal($0[0], $0[1]) }
    ]
}

extension Variable {
    /// log x - m for x > 0, accurate when both are large: the only error is that of x itself.
    static func logLess(_ x: Variable, _ m: Variable) throws -> Variable {
        try x.pairwise("log_less", m, slopes: ({ x, _ in try 1 / x }, { _, m in try m.constant(-1) })) {
            Special.logLess($0, $1)
        }
    }
}

extension Special {
    /// log x - m, with log x split into a multiple of log 2, from which m is subtracted exactly, and the logarithm of a
    /// number near 1.
    static func logLess(_ x: Double, _ m: Double) -> Double {
        guard x > 0, x.isFinite, m.isFinite else { return Double.log(x) - m }
        var (exponent, significand) = (Double(x.exponent), x.significand)
        if significand > 1.4142135623730951 { (exponent, significand) = (exponent + 1, significand / 2) }
        // log 2 as its first 32 bits and the rest.
        let (high, low) = (6.93147180369123816490e-01, 1.90821492927058770002e-10)
        let (sum, rest) = exactSum(exponent * high, -m)
        return sum + (rest + (exponent * low + Double.log(significand)))
    }
}
