import Autodiff
import RealModule
import Scripting
import Tensors

/// The Gumbel distribution, the limit for the largest of many numbers: cdf exp(-e^-z), log p(x) = -z - e^-z - log
/// scale, z = (x - loc)/scale.
public struct Gumbel: LocationScaleDistribution {
    public static let name = "Gumbel"
    public let loc: Variable
    public let scale: Variable
    public let batchShape: [Int]

    /// - Throws: unless loc is finite, scale positive, and both broadcast.
    public init(_ loc: Variable, _ scale: Variable) throws {
        (self.loc, self.scale, batchShape) = try Gumbel.family(loc, scale)
    }

    static let standard = StandardDistribution(
        mean: eulerGamma, variance: .pi * .pi / 6, entropy: 1 + eulerGamma,
        density: { try $0.gumbelLogDensity() },
        tails: { z, side, form in
            if side == .lower { return try form == .probability ? z.gumbelLower() : -((-z).exp()) }
            return try form == .probability ? z.gumbelUpper() : z.gumbelLogUpper()
        },
        quantile: { q, side in try -((side == .lower ? -q.log() : -((-q).log1p())).log()) },
        noise: StandardDistribution.inverting { -Double.log(-Double.log($0)) })

    public static let declaration = declare(
        "The Gumbel distribution, of the largest of many numbers, with mode loc: cdf exp(-exp(-(x - loc) / scale)).",
        source: "torch.distributions.Gumbel",
        example: """
            local d = distribution.Gumbel(1, 2)
            assert(math.abs(d:cdf(1):item() - math.exp(-1)) < 1e-6)
            assert(math.abs(d.mean:item() - 1 - 2 * 0.5772157) < 1e-6)
            """)

    public static let examples = [example(at: [0.2, -1.4, 30])]
}

/// The Euler-Mascheroni constant γ = -ψ(1).
let eulerGamma = 0.5772156649015328606
