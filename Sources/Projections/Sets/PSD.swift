import Scripting
import Tensors

/// The symmetric matrices without a negative eigenvalue.
///
/// For x of shape (n, n): the symmetric part (x + x^T) / 2, with its negative eigenvalues set to 0 (Higham 1988, theorem
/// 2.1). That is the nearest point among all matrices, so x need not be symmetric.
public struct PSD: CataloguedSet, VectorSet {
    public static let name = "PSD"

    public init() {}

    public var preferredShape: [Int]? { [3, 3] }

    func check(shape: [Int]) throws {
        guard shape.count == 2, shape[0] == shape[1] else {
            throw ScriptError(operation, "x \(Shape.describe(shape)) is not a square matrix")
        }
    }

    func nearest(to x: [Double], shape: [Int]) throws -> [Double] {
        let n = shape[0]
        let eigen = try SymmetricEigen(symmetricPart(x, n), count: n, for: operation)
        var result = symmetricPart(x, n)
        // Taking away the negative part keeps the digits of a matrix that is almost in the set.
        for k in 0..<n where eigen.values[k] < 0 {
            try Cancellation.check()
            for i in 0..<n {
                let factor = eigen.values[k] * eigen.vectors[i * n + k]
                for j in 0..<n { result[i * n + j] -= factor * eigen.vectors[j * n + k] }
            }
        }
        return symmetricPart(result, n)
    }

    func violation(of x: [Double], shape: [Int]) throws -> Double {
        let n = shape[0]
        let part = symmetricPart(x, n)
        let asymmetry = zip(x, part).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
        return try SymmetricEigen(part, count: n, for: operation).values.reduce(asymmetry) { max($0, -$1) }
    }

    private func symmetricPart(_ x: [Double], _ n: Int) -> [Double] {
        (0..<n * n).map { i in x[i] / 2 + x[i % n * n + i / n] / 2 }
    }

    public var description: String { "projection.PSD()" }

    public static let constructor = makeConstructor(
        Documentation(
            "projection.PSD() -> projection",
            "The symmetric positive semidefinite matrices, for x of shape (n, n): the symmetric part of x with its negative eigenvalues set to 0. The eigenvalues come from Jacobi sweeps in float64, about 10 n^3 products a sweep: meant for n up to a few hundred.",
            errors: "x is not a square matrix.",
            source: "Higham 1988, theorem 2.1.",
            example: """
                local y = projection.PSD()(tensor({{1, 0}, {0, -2}}))
                assert(y[{1, 1}] == 1 and y[{2, 2}] == 0)
                """)
    ) { arguments in
        try arguments.atMost(0)
        return PSD()
    }

    public static func examples() throws -> [SetExample] {
        [SetExample(PSD(), shape: [3, 3]), SetExample(PSD(), shape: [1, 1])]
    }
}
