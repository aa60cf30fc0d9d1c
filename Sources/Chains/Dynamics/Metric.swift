import Scripting
import Tensors

/// The metric of the chains' space, given as the covariance of the target that it approximates: the inverse mass matrix
/// of Hamiltonian methods, the preconditioner of the others.
enum Metric {
    case identity
    /// Standard deviations, one for each number.
    case diagonal([Double])
    /// The covariance, and its lower Cholesky factor L, row-major.
    case dense(covariance: [Double], factor: [Double])

    /// - Throws: ``Fault`` unless the matrix is symmetric and positive definite.
    static func dense(_ covariance: [Double], width: Int) throws -> Metric {
        let matrix = try Tensor(covariance, shape: [width, width], .float64)
        return .dense(covariance: covariance, factor: try matrix.cholesky(for: "mcmc: metric").toArray())
    }

    /// Covariance times p: the velocity dx/dt of momentum p.
    func velocity(_ p: Rows) -> Rows {
        switch self {
        case .identity: p
        case .diagonal(let deviations): p.scaled { deviations[$0] * deviations[$0] }
        case .dense(let covariance, _): p.product(covariance, transposed: false)
        }
    }

    /// A momentum with the mass matrix (the inverse of this covariance) as its covariance, from standard normal numbers
    /// z: L^-T z.
    func momentum(_ z: Rows) -> Rows {
        switch self {
        case .identity: return z
        case .diagonal(let deviations): return z.scaled { 1 / deviations[$0] }
        case .dense(_, let factor):
            var result = z
            let n = z.width
            for row in 0..<z.count {
                let start = row * n
                for i in (0..<n).reversed() {
                    var sum = result.values[start + i]
                    for j in i + 1..<max(n, i + 1) { sum -= factor[j * n + i] * result.values[start + j] }
                    result.values[start + i] = sum / factor[i * n + i]
                }
            }
            return result
        }
    }

    /// L z: a step with this covariance, from standard normal numbers z.
    func spread(_ z: Rows) -> Rows {
        switch self {
        case .identity: z
        case .diagonal(let deviations): z.scaled { deviations[$0] }
        case .dense(_, let factor): z.product(factor, transposed: false)
        }
    }

    /// L^T g: the gradient by the coordinates L^-1 x, in which the target has covariance 1.
    func pulledBack(_ g: Rows) -> Rows {
        switch self {
        case .identity: g
        case .diagonal(let deviations): g.scaled { deviations[$0] }
        case .dense(_, let factor): g.product(factor, transposed: true)
        }
    }
}

extension Rows {
    fileprivate func scaled(_ factor: (Int) -> Double) -> Rows {
        var result = self
        for row in 0..<count { for i in 0..<width { result.values[row * width + i] *= factor(i) } }
        return result
    }

    /// Every row times a square matrix (or its transpose).
    fileprivate func product(_ matrix: [Double], transposed: Bool) -> Rows {
        var result = Rows(count, width)
        for row in 0..<count {
            let start = row * width
            for i in 0..<width {
                var sum = 0.0
                for j in 0..<width { sum += matrix[transposed ? j * width + i : i * width + j] * values[start + j] }
                result.values[start + i] = sum
            }
        }
        return result
    }
}

/// Which metric the warm-up finds.
enum MetricChoice: String, CaseIterable, Sendable {
    case identity, diagonal, dense
}
