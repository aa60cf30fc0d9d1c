import Projections
import Scripting
import Tensors

/// Douglas-Rachford splitting: minimises f + g, using only their proximal maps.
///
///     x = prox_f(z, step),   y = prox_g(2 x - z, step),   z' = z + relaxation (y - x)
///
/// Lions and Mercier 1979; Eckstein and Bertsekas 1992.
public struct DouglasRachford {
    /// When it ends, and who is told.
    public var progress = Progress()
    public var step = 1.0
    /// Between 0 and 2; above 1 goes further than the plain method.
    public var relaxation = 1.0

    public init() {}

    /// Ends when |y - x| is at most tolerance max(1, |x|). The result is x.
    func minimize(
        _ f: Proximable, plus g: Proximable, from start: Tensor, after steps: Int = 0,
        for operation: String = "optim.douglas_rachford"
    ) throws -> (x: Tensor, z: Tensor, k: Int, trace: Trace) {
        var (z, k, trace) = (try start.copy(start.dtype.computing), steps, Trace())
        var result = z
        for _ in 0..<progress.steps {
            try Cancellation.check()
            k += 1
            let x = try f.prox(z, step: step)
            let (point, before) = (try x.toArray(), try z.toArray())
            let y = try g.prox(z.holding(zip(point, before).map { 2 * $0 - $1 }), step: step)
            let gap = difference(try y.toArray(), point)
            z = try z.holding(sum(before, relaxation, gap))
            result = x
            let residual = norm(gap) / max(1, norm(point))
            trace.residual.append(residual)
            trace.converged = residual <= progress.tolerance
            var objective: Double?
            if let a = try f.value(x), let b = try g.value(y) { objective = a + b }
            if let objective { trace.objective.append(objective) }
            guard residual.isFinite else {
                throw ScriptError(operation, "the proximal maps differ by \(shown(residual)) at step \(k)")
            }
            guard try progress.callback(k, x.copy(), objective, residual), !trace.converged else { break }
        }
        return (result, z, k, trace)
    }
}
