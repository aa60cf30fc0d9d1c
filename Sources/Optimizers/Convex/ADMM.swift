import Projections
import Scripting
import Tensors

/// The alternating direction method of multipliers: minimises f(x) + g(A x), of which only the proximal maps are used.
///
///     x' = prox_f(z - u, 1 / rho),   z' = prox_g(x' + u, 1 / rho),   u' = u + x' - z'
///
/// without A. With a matrix A, x moves from its present value, as if rho |A x - z + u|^2 / 2 had curvature 1 / mu, with
/// a mu below 1 / (rho |A|^2):  x' = prox_f(x - mu rho A^T (A x - z + u), mu),  and A x' replaces x' in the other two.
///
/// Boyd et al. 2011; with A: Zhang, Burger and Osher 2011.
public struct ADMM {
    /// When it ends, and who is told.
    public var progress = Progress()
    /// The weight of the penalty at the start.
    public var rho = 1.0
    /// Whether rho is adapted: doubled when the primal residual is ten times the dual one, halved in the opposite case.
    public var adapts = true
    /// The matrix A, which acts on x in row-major order; nil for none.
    public var matrix: Tensor?

    public init() {}

    /// The state between two steps.
    public struct State {
        /// As above; with a matrix, z and u have its image's size.
        public var x, z, u: Tensor
        /// The weight of the penalty now.
        public var rho: Double
        /// Steps done.
        public var k = 0
    }

    /// The state at the start: z = A x, u = 0.
    func start(_ x: Tensor, for operation: String = "optim.admm") throws -> State {
        let x = try x.copy(x.dtype.computing)
        let z = try image(x, operation)
        return State(x: x, z: z, u: try z.holding([Double](repeating: 0, count: z.count)), rho: rho)
    }

    /// A x, or x without a matrix.
    private func image(_ x: Tensor, _ operation: String) throws -> Tensor {
        guard let matrix else { return try x.copy() }
        guard matrix.shape.count == 2, matrix.shape[1] == x.count else {
            throw ScriptError(
                operation,
                "A \(Shape.describe(matrix.shape)) does not fit x0 \(Shape.describe(x.shape)): (m, \(x.count)) expected"
            )
        }
        let column = try matrix.copy(.float64).matmul(x.copy(.float64).reshape([x.count, 1]), for: operation)
        return try Tensor(column.toArray(), shape: [matrix.shape[0]], x.dtype)
    }

    /// A^T v.
    private func back(_ v: [Double]) throws -> [Double] {
        guard let matrix else { return v }
        return try Tensor(v, shape: [1, v.count], .float64).matmul(matrix.copy(.float64)).toArray()
    }

    /// An upper bound on |A|^2, exact for small matrices: the largest row sum of magnitudes times the largest column
    /// sum.
    private func squareOfSize() throws -> Double {
        guard let matrix else { return 1 }
        let double = try matrix.copy(.float64)
        if min(matrix.shape[0], matrix.shape[1]) <= 256 {
            let largest = try double.svd(for: "optim.admm").s.toArray().first ?? 0
            return 1.0001 * largest * largest
        }
        let (values, n) = (try double.toArray(), matrix.shape[1])
        var (rows, columns) = ([Double](repeating: 0, count: matrix.shape[0]), [Double](repeating: 0, count: n))
        for (i, value) in values.enumerated() {
            rows[i / n] += value.magnitude
            columns[i % n] += value.magnitude
        }
        return (rows.max() ?? 0) * (columns.max() ?? 0)
    }

    /// Ends when |A x - z| <= tolerance (sqrt(m) + max(|A x|, |z|)) and the dual residual, the amount by which the
    /// subgradient of f at x and A^T (rho u) fail to cancel, is at most tolerance (sqrt(n) + |A^T rho u|): the rule of
    /// Boyd et al., section 3.3.
    func minimize(
        _ f: Proximable, plus g: Proximable, from start: State, for operation: String = "optim.admm"
    ) throws -> (state: State, trace: Trace) {
        var (state, trace) = (start, Trace())
        let curvature = try squareOfSize()
        var z = try state.z.toArray()
        var u = try state.u.toArray()
        var at = try image(state.x, operation).toArray()
        for _ in 0..<progress.steps {
            try Cancellation.check()
            state.k += 1
            let rho = state.rho
            let x = try state.x.toArray()
            var dual: [Double]
            let (next, nextAt): (Tensor, [Double])
            if matrix == nil {
                next = try f.prox(state.x.holding(difference(z, u)), step: 1 / rho)
                nextAt = try next.toArray()
                dual = []
            } else {
                let mu = curvature > 0 ? 1 / (rho * curvature) : 1
                let pull = try back(sum(difference(at, z), 1, u))
                next = try f.prox(state.x.holding(sum(x, -mu * rho, pull)), step: mu)
                nextAt = try image(next, operation).toArray()
                // The dual residual: the subgradient of f from this step, minus A^T (rho u').
                dual = zip(zip(x, try next.toArray()), pull).map { ($0.0 - $0.1) / mu - rho * $1 }
            }
            let nextZ = try g.prox(state.z.holding(sum(nextAt, 1, u)), step: 1 / rho).toArray()
            let gap = difference(nextAt, nextZ)
            u = sum(u, 1, gap)
            let force = try back(u.map { rho * $0 })
            dual = matrix == nil ? zip(nextZ, z).map { rho * ($0 - $1) } : sum(dual, 1, force)
            (state.x, z, at) = (next, nextZ, nextAt)
            // Rounded to the dtype that the state holds, so that a run continued from it gives the same numbers.
            (state.z, state.u) = (try state.z.holding(z), try state.u.holding(u))
            u = try state.u.toArray()

            let (primal, misses) = (norm(gap), norm(dual))
            guard primal.isFinite, misses.isFinite else {
                throw ScriptError(
                    operation, "the residuals are \(shown(primal)) and \(shown(misses)) at step \(state.k)")
            }
            trace.residual.append(primal)
            trace.dualResidual.append(misses)
            let tolerance = progress.tolerance
            trace.converged =
                primal <= tolerance * (Double(z.count).squareRoot() + max(norm(at), norm(z)))
                && misses <= tolerance * (Double(x.count).squareRoot() + norm(force))
            var objective: Double?
            if let a = try f.value(next), let b = try g.value(state.z) { objective = a + b }
            if let objective { trace.objective.append(objective) }
            // Rarely after 100 steps: convergence is only proved for a rho that stays fixed.
            if adapts, !trace.converged, state.k < 100 || state.k.nonzeroBitCount == 1 {
                let factor = primal > 10 * misses ? 2.0 : misses > 10 * primal ? 0.5 : 1
                state.rho = min(max(rho * factor, 1e-8), 1e8)
                state.u = try state.u.holding(u.map { $0 * (rho / state.rho) })
                u = try state.u.toArray()
            }
            guard try progress.callback(state.k, next.copy(), objective, max(primal, misses)), !trace.converged else {
                break
            }
        }
        return (state, trace)
    }
}
