import Autodiff
import RealModule
import Scripting
import Tensors

/// The distribution of loc + scale z, where z has a standard distribution on the real line.
protocol LocationScaleDistribution: DerivedDistribution, SendableMetatype {
    static var standard: StandardDistribution { get }
    var loc: Variable { get }
    var scale: Variable { get }
    init(_ loc: Variable, _ scale: Variable) throws
}

extension LocationScaleDistribution {
    /// loc and scale in one dtype, and the shape to which they broadcast.
    /// - Throws: unless loc is finite, scale positive, and both broadcast.
    static func family(_ loc: Variable, _ scale: Variable) throws -> (loc: Variable, scale: Variable, batch: [Int]) {
        let (values, batch) = try checked(("loc", loc, .finite), ("scale", scale, .positive))
        return (values[0], values[1], batch)
    }

    /// The declaration of the constructor.
    static func declare(
        _ summary: String, source: String, example: String
    ) -> Declaration {
        declare(
            summary, takes: .numbers("loc", "finite"), .numbers("scale", "above 0"), source: source, example: example
        ) { try Self($0[0], $0[1]) }
    }

    static func example(at points: [Double]) -> DistributionExample {
        DistributionExample(name, [.init([0.5, -1, 3]), .init([1, 0.3, 2])], points: .init(points)) {
            try Self($0[0], $0[1])
        }
    }

    public var parameters: [DistributionParameter] {
        [DistributionParameter("loc", loc), DistributionParameter("scale", scale)]
    }
    var base: any Distribution { get throws { Self.standard.of(dtype) } }
    public var support: Support { get throws { try .real } }
    func toBase(_ x: Variable) throws -> Variable { try (x - loc) / scale }
    func fromBase(_ z: Variable) throws -> Variable { try loc + scale * z }
    func logSlope(_ x: Variable) throws -> Variable { try -scale.log() }

    public func widened() throws -> (any Distribution)? { try Self(loc.wide, scale.wide) }
    public func wideEntropy() throws -> Variable { try entropy(ofBase: Self.standard.constants.entropy, scale.log()) }
    public func wideMean() throws -> Variable {
        try (Self.standard.constants.mean == 0 ? loc : loc + scale * Self.standard.constants.mean).spread(batchShape)
    }
    public func wideVariance() throws -> Variable {
        try (scale * scale * Self.standard.constants.variance).spread(batchShape)
    }
    public func wideStandardDeviation() throws -> Variable {
        try (scale * Self.standard.constants.variance.squareRoot()).spread(batchShape)
    }

    /// loc + scale e, with e of the standard distribution.
    public func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        try loc + scale * base.draw(shape + batchShape, from: generator, for: operation)
    }
}
