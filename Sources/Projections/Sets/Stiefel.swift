import Autodiff
import Scripting
import Tensors

/// The matrices with orthonormal columns: X^T X = I. **Not convex.**
///
/// Projection: U V^T of X = U diag(s) V^T, the polar factor. Where a singular value is 0 there are several nearest
/// points, of which the decomposition's is returned: the same every time.
public struct Stiefel: CataloguedSet, VectorSet {
    public static let name = "Stiefel"

    public init() {}

    public var isConvex: Bool { false }
    public var preferredShape: [Int]? { [3, 2] }
    /// 1: columns have length 1.
    public var size: Double { 1 }

    func check(shape: [Int]) throws {
        try checkMatrix(shape)
        guard shape[0] >= shape[1], shape[1] > 0 else {
            throw ScriptError(
                operation,
                "x \(Shape.describe(shape)) has "
                    + "\(shape[1] > 0 ? "more columns than rows: they cannot be orthonormal" : "no columns")"
            )
        }
    }

    func nearest(to x: [Double], shape: [Int]) throws -> [Double] {
        let unit = powerOfTwo(near: x.largestMagnitude)
        return try spectral(x.map { $0 / unit }, shape: shape, for: operation) { $0.map { _ in 1 } }.result
    }

    /// With X = Q R: Q M^-1 R, where M = (R R^T)^(1/2) is the upper left block of the magnitude of [[0, R], [R^T, 0]].
    func vectorFormula(_ x: Variable) throws -> Variable {
        let scaled = try x / powerOfTwo(near: try x.value.toArray().largestMagnitude)
        let values = try singularValues(try scaled.value.toArray(), shape: x.shape, for: operation)
        let (largest, least) = (values.first ?? 0, values.last ?? 0)
        guard least > Double(x.shape[0]) * 0x1p-52 * largest else {
            throw ScriptError(
                operation,
                "x has a singular value of 0 (\(format(least)) beside \(format(largest))), where the projection has "
                    + "no derivative"
            )
        }
        let (q, r) = try scaled.qr()
        let n = x.shape[1]
        let left = try r.dilation().spectralMagnitude(operation).slice(0, 0, n).slice(1, 0, n)
        return try q.matmul(left.solve(r, for: operation))
    }

    /// The largest element of X^T X - I.
    func violation(of x: [Double], shape: [Int]) throws -> Double {
        let (m, n) = (shape[0], shape[1])
        var largest = 0.0
        for i in 0..<n {
            for j in 0...i {
                let product = (0..<m).reduce(i == j ? -1 : 0) { $0 + x[$1 * n + i] * x[$1 * n + j] }
                largest = max(largest, product.magnitude)
            }
            try Cancellation.check()
        }
        return largest
    }

    public var description: String { "projection.Stiefel()" }

    public static let declaration = Declaration(
        "projection.Stiefel",
        """
        The matrices, of x's shape (m, n) with m >= n, with orthonormal columns. Not convex. The projection is the \
        polar factor U V^T of the singular value decomposition; where a singular value is 0 several points are \
        nearest, one of them is returned, and a gradient is an error.
        """,
        returns: .projection,
        errors: "x is not a matrix, or has more columns than rows; a gradient where a singular value is 0.",
        source: "Higham 2008, theorem 8.4.",
        example: """
            local y = projection.Stiefel()(tensor({{2, 0}, {0, -3}, {0, 0}}))
            assert(math.abs(y[{1, 1}] - 1) < 1e-6 and math.abs(y[{2, 2}] + 1) < 1e-6)
            """
    ) { Stiefel() }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(Stiefel(), shape: [3, 2]), SetExample(Stiefel(), shape: [2, 2]),
            SetExample(Stiefel(), shape: [3, 1]),
        ]
    }
}
