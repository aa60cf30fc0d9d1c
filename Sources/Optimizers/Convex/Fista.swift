import Autodiff
import Projections
import Scripting
import Tensors

/// The accelerated proximal gradient method: minimises f + g, f smooth and convex, g with a proximal map.
///
///     x' = prox_g(y - lr grad f(y), lr),   y = x' + (t - 1) / t' (x' - x),   t' = (1 + sqrt(1 + 4 t^2)) / 2
///
/// Beck and Teboulle 2009, with their line search for lr, and the restart of O'Donoghue and Candès (2015): momentum
/// that points uphill is set to 0.
public struct Fista {
    /// When it ends, and who is told.
    public var progress = Progress()
    /// The step size; nil searches for one.
    public var lr: Double?
    public var restart = true

    public init() {}

    /// The state between two steps, from which a run continues unchanged.
    public struct State {
        /// The iterate, and the point beyond it at which the gradient is taken.
        public var x, y: Tensor
        /// t_k of the paper; 1 means no momentum.
        public var momentum = 1.0
        /// The step size found so far, by the line search.
        public var lr: Double?
        public var k = 0

        /// At the start.
        public init(_ x: Tensor) throws {
            self.x = try x.copy(x.dtype.computing)
            y = self.x
        }

        init(x: Tensor, y: Tensor, momentum: Double, lr: Double?, k: Int) {
            (self.x, self.y, self.momentum, self.lr, self.k) = (x, y, momentum, lr, k)
        }
    }

    /// Ends when a step without momentum moves x by at most tolerance max(1, |x|): |x - prox_g(x - lr grad f(x), lr)|.
    func minimize(
        _ body: @escaping (Variable) throws -> Variable, plus g: Proximable, from start: State,
        for operation: String = "optim.fista"
    ) throws -> (state: State, trace: Trace) {
        let f = SmoothFunction(body: body, operation: operation)
        var (state, trace) = (start, Trace())
        for _ in 0..<progress.steps {
            try Cancellation.check()
            state.k += 1
            let step = try next(f, g, &state)
            let (old, y, new) = (try state.x.toArray(), try state.y.toArray(), try step.x.toArray())
            let size = max(1, norm(new))
            var residual = norm(difference(new, y)) / size
            state.x = step.x
            if restart, dot(difference(y, new), difference(new, old)) > 0 {
                (state.momentum, state.y) = (1, step.x)
            } else {
                let momentum = (1 + (1 + 4 * state.momentum * state.momentum).squareRoot()) / 2
                state.y = try step.x.holding(sum(new, (state.momentum - 1) / momentum, difference(new, old)))
                state.momentum = momentum
            }
            if residual <= progress.tolerance, let lr = state.lr {
                // The move from y to x was short; a plain step from x itself need not be, so that it is computed.
                let gradient = try f.slope(at: step.x, state.k).gradient.toArray()
                let plain = try g.prox(step.x.holding(sum(new, -lr, gradient)), step: lr).toArray()
                residual = norm(difference(plain, new)) / size
                trace.converged = residual <= progress.tolerance
            }
            let objective = try g.value(step.x).map { $0 + step.value }
            if let objective { trace.objective.append(objective) }
            trace.residual.append(residual)
            guard try progress.callback(state.k, step.x.copy(), objective, residual), !trace.converged else { break }
        }
        return (state, trace)
    }

    /// The proximal gradient step from y, and f at the new point; the step size is reduced until f allows it.
    private func next(_ f: SmoothFunction, _ g: Proximable, _ state: inout State) throws -> (x: Tensor, value: Double) {
        let (value, gradient) = try f.slope(at: state.y, state.k)
        let (y, slope) = (try state.y.toArray(), try gradient.toArray())
        func trial(_ lr: Double) throws -> (x: Tensor, value: Double, isAllowed: Bool, moves: Bool) {
            let point = try state.y.holding(sum(y, -lr, slope))
            // The step overflows: a shorter one is tried.
            guard try point.isFinite() else { return (state.x, .infinity, false, true) }
            let x = try g.prox(point, step: lr)
            let move = difference(try x.toArray(), y)
            let reached = try f.value(at: x)
            // Rounding of f does not count as a failed line search.
            let slack = (x.dtype == .float64 ? 1e-14 : 1e-6) * max(value.magnitude, reached.magnitude)
            let bound = value + dot(slope, move) + dot(move, move) / lr / 2 + slack
            return (x, reached, reached <= bound, move.contains { $0 != 0 })
        }
        if let lr {
            state.lr = lr
            let found = try trial(lr)
            guard found.value.isFinite else {
                throw ScriptError(f.operation, "f is \(shown(found.value)) at step \(state.k)")
            }
            return (found.x, found.value)
        }
        var lr = state.lr ?? 1
        var best = try trial(lr)
        if state.lr == nil, best.isAllowed {
            // The first search: the longest step that f allows.
            for _ in 0..<40 where best.moves {
                let longer = try trial(2 * lr)
                guard longer.isAllowed else { break }
                (lr, best) = (2 * lr, longer)
            }
        }
        while !best.isAllowed {
            lr /= 2
            guard lr > 1e-200 else {
                throw ScriptError(
                    f.operation, "no step size lowers f at step \(state.k): is its gradient right, and f smooth?")
            }
            best = try trial(lr)
        }
        state.lr = lr
        return (best.x, best.value)
    }
}
