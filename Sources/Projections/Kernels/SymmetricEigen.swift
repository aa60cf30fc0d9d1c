import Scripting

/// Eigenvalues and eigenvectors of a small symmetric matrix, by cyclic Jacobi rotations in float64.
///
/// Golub and Van Loan, Matrix Computations (4th ed.), algorithms 8.5.1 and 8.5.3. Slower than LAPACK for large matrices,
/// but its small eigenvalues are accurate, and it needs no library.
struct SymmetricEigen {
    private(set) var values: [Double]
    /// Row-major; column k belongs to value k.
    private(set) var vectors: [Double]

    /// - Parameter matrix: row-major, symmetric, `count` by `count`, finite.
    init(_ matrix: [Double], count n: Int, for operation: String) throws {
        // Scaled to 1, so that squares stay in range.
        let scale = matrix.reduce(0) { max($0, $1.magnitude) }
        var a = scale > 0 ? matrix.map { $0 / scale } : matrix
        var v = [Double](repeating: 0, count: n * n)
        for i in 0..<n { v[i * n + i] = 1 }
        let total = a.reduce(0) { $0 + $1 * $1 }
        var sweeps = 0
        while true {
            var off = 0.0
            for i in 0..<n { for j in 0..<n where i != j { off += a[i * n + j] * a[i * n + j] } }
            if off <= total * 1e-32 { break }
            guard sweeps < 60 else { throw ScriptError(operation, "the eigenvalues of x did not settle in 60 sweeps") }
            sweeps += 1
            for p in 0..<n {
                try Cancellation.check()
                for q in (p + 1)..<max(n, p + 1) { SymmetricEigen.rotate(&a, &v, n, p, q) }
            }
        }
        values = (0..<n).map { a[$0 * n + $0] * scale }
        vectors = v
    }

    /// Makes a[p, q] zero.
    private static func rotate(_ a: inout [Double], _ v: inout [Double], _ n: Int, _ p: Int, _ q: Int) {
        let apq = a[p * n + q]
        guard apq != 0 else { return }
        let tau = (a[q * n + q] - a[p * n + p]) / (2 * apq)
        // The smaller rotation of the two. An infinite tau gives t = 0: a[p, q] is then too small to matter.
        let t = (tau >= 0 ? 1.0 : -1.0) / (tau.magnitude + (1 + tau * tau).squareRoot())
        let c = 1 / (1 + t * t).squareRoot()
        let s = t * c
        for k in 0..<n {
            let (x, y) = (a[k * n + p], a[k * n + q])
            a[k * n + p] = c * x - s * y
            a[k * n + q] = s * x + c * y
        }
        for k in 0..<n {
            let (x, y) = (a[p * n + k], a[q * n + k])
            a[p * n + k] = c * x - s * y
            a[q * n + k] = s * x + c * y
        }
        a[p * n + q] = 0
        a[q * n + p] = 0
        for k in 0..<n {
            let (x, y) = (v[k * n + p], v[k * n + q])
            v[k * n + p] = c * x - s * y
            v[k * n + q] = s * x + c * y
        }
    }
}
