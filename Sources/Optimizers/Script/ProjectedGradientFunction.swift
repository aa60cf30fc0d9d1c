import Autodiff
import Projections
import Scripting
import Tensors

/// The script function `optim.projected_gradient`: its declaration, and the conversion of arguments and results.
enum ProjectedGradientFunction {
    static let declaration = Declaration(
        "optim.projected_gradient",
        """
        Minimises f over the set P: x <- P(x - lr(k) grad f(x) + noise(k) xi) for k = 1 to steps. Returns the last x, \
        a new plain tensor, and a table of f(x) before each step. x0 is left alone, and counts as it is: only results \
        of steps are projected. The same numbers as the loop written out with random.normal. Ctrl-C ends the run: for \
        a loop that can be paused, call it with steps = 1 inside host.steps, as luaflow doc host.steps shows.
        """,
        takes: .argument("f", .function, "f(x) returns a tensor of one number"),
        .argument("P", .projection, "the set (projection.Set makes one of a function)"),
        .argument("x0", .plainTensor, "where to start"),
        .option("steps", .integer(from: 0), default: 100),
        .option("lr", .perStep, default: .number(1e-2), "the length of step k"),
        .option(
            "noise", .perStep, default: .number(0),
            """
            the standard deviation of normal noise xi; a function may return a tensor of x's shape that is added as it \
            is
            """),
        .option(
            "callback", .optional(.function),
            """
            callback(k, x, value) is called before step k with x and f(x), and ends the iteration with that x by \
            returning false
            """),
        .generator, .operation,
        returns: .values(ResultSpec("x", .object(Variable.type.name)), ResultSpec("values", .list(.number))),
        errors: """
            f, or its gradient, that is not finite; an lr or noise that is negative, infinite or NaN (the message \
            names k and the value); a noise of another shape
            """,
        source: "Goldstein 1964; Levitin and Polyak 1966; with noise: Bubeck, Eldan and Lehec 2018",
        example: """
            local target = tensor({2, 0.25})
            local f = function(x) return ((x - target) ^ 2):sum() end
            local x, values = optim.projected_gradient(f, projection.Box(0, 1), tensor.zeros(2), {
              steps = 50, lr = function(k) return 0.5 / k ^ 0.5 end,
            })
            assert(math.abs(x[{1}] - 1) < 1e-6 and math.abs(x[{2}] - 0.25) < 1e-6)
            assert(#values == 50 and values[50] < values[1])
            """,
        see: ["optim.schedule.power", "host.steps"]
    ) { f, set, start, steps, lr, noise, callback, generator, operation in
        let method = ProjectedGradient(steps: steps, lr: length(lr), noise: shift(noise), callback: watcher(callback))
        let (x, values) = try method.minimize(
            { point in
                let result = try f.call([.object(point)]).first ?? .none
                guard case .object(let object) = result, let value = object as? Variable else {
                    throw Fault("f returned \(result.shown); a tensor of one number expected")
                }
                return value
            }, over: set, from: start, generator: generator, for: operation)
        return [.tensor(x), .list(values.map { .number($0) })]
    }

    private static func length(_ lr: PerStep) -> (Int) throws -> Double {
        switch lr {
        case .number(let lr): return { _ in lr }
        case .function(let schedule):
            return { k in
                let result = try schedule.call([.integer(k)]).first ?? .none
                if let number = result.asNumber { return number }
                if case .object(let object as Variable) = result, object.value.count == 1 {
                    return try object.value.item()
                }
                throw Fault("lr(\(k)) is \(result.shown); a number expected")
            }
        }
    }

    private static func shift(_ noise: PerStep) -> (Int) throws -> ProjectedGradient.Noise {
        switch noise {
        case .number(let deviation): return { _ in .normal(deviation) }
        case .function(let schedule):
            return { k in
                let result = try schedule.call([.integer(k)]).first ?? .none
                if let number = result.asNumber { return .normal(number) }
                if case .object(let object as Variable) = result { return .given(object.value) }
                throw Fault("noise(\(k)) is \(result.shown); a number or a tensor of x's shape expected")
            }
        }
    }

    private static func watcher(_ callback: (any ScriptFunction)?) -> (Int, Tensor, Double) throws -> Bool {
        guard let callback else { return { _, _, _ in true } }
        return { k, x, value in
            // A copy: scripts may keep it and write to it.
            let result = try callback.call([.integer(k), .tensor(x.copy()), .number(value)]).first ?? .none
            if case .boolean(false) = result { return false }
            return true
        }
    }
}
