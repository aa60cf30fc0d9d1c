import Autodiff
import RealModule
import Scripting
import Tensors

/// The Laplace distribution: log p(x) = -|x - loc| / scale - log(2 scale).
public struct Laplace: LocationScaleDistribution {
    public static let name = "Laplace"
    public let loc: Variable
    public let scale: Variable
    public let batchShape: [Int]

    /// - Throws: unless loc is finite, scale positive, and both broadcast.
    public init(_ loc: Variable, _ scale: Variable) throws {
        (self.loc, self.scale, batchShape) = try Laplace.family(loc, scale)
    }

    static let standard = StandardDistribution(
        mean: 0, variance: 2, entropy: 1 + .log(2),
        density: { try -$0.abs() - Double.log(2) },
        // e^-|z| / 2 in the tail; 1 minus the opposite tail on the other side of the middle.
        tails: { z, side, form in
            try .tail(side, form, lower: { try z - Double.log(2) }, upper: { try -z - Double.log(2) }, logarithms: true)
        },
        // log(2 q) below the median; above it from the opposite tail.
        quantile: { q, side in
            let left = try q.indicator { $0 < 0.5 }
            let size = try (q.choose(left, 1 - q) * 2).log()
            return try side == .lower ? size.choose(left, -size) : (-size).choose(left, size)
        },
        noise: StandardDistribution.inverting { u in u < 0.5 ? Double.log(2 * u) : -Double.log(2 * (1 - u)) })

    public static let declaration = declare(
        "The Laplace distribution with mean loc and variance 2 scale^2.",
        source: "torch.distributions.Laplace",
        example: """
            local d = distribution.Laplace(0, 2)
            assert(d.variance:item() == 8 and d:cdf(0):item() == 0.5)
            """)

    public static let examples = [example(at: [0.2, -1.4, 30])]
}
