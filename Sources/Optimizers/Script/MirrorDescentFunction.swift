import Autodiff
import Projections
import Scripting
import Tensors

/// The script function `optim.mirror_descent`: its declaration, and the conversion of arguments and results.
enum MirrorDescentFunction {
    static let declaration = Declaration(
        "optim.mirror_descent",
        """
        Minimises a convex f by gradient steps in another space: to_dual(x') = to_dual(x) - lr grad f(x). With the \
        entropy, over the points from 0 with the sum of x0: x' is x exp(-lr grad f(x)), divided so that the sum stays. \
        \(ConvexText.ending) The objective is f before each step, and with the entropy the residual is a bound: f(x) \
        is above its minimum by no more than residual max(1, |f(x)|). Rounding of f in float32 ends the search for lr \
        early: give x0 as float64 for tolerances below 1e-3.
        """,
        takes: .argument("f", .function, "f(x) returns a tensor of one number"),
        .argument("x0", .plainTensor, "where to start; with the entropy, above 0 everywhere"),
        .progress(
            """
            ends when <grad f(x), x> - s min grad f(x) <= tolerance max(1, |f(x)|), s the sum of x; with a map of your \
            own when x moves by at most tolerance max(1, |x|)
            """),
        .option("map", .mirrorMap, default: nil, "\"entropy\", or {to_dual = f, to_primal = its inverse}"),
        .option(
            "lr", .optional(.perStep), "a number or a function of k; left out, the entropy's map searches for one"),
        .state, .operation, returns: .convex(["lr"]),
        errors: """
            x0 that is not above 0; a map of your own without an lr; f, or its gradient, that is not finite; a state \
            of another x0.
            """,
        source: "Nemirovski and Yudin 1983; Beck and Teboulle 2003.",
        example: """
            local f = function(x) return ((x - tensor({0.2, 0.3, 0.9})) ^ 2):sum() end
            local start = tensor.ones(3, {dtype = "float64"}) / 3
            local x, report = optim.mirror_descent(f, start, {steps = 2000, tolerance = 1e-5})
            assert(report.converged and math.abs(x[{3}] - (0.9 - 0.4 / 3)) < 1e-2)
            local square = {to_dual = function(x) return x end, to_primal = function(z) return z:clamp(0, 1) end}
            local y = optim.mirror_descent(f, tensor.zeros(3), {map = square, lr = 0.25})
            assert(math.abs(y[{3}] - 0.9) < 1e-4)
            """,
        see: ["optim.fista", "projection.Simplex"]
    ) { f, start, progress, map, lr, saved, operation in
        let x0 = try startingPoint(start)
        var method = MirrorDescent()
        method.progress = progress
        if let map { method.map = map }
        method.lr = lr.map { length($0) }
        if case .given = method.map, lr == nil { throw Fault("lr", "a map of your own needs one") }
        var state = try method.start(x0, for: operation)
        if let saved {
            let x = try saved.tensor("x", x0.shape, x0.dtype)
            let dual = try saved.tensor("dual", x0.shape, state.dual.dtype)
            if try isSame(x, x0) { (state.dual, state.sum) = (dual, try saved.number("sum")) }
            (state.lr, state.k) = (try saved.stepSize(), try saved.count())
        }
        let before = state.k
        let (end, trace) = try method.minimize(smooth(f), from: state, for: operation)
        return ConvexResult(
            x: end.x, trace: trace, steps: end.k - before, numbers: end.lr.map { [("lr", $0)] } ?? [],
            state: [
                ("x", .tensor(try end.x.copy())), ("dual", .tensor(try end.dual.copy())),
                ("sum", .number(end.sum)), ("lr", end.lr.map { .number($0) } ?? .none), ("k", .integer(end.k)),
            ])
    }

    private static func length(_ lr: PerStep) -> (Int) throws -> Double {
        switch lr {
        case .number(let lr): return { _ in lr }
        case .function(let schedule):
            return { k in
                let result = try schedule.call([.integer(k)]).first ?? .none
                guard let number = result.asNumber else {
                    throw Fault("lr(\(k)) is \(result.shown); a number expected")
                }
                return number
            }
        }
    }
}

extension Domain<MirrorDescent.Map?> {
    fileprivate static var mirrorMap: Domain {
        let type = ScriptType.either([.choice(["entropy"]), .table])
        let expected = "\"entropy\" or {to_dual = f, to_primal = g}"
        var domain = Domain(type, expected: expected, show: { _ in "\"entropy\"" }) { value in
            switch value {
            case .none, .string("entropy"): return .some(.entropy)
            case .table(let table):
                func map(_ name: String) throws -> (Tensor) throws -> Tensor {
                    guard case .function(let function) = try table.value(for: ByteString(name)) else {
                        throw Fault("\(expected) expected, got no function \(name)")
                    }
                    return { x in
                        let result = try function.call([.tensor(x)]).first ?? .none
                        guard case .object(let object as Variable) = result, object.shape == x.shape else {
                            throw Fault(
                                "\(name) returned \(result.shown); a tensor of shape \(Shape.describe(x.shape)) "
                                    + "expected"
                            )
                        }
                        let point = try object.value.copy(x.dtype)
                        guard try point.isFinite() else { throw Fault("\(name) returned nan or an infinity") }
                        return point
                    }
                }
                return .some(.given(toDual: try map("to_dual"), toPrimal: try map("to_primal")))
            default: return nil
            }
        }
        domain.isOptional = true
        return domain
    }
}
