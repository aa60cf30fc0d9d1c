import Autodiff
import Scripting
import Tensors

/// The matrices whose largest singular value is at most r. Projection: singular values above r become r.
public struct SpectralBall: CataloguedSet, VectorSet {
    public static let name = "SpectralBall"
    private let radius: SetParameter

    /// - Throws: when r is negative or not finite.
    public init(_ radius: Variable) throws { self.radius = try checkedRadius(radius, for: SpectralBall.operation) }
    public init(_ radius: Double) throws { try self.init(Variable(Tensor(radius, .float64))) }

    public var parameters: [SetParameter] { [radius] }
    public var preferredShape: [Int]? { [3, 2] }
    func check(shape: [Int]) throws { try checkMatrix(shape) }

    func nearest(to x: [Double], shape: [Int]) throws -> [Double] {
        if x.isEmpty { return x }
        let r = radius.number
        let (clipped, values) = try spectral(x, shape: shape, for: operation) { $0.map { min($0, r) } }
        return (values.first ?? 0) <= r ? x : clipped
    }

    func vectorFormula(_ x: Variable) throws -> Variable {
        let values = try singularValues(try x.value.toArray(), shape: x.shape, for: operation)
        guard (values.first ?? 0) > radius.number else { return x }
        if radius.number > 0 { return try x.spectralClip(radius.variable(), operation) }
        // At r = 0 the projection is 0 whatever x is, and its derivative by r is U V^T.
        let (turned, _) = try spectral(x.value.toArray(), shape: x.shape, for: operation) { $0.map { _ in 1 } }
        return try radius.variable() * Variable(turned, shape: x.shape)
    }

    func violation(of x: [Double], shape: [Int]) throws -> Double {
        max(0, (try singularValues(x, shape: shape, for: operation).first ?? 0) - radius.number)
    }

    public var description: String { "projection.SpectralBall(\(format(radius.number)))" }

    public static let declaration = Declaration(
        "projection.SpectralBall",
        """
        The matrices, of x's shape (m, n), whose largest singular value is at most r: the projection cuts singular \
        values down to r. For several matrices: Product{P}.
        """,
        takes: .argument("r", .scalar, "from 0"), returns: .projection,
        errors: "r is negative or not finite, x is not a matrix.",
        source: "Parikh and Boyd 2014, section 6.7 (functions of singular values).",
        example: """
            local y = projection.SpectralBall(1)(tensor({{3, 0}, {0, 0.5}}))
            assert(math.abs(y[{1, 1}] - 1) < 1e-6 and math.abs(y[{2, 2}] - 0.5) < 1e-6)
            """,
        see: ["projection.NuclearBall"]
    ) { r in try SpectralBall(r) }

    public static func families() throws -> [SetFamily] {
        [try SetFamily([0.4], shape: [3, 2]) { try SpectralBall($0[0]) }]
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(try SpectralBall(0.8), shape: [3, 2]),
            SetExample(try SpectralBall(1.5), shape: [2, 3]),
            SetExample(try SpectralBall(0), shape: [2, 2]),
            SetExample(try SpectralBall(0.3), shape: [1, 3]),
        ]
    }
}
