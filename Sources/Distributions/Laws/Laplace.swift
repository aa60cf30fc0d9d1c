import Autodiff
import RealModule
import Scripting
import Tensors

/// The Laplace law: log p(x) = -|x - loc| / scale - log(2 scale).
public struct Laplace: CataloguedLaw {
    public static let name = "Laplace"
    /// The mean. Broadcasts to ``batchShape``.
    public let loc: Variable
    /// The mean distance from it. Broadcasts to ``batchShape``.
    public let scale: Variable
    public let batchShape: [Int]

    /// - Throws: unless loc is finite, scale positive, and both broadcast.
    public init(_ loc: Variable, _ scale: Variable) throws {
        let both = try promoted([loc, scale])
        (self.loc, self.scale) = (both[0], both[1])
        try Constraint.finite.check(loc, "loc", for: Laplace.operation)
        try Constraint.positive.check(scale, "scale", for: Laplace.operation)
        batchShape = try broadcast([DistributionParameter("loc", loc), DistributionParameter("scale", scale)], for: Laplace.operation)
    }

    public var parameters: [DistributionParameter] { [DistributionParameter("loc", loc), DistributionParameter("scale", scale)] }
    public var isReparameterised: Bool { true }

    /// -|x - loc| / scale - log(2 scale).
    public func logDensity(_ x: Variable) throws -> Variable { try -((x - loc).abs() / scale) - (scale.log() + Double.log(2)) }

    /// e^-|z| / 2 in the tail, 1 minus that beyond the middle.
    public func tail(_ x: Variable, _ side: TailSide, _ form: TailForm) throws -> Variable {
        try ((x - loc) / scale).tail(side, form, from: -.infinity, to: .infinity, safe: 0) { z in
            try .tail(side, form, lower: { try z - Double.log(2) }, upper: { try -z - Double.log(2) }, logarithms: true)
        }
    }
    public func widened() throws -> (any Distribution)? { try Laplace(loc.wide, scale.wide) }

    /// loc - scale sign(q - 1/2) log(1 - 2 |q - 1/2|), with the logarithm taken of the nearer tail.
    public func inverseCumulative(_ q: Variable) throws -> Variable {
        let left = try q.indicator { $0 < 0.5 }
        let tail = try q.choose(left, 1 - q)
        let size = try (tail * 2).log()
        return try loc + scale * size.choose(left, -size)
    }

    /// 1 + log(2 scale).
    public func wideEntropy() throws -> Variable { try (scale.log() + (1 + Double.log(2))).spread(batchShape) }
    /// loc.
    public func wideMean() throws -> Variable { try loc.spread(batchShape) }
    /// 2 scale².
    public func wideVariance() throws -> Variable { try (scale * scale * 2).spread(batchShape) }
    /// √2 scale.
    public func wideStandardDeviation() throws -> Variable { try (scale * 2.0.squareRoot()).spread(batchShape) }

    /// loc + scale e, with e by inversion.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        let noise = try generator.fill(shape + batchShape, dtype, for: operation) { generator in
            let u = generator.openUniform()
            return u < 0.5 ? Double.log(2 * u) : -Double.log(2 * (1 - u))
        }
        return try loc + scale * Variable(noise)
    }

    public static let declaration = declare(
        "The Laplace distribution with mean loc and variance 2 scale^2.",
        takes: .numbers("loc", "finite"), .numbers("scale", "above 0"),
        source: "torch.distributions.Laplace",
        example: """
            local d = distribution.Laplace(0, 2)
            assert(d.variance:item() == 8 and d:cdf(0):item() == 0.5)
            """
    ) { try Laplace($0[0], $0[1]) }

    public static let examples = [
        LawExample("Laplace", [.init([0.5, -1, 3]), .init([1, 0.3, 2])], points: .init([0.2, -1.4, 30])) { try Laplace($0[0], $0[1]) }
    ]
}
