import Autodiff
import RealModule
import Scripting
import Tensors

/// The logistic distribution with mean loc: cdf 1 / (1 + e^-z), log p(x) = -softplus(z) - softplus(-z) - log scale, z =
/// (x - loc)/scale.
public struct Logistic: LocationScaleDistribution {
    public static let name = "Logistic"
    public let loc: Variable
    public let scale: Variable
    public let batchShape: [Int]

    /// - Throws: unless loc is finite, scale positive, and both broadcast.
    public init(_ loc: Variable, _ scale: Variable) throws {
        (self.loc, self.scale, batchShape) = try Logistic.family(loc, scale)
    }

    static let standard = StandardDistribution(
        mean: 0, variance: .pi * .pi / 3, entropy: 2,
        density: { try $0.logisticLogDensity() },
        tails: { z, side, form in
            let z = try side == .lower ? z : -z
            return try form == .probability ? z.logisticCDF() : z.logisticLogCDF()
        },
        quantile: { try $1 == .lower ? $0.logit() : -$0.logit() },
        noise: { try Variable(StandardLogistic().sample($1, $2, from: $0, for: $3)) })

    public static let declaration = declare(
        "The logistic distribution with mean loc and variance (pi scale)^2 / 3.",
        source: "scipy.stats.logistic; NICE's prior (Dinh, Krueger, Bengio 2015)",
        example: """
            local d = distribution.Logistic(0, 1)
            assert(d:cdf(0):item() == 0.5 and d:entropy():item() == 2)
            """)

    public static let examples = [example(at: [0.2, -1.4, 30])]
}
