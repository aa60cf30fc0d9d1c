import Autodiff
import Projections
import RealModule
import Scripting
import Tensors

/// Mirror descent: gradient steps taken in the dual space of gradients of a convex h.
///
///     grad h(x') = grad h(x) - lr grad f(x)
///
/// Nemirovski and Yudin 1983; Beck and Teboulle 2003. With the entropy h = sum x log x over {x >= 0, sum x = s} these
/// are multiplicative updates: x' is x exp(-lr grad f(x)), divided so that its sum is s.
public struct MirrorDescent {
    /// The choice of h.
    public enum Map {
        /// h = sum x log x, on the points >= 0 with the sum of the starting point.
        case entropy
        /// grad h and its inverse, given as functions.
        case given(toDual: (Tensor) throws -> Tensor, toPrimal: (Tensor) throws -> Tensor)
    }

    /// When it ends, and who is told.
    public var progress = Progress()
    public var map = Map.entropy
    /// The step size at step k; nil for a line search, which only the entropy has.
    public var lr: ((Int) throws -> Double)?

    public init() {}

    /// The state between two steps.
    public struct State {
        /// The iterate.
        public var x: Tensor
        /// grad h(x); for the entropy log x, up to a constant.
        public var dual: Tensor
        /// The sum of x, which the entropy preserves.
        public var sum: Double
        public var lr: Double?
        public var k = 0
    }

    /// - Throws: when x is not in the domain of the map.
    func start(_ x: Tensor, for operation: String = "optim.mirror_descent") throws -> State {
        let x = try x.copy(x.dtype.computing)
        switch map {
        case .given(let toDual, _): return State(x: x, dual: try toDual(x.copy()), sum: 0)
        case .entropy:
            let values = try x.toArray()
            if let bad = values.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
                throw ScriptError(
                    operation,
                    "element \(bad + 1) of x0 is \(shown(values[bad])): the entropy's map starts from numbers above "
                        + "0, whose sum it keeps"
                )
            }
            guard !values.isEmpty else { throw ScriptError(operation, "x0 has no elements") }
            return State(
                x: x, dual: try Tensor(values.map { Double.log($0) }, shape: x.shape, .float64),
                sum: values.reduce(0, +))
        }
    }

    /// Ends, with the entropy, when <grad f(x), x> - s min grad f(x), for convex f an upper bound on f(x) minus its
    /// minimum, is at most tolerance max(1, |f(x)|); with another map, when x moves by at most tolerance max(1, |x|).
    func minimize(
        _ body: @escaping (Variable) throws -> Variable, from start: State,
        for operation: String = "optim.mirror_descent"
    ) throws -> (state: State, trace: Trace) {
        let f = SmoothFunction(body: body, operation: operation)
        var (state, trace) = (start, Trace())
        let total = state.sum
        for _ in 0..<progress.steps {
            try Cancellation.check()
            state.k += 1
            let (value, gradient) = try f.slope(at: state.x, state.k)
            let (x, slope) = (try state.x.toArray(), try gradient.toArray())
            trace.objective.append(value)
            var residual: Double
            switch map {
            case .entropy:
                residual = max(0, dot(slope, x) - total * (slope.min() ?? 0)) / max(1, value.magnitude)
                if residual > progress.tolerance { try move(&state, f, x, slope, value, total) }
            case .given(_, let toPrimal):
                let step = try length(state.k, operation)
                state.dual = try state.dual.holding(sum(state.dual.toArray(), -step, slope))
                let next = try toPrimal(state.dual.copy())
                residual = norm(difference(try next.toArray(), x)) / max(1, norm(x))
                state.x = next
            }
            trace.residual.append(residual)
            trace.converged = residual <= progress.tolerance
            guard residual.isFinite else {
                throw ScriptError(operation, "the residual is \(shown(residual)) at step \(state.k)")
            }
            guard try progress.callback(state.k, state.x.copy(), value, residual), !trace.converged else { break }
        }
        return (state, trace)
    }

    private func length(_ k: Int, _ operation: String) throws -> Double {
        guard let lr else { throw ScriptError(operation, "a map of your own needs an lr") }
        let step = try lr(k)
        guard step >= 0, step.isFinite else {
            throw ScriptError(operation, "lr(\(k)) is \(shown(step)); a finite number from 0 expected")
        }
        return step
    }

    /// The multiplicative update. Without a given lr, the longest among the last one, its double and its halves for
    /// which f is at most its linear model plus divergence / lr.
    private func move(
        _ state: inout State, _ f: SmoothFunction, _ x: [Double], _ slope: [Double], _ value: Double, _ total: Double
    ) throws {
        let dual = try state.dual.toArray()
        func point(_ lr: Double) -> (dual: [Double], x: [Double]) {
            let raised = sum(dual, -lr, slope)
            let largest = raised.reduce(-.infinity, max)
            let heights = raised.map { $0 - largest }
            let shares = heights.map { Double.exp($0) }
            let scale = total / shares.reduce(0, +)
            return (heights.map { $0 + .log(scale) }, shares.map { $0 * scale })
        }
        if lr != nil {
            let next = point(try length(state.k, f.operation))
            (state.dual, state.x) = (try state.dual.holding(next.dual), try state.x.holding(next.x))
            return
        }
        var step = min(2 * (state.lr ?? 1), 0x1p1000)
        while true {
            let next = point(step)
            let reached = try f.value(at: state.x.holding(next.x))
            let move = difference(next.x, x)
            let divergence = zip(next.x, zip(next.dual, dual)).reduce(0) {
                $1.0 > 0 ? $0 + $1.0 * ($1.1.0 - $1.1.1) : $0
            }
            let slack = (state.x.dtype == .float64 ? 1e-14 : 1e-6) * max(value.magnitude, reached.magnitude)
            if reached <= value + dot(slope, move) + max(0, divergence) / step + slack {
                (state.dual, state.x, state.lr) = (try state.dual.holding(next.dual), try state.x.holding(next.x), step)
                return
            }
            step /= 2
            guard step > 1e-200 else {
                throw ScriptError(
                    f.operation, "no step size lowers f at step \(state.k): is its gradient right, and f smooth?")
            }
        }
    }
}
