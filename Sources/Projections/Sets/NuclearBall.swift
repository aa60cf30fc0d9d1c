import Autodiff
import Scripting
import Tensors

/// The matrices whose singular values sum to at most r.
///
/// Outside, the singular values are projected onto the simplex of sum r: each is reduced by the same t, to 0 at most.
public struct NuclearBall: CataloguedSet, VectorSet {
    public static let name = "NuclearBall"
    private let radius: SetParameter

    /// - Throws: when r is negative or not finite.
    public init(_ radius: Variable) throws { self.radius = try checkedRadius(radius, for: NuclearBall.operation) }
    public init(_ radius: Double) throws { try self.init(Variable(Tensor(radius, .float64))) }

    public var parameters: [SetParameter] { [radius] }
    public var preferredShape: [Int]? { [3, 2] }
    func check(shape: [Int]) throws { try checkMatrix(shape) }

    func nearest(to x: [Double], shape: [Int]) throws -> [Double] {
        let values = try singularValues(x, shape: shape, for: operation)
        guard values.reduce(0, +) > radius.number else { return x }
        guard radius.number > 0 else { return x.map { _ in 0 } }
        return try spectral(x, shape: shape, for: operation) { kept(of: $0).sizes }.result
    }

    /// The projected singular values, and t. Computed from differences to the largest one, which are exact for large
    /// values.
    private func kept(of values: [Double]) -> (sizes: [Double], threshold: Double) {
        let largest = values.first ?? 0
        let heights = values.map { $0 - largest }
        let threshold = SimplexThreshold.fast(heights, sum: radius.number)
        return (heights.map { max($0 - threshold, 0) }, threshold + largest)
    }

    /// X minus X with its singular values limited to t. The k singular values above t sum to r + k t.
    func vectorFormula(_ x: Variable) throws -> Variable {
        let values = try singularValues(try x.value.toArray(), shape: x.shape, for: operation)
        guard values.reduce(0, +) > radius.number else { return x }
        guard radius.number > 0 else { return try Variable(Tensor.zeros(x.shape, .float64)) }
        let (sizes, threshold) = kept(of: values)
        let start = Variable(try Tensor(threshold, .float64))
        let count = Double(sizes.filter { $0 > 0 }.count)
        let t = try start + (x.spectralExcess(start, operation) - radius.variable()) / count
        return try x - x.spectralClip(t, operation)
    }

    func violation(of x: [Double], shape: [Int]) throws -> Double {
        max(0, try singularValues(x, shape: shape, for: operation).reduce(0, +) - radius.number)
    }

    public var description: String { "projection.NuclearBall(\(format(radius.number)))" }

    public static let declaration = Declaration(
        "projection.NuclearBall",
        """
        The matrices, of x's shape (m, n), whose singular values add up to at most r (the nuclear norm): the \
        projection lowers them by one number, none below 0, and so the rank. For several matrices: Product{P}.
        """,
        takes: .argument("r", .scalar, "from 0"), returns: .projection,
        errors: "r is negative or not finite, x is not a matrix.",
        source: "Parikh and Boyd 2014, section 6.7; Duchi et al. 2008 for the singular values.",
        example: """
            local y = projection.NuclearBall(1)(tensor({{3, 0}, {0, 2.5}}))
            assert(math.abs(y[{1, 1}] - 0.75) < 1e-6 and math.abs(y[{2, 2}] - 0.25) < 1e-6)
            """,
        see: ["projection.SpectralBall", "prox.Nuclear"]
    ) { r in try NuclearBall(r) }

    public static func families() throws -> [SetFamily] {
        [try SetFamily([0.4], shape: [3, 2]) { try NuclearBall($0[0]) }]
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(try NuclearBall(0.8), shape: [3, 2]),
            SetExample(try NuclearBall(2), shape: [2, 3]),
            SetExample(try NuclearBall(0), shape: [2, 2]),
        ]
    }
}
