import Autodiff
import RealModule
import Scripting
import Tensors

/// The normal distribution with mean loc and standard deviation scale: log p(x) = -z²/2 - log scale - log(2π)/2, z = (x
/// - loc)/scale.
public struct Normal: LocationScaleDistribution {
    public static let name = "Normal"
    public let loc: Variable
    public let scale: Variable
    public let batchShape: [Int]

    /// - Throws: unless loc is finite, scale positive, and both broadcast.
    public init(_ loc: Variable, _ scale: Variable) throws {
        (self.loc, self.scale, batchShape) = try Normal.family(loc, scale)
    }

    static let standard = StandardDistribution(
        mean: 0, variance: 1, entropy: 0.5 * .log(2 * .pi * .exp(1)),
        density: { try StandardNormal().logProbability($0) },
        tails: { z, side, form in
            let z = try side == .lower ? z : -z
            return try form == .probability ? z.normalCDF() : z.normalLogCDF()
        },
        quantile: { try $1 == .lower ? $0.normalQuantile() : -$0.normalQuantile() },
        noise: { try Variable(StandardNormal().sample($1, $2, from: $0, for: $3)) })

    public static let declaration = declare(
        """
        The normal distribution with mean loc and standard deviation scale: numbers, tensors or tables of numbers, \
        which broadcast.
        """,
        source: "torch.distributions.Normal",
        example: """
            local d = distribution.Normal(1, {1, 2})
            assert(#d.batch_shape == 1 and d.variance:tolist()[2] == 4)
            """)

    public static let examples = [
        example(at: [0.2, -1.4, 8]),
        DistributionExample(
            "Normal (2, 1) x (3)", [.init([0, 1], [2, 1]), .init([1, 2, 3])],
            points: .init([0.5, -1, 2, 1, 0, 3], [2, 3])
        ) { try Normal($0[0], $0[1]) },
    ]
}
