import Autodiff
import Scripting
import Tensors

/// Derivatives of functions of singular values: the matrix [[0, X], [X^T, 0]] has the eigenvalues s and -s for every
/// singular value s of X, and 0. Functions of singular values become matrix functions of it, and equal singular values
/// need no special case.
extension Variable {
    /// [[0, X], [X^T, 0]] of a float64 matrix.
    func dilation() throws -> Variable {
        let (m, n) = (shape[0], shape[1])
        let top = try Variable.concatenate([Variable(Tensor.zeros([m, m], .float64)), self], 1)
        let bottom = try Variable.concatenate([transposed(), Variable(Tensor.zeros([n, n], .float64))], 1)
        return try .concatenate([top, bottom], 0)
    }

    /// |M| of a symmetric M. Where |M| has no derivative, at an eigenvalue of 0, the eigenvalue counts as positive: it
    /// is shifted up by a tiny amount.
    func magnitudeBesideZero(_ operation: String) throws -> Variable {
        let (values, vectors) = try value.eigh(for: operation)
        let w = try values.toArray()
        let (noise, step) = (Double(w.count) * 0x1p-52 * w.largestMagnitude, 1e-10 * w.largestMagnitude)
        guard w.contains(where: { $0.magnitude <= noise }) else { return try spectralMagnitude(operation) }
        let columns = Variable(vectors)
        let lift = try Variable(w.map { $0.magnitude <= noise ? step : 0 }, shape: [w.count])
        let shift = try (columns * lift).matmul(columns.transposed())
        return try (self + shift).spectralMagnitude(operation) - shift
    }

    /// M - t I and M + t I for the dilation M of X.
    private func besideDilation(_ t: Variable) throws -> (below: Variable, above: Variable) {
        let size = shape[0] + shape[1]
        let identity = try Variable((0..<size * size).map { $0 / size == $0 % size ? 1 : 0 }, shape: [size, size])
        let (middle, levels) = (try dilation(), try identity * t)
        return (try middle - levels, try middle + levels)
    }

    /// X with its singular values limited to the number t above 0.
    func spectralClip(_ t: Variable, _ operation: String) throws -> Variable {
        let (below, above) = try besideDilation(t)
        let clipped = try (above.magnitudeBesideZero(operation) - below.magnitudeBesideZero(operation)) / 2
        return try clipped.slice(0, 0, shape[0]).slice(1, shape[0], shape[1])
    }

    /// The sum over the singular values of max(s - t, 0).
    func spectralExcess(_ t: Variable, _ operation: String) throws -> Variable {
        let below = try besideDilation(t).below
        return try (below.magnitudeBesideZero(operation) + below).diagonal().sum() / 2
    }
}

/// U diag(w) V^T with w a function of the singular values, and the singular values.
func spectral(
    _ x: [Double], shape: [Int], for operation: String, _ weights: ([Double]) -> [Double]
) throws -> (result: [Double], values: [Double]) {
    let (u, s, v) = try Tensor(x, shape: shape, .float64).svd(for: operation)
    let values = try s.toArray()
    let scaled = try Variable(u) * Variable(weights(values), shape: [values.count])
    return (try scaled.matmul(Variable(v).transposed()).value.toArray(), values)
}

/// The singular values of a matrix, the largest first.
func singularValues(_ x: [Double], shape: [Int], for operation: String) throws -> [Double] {
    if x.isEmpty { return [] }
    return try Tensor(x, shape: shape, .float64).svd(for: operation).s.toArray()
}

extension VectorSet {
    /// Throws unless the shape is a matrix's.
    func checkMatrix(_ shape: [Int]) throws {
        guard shape.count == 2 else {
            throw ScriptError(
                operation, "x \(Shape.describe(shape)) is not a matrix (for a set per matrix: Product{P})")
        }
    }
}
