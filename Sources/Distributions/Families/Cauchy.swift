import Autodiff
import RealModule
import Scripting
import Tensors

/// The Cauchy distribution, whose mean does not exist: log p(x) = -log(1 + z²) - log(π scale), z = (x - loc)/scale.
public struct Cauchy: LocationScaleDistribution {
    public static let name = "Cauchy"
    public let loc: Variable
    public let scale: Variable
    public let batchShape: [Int]

    /// - Throws: unless loc is finite, scale positive, and both broadcast.
    public init(_ loc: Variable, _ scale: Variable) throws {
        (self.loc, self.scale, batchShape) = try Cauchy.family(loc, scale)
    }

    static let standard = StandardDistribution(
        mean: .nan, variance: .infinity, entropy: .log(4 * .pi),
        density: { try $0.cauchyLogDensity() },
        tails: { z, side, form in
            let z = try side == .lower ? -z : z
            return try form == .probability ? z.cauchyUpper() : z.cauchyLogUpper()
        },
        quantile: { try $1 == .lower ? $0.cauchyQuantile() : -$0.cauchyQuantile() },
        noise: StandardDistribution.inverting { Special.cauchyQuantile($0) })

    public static let declaration = declare(
        "The Cauchy distribution with median loc and quartiles loc - scale and loc + scale; it has no mean.",
        source: "torch.distributions.Cauchy",
        example: """
            local d = distribution.Cauchy(1, 2)
            assert(d:icdf(0.5):item() == 1 and math.abs(d:icdf(0.75):item() - 3) < 1e-6)
            """)

    public static let examples = [example(at: [0.2, -1.4, 30])]
}
