import Autodiff
import RealModule
import Scripting
import Tensors

/// Student's t distribution with ν = df degrees of freedom, z = (x - loc)/scale:
/// log p(x) = -(ν + 1)/2 log(1 + z²/ν) - log scale - log(ν)/2 - log B(ν/2, 1/2).
public struct StudentT: CataloguedDistribution {
    public static let name = "StudentT"
    /// The degrees of freedom ν. Broadcasts to ``batchShape``.
    public let df: Variable
    /// The location. Broadcasts to ``batchShape``.
    public let loc: Variable
    /// The scale. Broadcasts to ``batchShape``.
    public let scale: Variable
    public let batchShape: [Int]

    /// - Throws: unless df and scale are positive, loc finite, and all broadcast.
    public init(_ df: Variable, _ loc: Variable, _ scale: Variable) throws {
        let all = try promoted([df, loc, scale])
        (self.df, self.loc, self.scale) = (all[0], all[1], all[2])
        try Constraint.positive.check(df, "df", for: StudentT.operation)
        try Constraint.finite.check(loc, "loc", for: StudentT.operation)
        try Constraint.positive.check(scale, "scale", for: StudentT.operation)
        batchShape = try broadcast(
            [
                DistributionParameter("df", df), DistributionParameter("loc", loc),
                DistributionParameter("scale", scale),
            ], for: StudentT.operation)
    }

    public var parameters: [DistributionParameter] {
        [DistributionParameter("df", df), DistributionParameter("loc", loc), DistributionParameter("scale", scale)]
    }
    public var support: Support { get throws { try .real } }
    public var isReparameterised: Bool { true }

    private func standard(_ x: Variable) throws -> Variable { try (x - loc) / scale }

    public func widened() throws -> (any Distribution)? { try StudentT(df.wide, loc.wide, scale.wide) }

    public func logDensity(_ x: Variable) throws -> Variable { try .studentLogDensity(df, standard(x)) - scale.log() }

    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        let z = try standard(x)
        return try z.tail(side, form, from: -.infinity, to: .infinity, safe: 0) {
            try .tail(.student, side, form, [df, $0])
        }
    }

    /// log scale + (ν + 1)/2 (ψ((ν + 1)/2) - ψ(ν/2)) + log(ν)/2 + log B(ν/2, 1/2).
    public func wideEntropy() throws -> Variable {
        try (scale.log() + (df * 0.5).studentEntropy() + 0.5 * Double.log(2 * .pi)).spread(batchShape)
    }

    /// loc for df > 1, else NaN.
    public func wideMean() throws -> Variable { try (loc + df.constant { $0 > 1 ? 0 : .nan }).spread(batchShape) }

    /// scale² ν / (ν - 2) for df > 2, infinite for 1 < df <= 2, else NaN.
    public func wideVariance() throws -> Variable { try (scale * scale * varianceFactor).spread(batchShape) }
    public func wideStandardDeviation() throws -> Variable { try (scale * varianceFactor.sqrt()).spread(batchShape) }

    private var varianceFactor: Variable {
        get throws {
            let exists = try df.indicator { $0 > 2 }
            let safe = try df.choose(exists, df.constant(3))
            return try (1 + 2 / (safe - 2)).choose(exists, df.constant { $0 > 1 ? .infinity : .nan })
        }
    }

    /// loc + scale n sqrt(ν / 2G), with n normal and G ~ Gamma(ν/2, 1), reparameterised implicitly.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let normals = try generator.normals(shape + batchShape, .float64, for: operation)
        let half = try df * 0.5
        let logGamma = try Variable.logGammaDraws(half.expand(batchShape), shape, from: generator, for: operation)
        // What overflows becomes e^709, near the largest finite number.
        let heavy = try Variable(normals) * ((half.log() - logGamma) * 0.5).clamp(-.infinity, 709).exp()
        return try (loc.wide + scale.wide * heavy).clamp(-dtype.largest, dtype.largest).converted(to: dtype)
    }

    public static let declaration = declare(
        "Student's t distribution, moved by loc and stretched by scale.",
        takes: .numbers("df", "degrees of freedom, above 0"), .numbers("loc", "finite", default: 0),
        .numbers("scale", "above 0", default: 1),
        source: "torch.distributions.StudentT",
        example: """
            local d = distribution.StudentT(4)
            assert(d.variance:item() == 2 and d:cdf(0):item() == 0.5)
            """
    ) { try StudentT($0[0], $0[1], $0[2]) }

    public static let examples = [
        DistributionExample(
            "StudentT", [.init([0.7, 3, 40]), .init([0.5, -1, 3]), .init([1, 0.3, 2])], points: .init([0.2, -1.4, 9])
        ) { try StudentT($0[0], $0[1], $0[2]) }
    ]
}
