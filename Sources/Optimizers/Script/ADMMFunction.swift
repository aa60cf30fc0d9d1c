import Projections
import Scripting
import Tensors

/// The script function `optim.admm`: its declaration, and the conversion of arguments and results.
enum ADMMFunction {
    static let declaration = Declaration(
        "optim.admm",
        """
        Minimises f(x) + g(A x) by the proximal maps of f and g, with a z that becomes A x: alternating directions \
        with multipliers rho u. Without A it is the identity; with one, only products with A and its transpose are \
        needed (the linearised method). \(ConvexText.ending) residual is |A x - z|; dual_residual is how far -A^T (rho \
        u) is from a slope of f at x.
        """,
        takes: .argument("f", .proximable, "a set, a function of prox's, or its map (v, step) -> point"),
        .argument("g", .proximable, "of A x"), .argument("x0", .plainTensor, "where to start"),
        .progress(
            """
            ends when residual <= tolerance (sqrt(m) + max(|A x|, |z|)) and dual_residual <= tolerance (sqrt(n) + \
            |A^T rho u|)
            """),
        .option("A", .optional(.plainTensor), "of shape (m, n), for x of n elements (row-major)"),
        .option("rho", .number(above: 0, finite: true), default: 1, "the weight of |A x - z|^2 / 2, at first"),
        .option("adapt", .flag, default: true, "whether rho follows the residuals"), .state, .operation,
        returns: .convex(["rho"], dual: true),
        errors: "A does not fit x0; what f and g refuse; a state of another x0; residuals that are not finite.",
        source: "Boyd, Parikh, Chu, Peleato and Eckstein 2011; Zhang, Burger and Osher 2011 (with A).",
        example: """
            local signal = tensor({0, 0.1, 2, 2.1})                    -- total variation, by differences
            local D = tensor({{-1, 1, 0, 0}, {0, -1, 1, 0}, {0, 0, -1, 1}})
            local f = prox.LeastSquares(tensor.eye(4), signal)
            local x, report = optim.admm(f, prox.L1(0.2), signal, {A = D, steps = 3000, tolerance = 1e-5})
            assert(report.converged and (x - prox.TV(0.2)(signal)):abs():max():item() < 1e-3)
            """,
        see: ["optim.douglas_rachford", "prox.LeastSquares"]
    ) { f, g, start, progress, matrix, rho, adapts, saved, operation in
        let x0 = try startingPoint(start)
        var method = ADMM()
        (method.progress, method.rho, method.adapts, method.matrix) = (progress, rho, adapts, matrix)
        var state = try method.start(x0, for: operation)
        if let saved {
            let shape = state.z.shape
            let x = try saved.tensor("x", x0.shape, x0.dtype)
            let (z, u) = (try saved.tensor("z", shape, x0.dtype), try saved.tensor("u", shape, x0.dtype))
            if try isSame(x, x0) { (state.z, state.u) = (z, u) }
            let weight = try saved.number("rho")
            guard weight > 0 else { throw Fault("state", "rho is 0; a number above 0 expected") }
            (state.rho, state.k) = (weight, try saved.count())
        }
        let before = state.k
        let (end, trace) = try method.minimize(f, plus: g, from: state, for: operation)
        return ConvexResult(
            x: end.x, trace: trace, steps: end.k - before, numbers: [("rho", end.rho)],
            state: [
                ("x", .tensor(try end.x.copy())), ("z", .tensor(end.z)), ("u", .tensor(end.u)),
                ("rho", .number(end.rho)),
                ("k", .integer(end.k)),
            ])
    }
}
