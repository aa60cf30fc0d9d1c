import Projections
import Scripting
import Tensors

/// The script function `optim.douglas_rachford`: its declaration, and the conversion of arguments and results.
enum DouglasRachfordFunction {
    static let declaration = Declaration(
        "optim.douglas_rachford",
        """
        Minimises f(x) + g(x) by the proximal maps of both: x = f(z, step), y = g(2 x - z, step), z <- z + relaxation \
        (y - x). Of two sets it finds a common point. The result is x. \(ConvexText.ending)
        """,
        takes: .argument("f", .proximable, "a set, a function of prox's, or its map (v, step) -> point"),
        .argument("g", .proximable), .argument("x0", .plainTensor, "where z starts"),
        .progress("ends when |y - x| <= tolerance max(1, |x|)"),
        .option("step", .number(above: 0, finite: true), default: 1, "of the proximal maps: any converges"),
        .option("relaxation", .number(above: 0, below: 2), default: 1), .state, .operation, returns: .convex([]),
        errors: "What the sets and functions refuse; a state of another x0; residuals that are not finite.",
        source: "Lions and Mercier 1979; Eckstein and Bertsekas 1992.",
        example: """
            local f = prox.LeastSquares({{1, 0}, {0, 2}}, {3, 4})
            local x, report = optim.douglas_rachford(f, projection.Box(0, 1), tensor.zeros(2))
            assert(report.converged and math.abs(x[{1}] - 1) < 1e-4 and math.abs(x[{2}] - 1) < 1e-4)
            """,
        see: ["optim.admm", "prox.LeastSquares"]
    ) { f, g, start, progress, step, relaxation, saved, operation in
        let x0 = try startingPoint(start)
        var (z, before) = (x0, 0)
        if let saved {
            let (x, old) = (try saved.tensor("x", x0.shape, x0.dtype), try saved.tensor("z", x0.shape, x0.dtype))
            z = try isSame(x, x0) ? old : x0
            before = try saved.count()
        }
        var method = DouglasRachford()
        (method.progress, method.step, method.relaxation) = (progress, step, relaxation)
        let end = try method.minimize(f, plus: g, from: z, after: before, for: operation)
        return ConvexResult(
            x: end.x, trace: end.trace, steps: end.k - before,
            state: [("x", .tensor(try end.x.copy())), ("z", .tensor(try end.z.copy())), ("k", .integer(end.k))])
    }
}
