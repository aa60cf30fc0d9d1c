import Autodiff
import RealModule
import Scripting
import Tensors

/// The normal law with mean loc and standard deviation scale: log p(x) = -z²/2 - log scale - log(2π)/2, z = (x - loc)/scale.
public struct Normal: CataloguedLaw {
    public static let name = "Normal"
    public let loc: Variable
    public let scale: Variable
    public let batchShape: [Int]

    /// - Throws: unless loc is finite, scale positive, and both broadcast.
    public init(_ loc: Variable, _ scale: Variable) throws {
        let both = try promoted([loc, scale])
        (self.loc, self.scale) = (both[0], both[1])
        try Constraint.finite.check(loc, "loc", for: Normal.operation)
        try Constraint.positive.check(scale, "scale", for: Normal.operation)
        batchShape = try broadcast([DistributionParameter("loc", loc), DistributionParameter("scale", scale)], for: Normal.operation)
    }

    public var parameters: [DistributionParameter] { [DistributionParameter("loc", loc), DistributionParameter("scale", scale)] }
    public var isReparameterised: Bool { true }

    private func standard(_ x: Variable) throws -> Variable { try (x - loc) / scale }

    public func logDensity(_ x: Variable) throws -> Variable { try StandardNormal().logProbability(standard(x)) - scale.log() }
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        try standard(x).tail(side, form, from: -.infinity, to: .infinity, safe: 0) { z in
            let z = try side == .lower ? z : -z
            return try form == .probability ? z.normalCDF() : z.normalLogCDF()
        }
    }
    public func widened() throws -> (any Distribution)? { try Normal(loc.wide, scale.wide) }
    public func inverseCumulative(_ q: Variable) throws -> Variable { try loc + scale * q.normalQuantile() }
    public func wideEntropy() throws -> Variable { try (scale.log() + 0.5 * Double.log(2 * .pi * .exp(1))).spread(batchShape) }
    public func wideMean() throws -> Variable { try loc.spread(batchShape) }
    public func wideVariance() throws -> Variable { try (scale * scale).spread(batchShape) }
    public func wideStandardDeviation() throws -> Variable { try scale.spread(batchShape) }

    /// loc + scale e, with e standard normal.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let noise = try StandardNormal().sample(shape + batchShape, dtype, from: generator, for: operation)
        return try loc + scale * Variable(noise)
    }

    public static let declaration = declare(
        """
        The normal distribution with mean loc and standard deviation scale: numbers, tensors or tables of numbers, \
        which broadcast.
        """,
        takes: .numbers("loc", "finite"), .numbers("scale", "above 0"),
        source: "torch.distributions.Normal",
        example: """
            local d = distribution.Normal(1, {1, 2})
            assert(#d.batch_shape == 1 and d.variance:tolist()[2] == 4)
            """
    ) { try Normal($0[0], $0[1]) }

    public static let examples = [
        LawExample("Normal", [.init([0.5, -1, 3]), .init([1, 0.3, 2])], points: .init([0.2, -1.4, 8])) { try Normal($0[0], $0[1]) },
        LawExample("Normal (2, 1) x (3)", [.init([0, 1], [2, 1]), .init([1, 2, 3])], points: .init([0.5, -1, 2, 1, 0, 3], [2, 3])) { try Normal($0[0], $0[1]) },
    ]
}
