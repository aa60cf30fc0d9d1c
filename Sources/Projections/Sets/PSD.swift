import Autodiff
import Scripting
import Tensors

/// The symmetric matrices without a negative eigenvalue.
///
/// For x of shape (n, n): the symmetric part (x + x^T) / 2, with its negative eigenvalues set to 0 (Higham 1988,
/// theorem 2.1). That is the nearest point among all matrices, so x need not be symmetric.
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
        let part = try Tensor(symmetricPart(x, n), shape: [n, n], .float64)
        let (values, vectors) = try part.eigh(for: operation)
        let below = signs(of: try values.toArray()).filter { $0 < 0 }.count
        if below == 0 { return try part.toArray() }
        if below == n { return x.map { _ in 0 } }
        // The smaller of the positive and the negative part is computed and added or subtracted: a matrix that is
        // almost in the set keeps its digits.
        let taken = below <= n - below ? 0..<below : below..<n
        let columns = Variable(try vectors.slice(1, from: taken.lowerBound, count: taken.count))
        let scaled = try columns * Variable(values.slice(0, from: taken.lowerBound, count: taken.count))
        let product = try scaled.matmul(columns.transposed())
        let result = below <= n - below ? try Variable(part) - product : product
        return symmetricPart(try result.value.toArray(), n)
    }

    /// (X + |X|) / 2 of the symmetric part X. Eigenvalues of 0 count as positive.
    func vectorFormula(_ x: Variable) throws -> Variable {
        let half = try x / 2
        let part = try half + half.transposed()
        let (values, vectors) = try part.value.eigh(for: operation)
        let signs = signs(of: try values.toArray())
        if !signs.contains(-1) { return part }
        if !signs.contains(where: { $0 >= 0 }) { return try Variable(Tensor.zeros(x.shape, .float64)) }
        // |X| has no derivative where an eigenvalue is 0: these are shifted up by a tiny amount.
        let step = 1e-10 * (try values.toArray().largestMagnitude)
        let columns = Variable(vectors)
        let shift = try (columns * Variable(signs.map { $0 == 0 ? step : 0 }, shape: [signs.count]))
            .matmul(columns.transposed())
        let moved = try part + shift
        return try (moved + moved.spectralMagnitude(operation)) / 2 - shift
    }

    /// Divided differences of max(w, 0) between the eigenvalues (Löwner; Higham 2008, theorem 3.11).
    public func slope(at x: Tensor) throws -> Slope {
        let n = x.shape[0]
        let part = try Tensor(symmetricPart(x.toArray(), n), shape: [n, n], .float64)
        let (values, vectors) = try part.eigh(for: operation)
        let (w, columns) = (try values.toArray(), Variable(vectors))
        let signs = signs(of: w)
        let shares = try Variable(
            (0..<n * n).map { index in
                let (i, j) = (index / n, index % n)
                if signs[i] >= 0, signs[j] >= 0 { return 1 }
                if signs[i] < 0, signs[j] < 0 { return 0 }
                let (above, below) = (max(w[i], w[j], 0), min(w[i], w[j]))
                return above / (above - below)
            }, shape: [n, n])
        return { v in
            let direction = try Variable(symmetricPart(v, n), shape: [n, n])
            let turned = try columns.transposed().matmul(direction).matmul(columns) * shares
            return try columns.matmul(turned).matmul(columns.transposed()).value.toArray()
        }
    }

    /// The sign of each eigenvalue; 0 where it is only rounding.
    private func signs(of values: [Double]) -> [Int] {
        let noise = Double(values.count) * 0x1p-52 * values.largestMagnitude
        return values.map { $0.magnitude <= noise ? 0 : ($0 > 0 ? 1 : -1) }
    }

    func violation(of x: [Double], shape: [Int]) throws -> Double {
        let n = shape[0]
        let part = symmetricPart(x, n)
        let asymmetry = zip(x, part).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
        let values = try Tensor(part, shape: [n, n], .float64).eigh(for: operation).values.toArray()
        return values.reduce(asymmetry) { max($0, -$1) }
    }

    private func symmetricPart(_ x: [Double], _ n: Int) -> [Double] {
        (0..<n * n).map { i in x[i] / 2 + x[i % n * n + i / n] / 2 }
    }

    public var description: String { "projection.PSD()" }

    public static let declaration = Declaration(
        "projection.PSD",
        """
        The symmetric positive semidefinite matrices, for x of shape (n, n): the symmetric part of x with its \
        negative eigenvalues set to 0. The eigenvalues are computed in float64.
        """,
        returns: .projection,
        errors: "x is not a square matrix.",
        source: "Higham 1988, theorem 2.1.",
        example: """
            local y = projection.PSD()(tensor({{1, 0}, {0, -2}}))
            assert(y[{1, 1}] == 1 and y[{2, 2}] == 0)
            """
    ) { PSD() }

    public static func examples() throws -> [SetExample] {
        [SetExample(PSD(), shape: [3, 3]), SetExample(PSD(), shape: [1, 1])]
    }
}
