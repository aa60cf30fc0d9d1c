import Autodiff
import RealModule
import Scripting
import Tensors

/// The von Mises distribution on the circle, κ = concentration: log p(x) = κ cos(x - loc) - log(2π I₀(κ)), of period
/// 2π. Draws lie from loc - π to loc + π, where the distribution function goes from 0 to 1.
public struct VonMises: CataloguedDistribution {
    public static let name = "VonMises"
    /// The mean direction, in radians. Broadcasts to ``batchShape``.
    public let loc: Variable
    /// κ. Broadcasts to ``batchShape``.
    public let concentration: Variable
    public let batchShape: [Int]

    /// - Throws: unless loc is finite, concentration positive, and both broadcast.
    public init(_ loc: Variable, _ concentration: Variable) throws {
        let (values, batch) = try VonMises.checked(("loc", loc, .finite), ("concentration", concentration, .positive))
        (self.loc, self.concentration, batchShape) = (values[0], values[1], batch)
    }

    public var parameters: [DistributionParameter] {
        [DistributionParameter("loc", loc), DistributionParameter("concentration", concentration)]
    }
    public var isReparameterised: Bool { true }
    public func widened() throws -> (any Distribution)? { try VonMises(loc.wide, concentration.wide) }
    public var support: Support { get throws { try Support(.interval, loc.wide - Double.pi, loc.wide + Double.pi) } }

    public func logDensity(_ x: Variable) throws -> Variable { try .vonMisesLogDensity(concentration, x - loc) }

    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        let theta = try x - loc + concentration.constant { _ in 0 }
        return try theta.tail(side, form, from: -.pi, to: .pi, safe: 0) {
            try .tail(.vonMises, side, form, [concentration, $0])
        }
    }

    /// κ (1 - I₁/I₀) + log 2π + log(I₀ e^-κ).
    public func wideEntropy() throws -> Variable {
        let kappa = concentration
        return try (kappa * kappa.vonMisesSpread() + kappa.vonMisesNormaliser() + Double.log(2 * .pi)).spread(
            batchShape)
    }
    /// loc, the mean direction.
    public func wideMean() throws -> Variable { try loc.spread(batchShape) }
    /// The circular variance, 1 - E cos(x - loc) = 1 - I₁/I₀.
    public func wideVariance() throws -> Variable { try concentration.vonMisesSpread().spread(batchShape) }

    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let kappa = try concentration.wide.expand(batchShape)
        let values = try kappa.value.toArray()
        let theta = try generator.fill(shape + batchShape, .float64, for: operation) {
            $0.vonMises(values[$1 % values.count])
        }
        let centred = try VonMises(kappa.constant(0), kappa)
        return try (loc.wide + centred.reparameterised(theta)).converted(to: dtype)
    }

    public static let declaration = declare(
        """
        The von Mises distribution of angles, with mean direction loc. log_prob has period 2 pi; draws and cdf are \
        those of the turn from loc - pi to loc + pi; variance is that of directions, 1 - E cos(x - loc).
        """,
        takes: .numbers("loc", "the mean direction, in radians"), .numbers("concentration", "above 0"),
        source: "torch.distributions.VonMises",
        example: """
            local d = distribution.VonMises(0, 2)
            assert(math.abs(d:cdf(0):item() - 0.5) < 1e-6)
            assert(math.abs(d:log_prob(1):item() - d:log_prob(1 + 2 * math.pi):item()) < 1e-5)
            """
    ) { try VonMises($0[0], $0[1]) }

    public static let examples = [
        DistributionExample("VonMises", [.init([0.5, -1, 3]), .init([0.4, 3, 60])], points: .init([0.2, -2.4, 3.3])) {
            try VonMises($0[0], $0[1])
        }
    ]
}
