import Autodiff
import Projections
import Scripting
import Tensors

/// The script function `optim.fista`: its declaration, and the conversion of arguments and results.
enum FistaFunction {
    static let declaration = Declaration(
        "optim.fista",
        """
        Minimises f(x) + g(x) for a smooth convex f and a g with a proximal map: x <- g(y - lr grad f(y), lr), with \
        momentum y, which is dropped when it points uphill. \(ConvexText.ending)
        """,
        takes: .argument("f", .function, "f(x) returns a tensor of one number"),
        .argument("g", .proximable, "a set to stay in, a penalty of prox's, or its map (v, step) -> point"),
        .argument("x0", .plainTensor, "where to start"),
        .progress("ends when |x - g(x - lr grad f(x), lr)| <= tolerance max(1, |x|), checked at the x returned"),
        .option(
            "lr", .optional(.number(above: 0, finite: true)),
            "the step size; left out, the longest that f allows is searched for, and found again by halving"),
        .option("restart", .flag, default: true, "false keeps the momentum always"), .state, .operation,
        returns: .convex(["lr"]),
        errors: "f, or its gradient, that is not finite; a state of another x0; no step size that lowers f.",
        source: "Beck and Teboulle 2009; O'Donoghue and Candès 2015.",
        example: """
            local target = tensor({2, 0.3, -0.1})
            local f = function(x) return ((x - target) ^ 2):sum() / 2 end
            local x, report = optim.fista(f, prox.L1(0.2), tensor.zeros(3))
            assert(report.converged and math.abs(x[{1}] - 1.8) < 1e-5 and x[{3}] == 0)
            assert(#report.objective == report.steps and report.residual[report.steps] <= 1e-6)
            """,
        see: ["optim.projected_gradient", "prox.L1", "host.steps"]
    ) { f, g, start, progress, lr, restart, saved, operation in
        let x0 = try startingPoint(start)
        var state = try Fista.State(x0)
        if let saved {
            let (x, y) = (try saved.tensor("x", x0.shape, x0.dtype), try saved.tensor("y", x0.shape, x0.dtype))
            let isOnTheWay = try isSame(x, x0)
            state = Fista.State(
                x: x0, y: isOnTheWay ? y : x0, momentum: isOnTheWay ? try saved.number("momentum", from: 1) : 1,
                lr: try saved.stepSize(), k: try saved.count())
        }
        let before = state.k
        var method = Fista()
        (method.progress, method.lr, method.restart) = (progress, lr, restart)
        let (end, trace) = try method.minimize(smooth(f), plus: g, from: state, for: operation)
        let length = end.lr ?? lr ?? 1
        return ConvexResult(
            x: end.x, trace: trace, steps: end.k - before, numbers: [("lr", length)],
            state: [
                ("x", .tensor(try end.x.copy())), ("y", .tensor(try end.y.copy())), ("momentum", .number(end.momentum)),
                ("lr", end.lr.map { .number($0) } ?? .none), ("k", .integer(end.k)),
            ])
    }
}
