import Autodiff
import RealModule
import Scripting
import Tensors

/// The logistic law with mean loc: cdf 1 / (1 + e^-z), log p(x) = -softplus(z) - softplus(-z) - log scale, z = (x - loc)/scale.
public struct Logistic: CataloguedLaw {
    public static let name = "Logistic"
    public let loc: Variable
    public let scale: Variable
    public let batchShape: [Int]

    /// - Throws: unless loc is finite, scale positive, and both broadcast.
    public init(_ loc: Variable, _ scale: Variable) throws {
        let both = try promoted([loc, scale])
        (self.loc, self.scale) = (both[0], both[1])
        try Constraint.finite.check(loc, "loc", for: Logistic.operation)
        try Constraint.positive.check(scale, "scale", for: Logistic.operation)
        batchShape = try broadcast([DistributionParameter("loc", loc), DistributionParameter("scale", scale)], for: Logistic.operation)
    }

    public var parameters: [DistributionParameter] { [DistributionParameter("loc", loc), DistributionParameter("scale", scale)] }
    public var isReparameterised: Bool { true }

    private func standard(_ x: Variable) throws -> Variable { try (x - loc) / scale }

    public func logDensity(_ x: Variable) throws -> Variable { try standard(x).logisticLogDensity() - scale.log() }
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        try standard(x).tail(side, form, from: -.infinity, to: .infinity, safe: 0) { z in
            let z = try side == .lower ? z : -z
            return try form == .probability ? z.logisticCDF() : z.logisticLogCDF()
        }
    }
    public func widened() throws -> (any Distribution)? { try Logistic(loc.wide, scale.wide) }
    /// loc + scale (log q - log(1 - q)).
    public func inverseCumulative(_ q: Variable) throws -> Variable { try loc + scale * q.logit() }
    public func wideEntropy() throws -> Variable { try (scale.log() + 2).spread(batchShape) }
    public func wideMean() throws -> Variable { try loc.spread(batchShape) }
    public func wideVariance() throws -> Variable { try (scale * scale * (Double.pi * Double.pi / 3)).spread(batchShape) }
    public func wideStandardDeviation() throws -> Variable { try (scale * (Double.pi / 3.0.squareRoot())).spread(batchShape) }

    /// loc + scale e, with e standard logistic by inversion.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let noise = try StandardLogistic().sample(shape + batchShape, dtype, from: generator, for: operation)
        return try loc + scale * Variable(noise)
    }

    public static let declaration = declare(
        "The logistic distribution with mean loc and variance (pi scale)^2 / 3.",
        takes: .numbers("loc", "finite"), .numbers("scale", "above 0"),
        source: "scipy.stats.logistic; NICE's prior (Dinh, Krueger, Bengio 2015)",
        example: """
            local d = distribution.Logistic(0, 1)
            assert(d:cdf(0):item() == 0.5 and d:entropy():item() == 2)
            """
    ) { try Logistic($0[0], $0[1]) }

    public static let examples = [
        LawExample("Logistic", [.init([0.5, -1, 3]), .init([1, 0.3, 2])], points: .init([0.2, -1.4, 30])) { try Logistic($0[0], $0[1]) }
    ]
}
