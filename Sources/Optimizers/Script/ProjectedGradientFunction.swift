import Autodiff
import Projections
import Scripting
import Tensors

/// `optim.projected_gradient`.
enum ProjectedGradientFunction {
    static let function = NativeFunction(
        "optim.projected_gradient",
        Documentation(
            "optim.projected_gradient(f, P, x0, {steps = 100, lr = 1e-2, noise = 0, callback, generator}) -> x: tensor, values: table",
            "Minimises f over the set P: x <- P(x - lr(k) grad f(x) + noise(k) xi) for k = 1 to steps. f(x) returns a tensor of one number; P is a projection (projection.Set makes one of a function). lr and noise are numbers or functions of k; noise is the standard deviation of normal noise xi, or a function may return a tensor of x's shape that is added as it is. callback(k, x, value) is called before step k with x and f(x), and ends the iteration with that x by returning false. Returns the last x, a new plain tensor, and a table of f(x) before each step. x0 is left alone, and counts as it is: only results of steps are projected. The same numbers as the loop written out with random.normal. Ctrl-C ends the run: for a loop that can be paused, call it with steps = 1 inside host.steps, as luaflow doc host.steps shows.",
            errors: "f, or its gradient, that is not finite; an lr or noise that is negative, infinite or NaN (the message names k and the value); a noise of another shape; an unknown option",
            source: "Goldstein 1964; Levitin and Polyak 1966; with noise: Bubeck, Eldan and Lehec 2018",
            example: """
                local target = tensor({2, 0.25})
                local f = function(x) return ((x - target) ^ 2):sum() end
                local x, values = optim.projected_gradient(f, projection.Box(0, 1), tensor.zeros(2), {
                  steps = 50, lr = function(k) return 0.5 / k ^ 0.5 end,
                })
                assert(math.abs(x[{1}] - 1) < 1e-6 and math.abs(x[{2}] - 0.25) < 1e-6)
                assert(#values == 50 and values[50] < values[1])
                """)
    ) { arguments in
        try arguments.atMost(4)
        let f = try arguments.function(1, "f")
        guard case .object(let object) = arguments[2], let projection = object as? ProjectionObject else {
            throw arguments.error(2, "P", expected: "a projection")
        }
        let start = try arguments.tensor(3, "x0")
        let options = try arguments.options(4, ["steps", "lr", "noise", "callback", "generator"])
        let method = ProjectedGradient(
            steps: try options.integer("steps", in: 0...Int.max, default: 100), lr: try lr(options), noise: try noise(options),
            callback: try callback(options))
        let (x, values) = try method.minimize(
            { point in
                let result = try f.call([.object(point)]).first ?? .none
                guard case .object(let object) = result, let value = object as? Variable else {
                    throw arguments.error("f returned \(result.shown); a tensor of one number expected")
                }
                return value
            }, over: projection.set, from: start, generator: arguments.generator(options), for: arguments.function)
        return [.tensor(x), .list(values.map { .number($0) })]
    }

    private static func lr(_ options: Options) throws -> (Int) throws -> Double {
        guard case .function(let schedule) = options["lr"] else {
            guard !options.has("lr") || options["lr"].asNumber != nil else { throw options.error("lr", expected: "a number or a function of k") }
            let lr = try options.nonnegative("lr", default: 1e-2)
            return { _ in lr }
        }
        return { k in
            let result = try schedule.call([.integer(k)]).first ?? .none
            if let number = result.asNumber { return number }
            if case .object(let object) = result, let variable = object as? Variable, variable.value.count == 1 { return try variable.value.item() }
            throw ScriptError(options.function, "lr(\(k)) is \(result.shown); a number expected")
        }
    }

    private static func noise(_ options: Options) throws -> (Int) throws -> ProjectedGradient.Noise {
        guard case .function(let schedule) = options["noise"] else {
            guard !options.has("noise") || options["noise"].asNumber != nil else {
                throw options.error("noise", expected: "a number or a function of k")
            }
            let deviation = try options.nonnegative("noise", default: 0)
            return { _ in .normal(deviation) }
        }
        return { k in
            let result = try schedule.call([.integer(k)]).first ?? .none
            if let number = result.asNumber { return .normal(number) }
            if case .object(let object) = result, let variable = object as? Variable { return .given(variable.value) }
            throw ScriptError(options.function, "noise(\(k)) is \(result.shown); a number or a tensor of x's shape expected")
        }
    }

    private static func callback(_ options: Options) throws -> (Int, Tensor, Double) throws -> Bool {
        guard let callback = try options.function("callback") else { return { _, _, _ in true } }
        return { k, x, value in
            // A copy: scripts keep what they are shown, and may write to it.
            let result = try callback.call([.integer(k), .tensor(x.copy()), .number(value)]).first ?? .none
            if case .boolean(false) = result { return false }
            return true
        }
    }
}
