import Scripting
import Tensors

/// The module `autodiff`: transforms of functions.
public struct AutodiffModule: ScriptModule {
    public init() {}

    public let name = "autodiff"
    public let summary = "Derivatives of Lua functions of tensors. Every transform composes: grad(grad(f))."
    public var functions: [NativeFunction] {
        [
            AutodiffFunctions.noGrad, AutodiffFunctions.enableGrad, AutodiffFunctions.detectAnomaly, AutodiffFunctions.grad, AutodiffFunctions.valueAndGrad, AutodiffFunctions.vjp,
            AutodiffFunctions.jvp, AutodiffFunctions.jacobian, AutodiffFunctions.hessian, AutodiffFunctions.hvp, AutodiffFunctions.gradcheck,
        ]
    }
}

enum AutodiffFunctions {
    /// A Lua function as a function of variables.
    private static func variables(_ function: any ScriptFunction, _ operation: String) -> ([Variable]) throws -> [Variable] {
        { arguments in try returned(try function.call(arguments.map { .object($0) }), operation) }
    }

    private static func returned(_ results: [Value], _ operation: String) throws -> [Variable] {
        guard let first = results.first else { return [] }
        guard case .object(let object) = first, let variable = object as? Variable else {
            throw ScriptError(operation, "the function returned \(first.shown); a tensor expected")
        }
        return [variable]
    }

    /// A tensor argument; a number becomes a float64 tensor of no dimension.
    private static func point(_ arguments: Arguments, _ position: Int, _ name: String = "x") throws -> Variable {
        if let number = arguments[position].asNumber { return Variable(try Tensor(number, .float64)) }
        return try arguments.variable(position, name)
    }

    /// `transform(f, x, ...)` computes at once; `transform(f)` returns a function that does.
    private static func transform(
        _ name: String, _ signature: String, _ summary: String, errors: String, source: String, most: Int? = nil, example: String,
        body: @escaping NativeFunction.Body
    ) -> NativeFunction {
        let full = "autodiff.\(name)"
        let direct = NativeFunction(full, Documentation(signature, summary, errors: errors, source: source, example: example), body: body)
        return NativeFunction(full, direct.documentation) { arguments in
            let function = arguments[1]
            _ = try arguments.function(1, "f")
            if let most { try arguments.atMost(most) }
            return arguments.count == 1 ? [.closure(direct, bound: [function])] : try body(arguments)
        }
    }

    /// The option `create_graph` of a table behind the other arguments.
    private static func createGraph(_ arguments: Arguments, at position: Int) throws -> Bool {
        try arguments.options(position, ["create_graph"]).boolean("create_graph", default: false)
    }

    /// What every transform's documentation says of its results.
    private static let joining =
        " Inside the function of another transform the result is differentiated on. Outside it is a constant, so that no history grows from call to call; {create_graph = true} joins it to the parameters that f reads, for a loss that holds it."

    private static let scalarErrors = "f does not return a tensor of one number; an argument is not a tensor or a number"

    static let noGrad = switching("no_grad", false, "not recorded: nothing in it can be differentiated", "torch.no_grad", "local x = tensor({3}):requires_grad_(true)\nassert(not autodiff.no_grad(function() return x * 2 end).requires_grad)")
    static let enableGrad = switching("enable_grad", true, "recorded again, inside no_grad", "torch.enable_grad", "local x = tensor({3}):requires_grad_(true)\nassert(autodiff.no_grad(function() return autodiff.enable_grad(function() return x * 2 end) end).requires_grad)")

    private static func switching(_ name: String, _ isOn: Bool, _ effect: String, _ source: String, _ example: String) -> NativeFunction {
        NativeFunction(
            "autodiff.\(name)",
            Documentation("autodiff.\(name)(f, ...) -> ...: any", "Calls f(...) with operations \(effect).", errors: "whatever f raises", source: source, example: example)
        ) { arguments in
            let function = try arguments.function(1, "f")
            return try GradMode.$isEnabled.withValue(isOn) { try function.call(Array(arguments.values.dropFirst())) }
        }
    }

    static let detectAnomaly = NativeFunction(
        "autodiff.detect_anomaly",
        Documentation(
            "autodiff.detect_anomaly(f, ...) -> ...: any",
            "Calls f(...) with every operation watched: the first that makes a NaN of inputs without one is an error at its line in the script, and so is the first gradient that turns NaN, with the line that recorded its operation. Slow; for finding where a NaN comes from.",
            errors: "the first NaN; whatever f raises", source: "torch.autograd.detect_anomaly",
            example: "local ok, message = pcall(autodiff.detect_anomaly, function() return tensor({-1}):log() end)\nassert(not ok and message:find(\"tensor.log: NaN\"))")
    ) { arguments in
        let function = try arguments.function(1, "f")
        return try AnomalyMode.$isEnabled.withValue(true) { try function.call(Array(arguments.values.dropFirst())) }
    }

    /// Splits the call of a gradient function into points and the positions to differentiate by.
    private static func gradientCall(_ arguments: Arguments, withValue: Bool) throws -> [Value] {
        let function = try arguments.function(1, "f")
        var (positions, createGraph) = ([1], false)
        var values = Array(arguments.values.dropFirst())
        if case .table(let table)? = values.last, try table.count == 0, try !table.entries().isEmpty {
            let options = try arguments.options(arguments.count, ["argnums", "create_graph"])
            createGraph = try options.boolean("create_graph", default: false)
            values.removeLast()
            if case .table(let numbers) = options["argnums"] {
                positions = try numbers.elements().map { value in
                    guard let position = value.asInteger else { throw options.error("argnums", expected: "positions of arguments") }
                    return position
                }
            } else {
                positions = [try options.integer("argnums", default: 1)]
            }
        }
        guard !values.isEmpty else { throw arguments.error("no x given: \(arguments.function)(f, x), or \(arguments.function)(f)(x)") }
        for position in positions where position < 1 || position > values.count {
            throw arguments.error("argnums names argument \(position) of \(values.count)")
        }
        guard Set(positions).count == positions.count else { throw arguments.error("argnums names an argument twice") }
        let points = try positions.map { try point(arguments, $0 + 1, "x") }
        let others = values
        let (results, gradients) = try Transform.valueAndGradient(
            of: { inner in
                var call = others
                for (index, position) in positions.enumerated() { call[position - 1] = .object(inner[index]) }
                return try returned(try function.call(call), arguments.function)
            }, at: points, createGraph: createGraph, for: arguments.function)
        return (withValue ? [.object(results[0])] : []) + gradients.map { .object($0) }
    }

    static let grad = transform(
        "grad", "autodiff.grad(f) -> function\nautodiff.grad(f, x, ..., {argnums, create_graph = false}) -> tensor",
        "The gradient of f, which returns a tensor of one number, with respect to its first argument (or those that argnums names, one result each). Other arguments are passed on. A number as argument counts as a float64 tensor." + joining,
        errors: scalarErrors, source: "torch.func.grad",
        example: "local f = function(x) return (x ^ 3):sum() end\nassert(autodiff.grad(f)(tensor({2}))[{1}] == 12)\nassert(autodiff.grad(function(x) return autodiff.grad(f)(x):sum() end)(tensor({2}))[{1}] == 12)\nlocal w = tensor({2}):requires_grad_(true)\nlocal slope = autodiff.grad(function(x) return (w * x * x):sum() end, tensor({3}), {create_graph = true})\nlocal penalty = (slope * slope):sum()\npenalty:backward()\nassert(w.grad[{1}] == 144)"
    ) { try gradientCall($0, withValue: false) }

    static let valueAndGrad = transform(
        "value_and_grad", "autodiff.value_and_grad(f) -> function\nautodiff.value_and_grad(f, x, ..., {argnums, create_graph = false}) -> value: tensor, gradient: any",
        "Like grad, with f's value first.", errors: scalarErrors, source: "jax.value_and_grad",
        example: "local v, g = autodiff.value_and_grad(function(x) return (x * x):sum() end)(tensor({3}))\nassert(v:item() == 9 and g[{1}] == 6)"
    ) { try gradientCall($0, withValue: true) }

    static let vjp = transform(
        "vjp", "autodiff.vjp(f) -> function\nautodiff.vjp(f, x, v = nil, {create_graph = false}) -> value: tensor, product: tensor", "The vector-Jacobian product: f(x), and v's pull-back in x's shape; v has f's shape and may be left out for a single number." + joining,
        errors: "shapes that differ", source: "torch.autograd.functional.vjp",
        most: 4, example: "local y, g = autodiff.vjp(function(x) return x * x end, tensor({1, 2}), tensor({1, 10}))\nassert(g:tolist()[2] == 40)"
    ) { arguments in
        let function = variables(try arguments.function(1, "f"), arguments.function)
        let v = arguments.isNil(3) ? nil : try point(arguments, 3, "v")
        let (value, product) = try Transform.vjp(
            of: function, at: point(arguments, 2), v, createGraph: createGraph(arguments, at: 4), for: arguments.function)
        return [.object(value), .object(product)]
    }

    static let jvp = transform(
        "jvp", "autodiff.jvp(f) -> function\nautodiff.jvp(f, x, v, {create_graph = false}) -> value: tensor, product: tensor", "The Jacobian-vector product: f(x), and the derivative of f along v, which has x's shape." + joining,
        errors: "shapes that differ", source: "torch.autograd.functional.jvp",
        most: 4, example: "local y, d = autodiff.jvp(function(x) return x * x end, tensor({1, 2}), tensor({1, 10}))\nassert(d:tolist()[2] == 40)"
    ) { arguments in
        let function = variables(try arguments.function(1, "f"), arguments.function)
        let (value, product) = try Transform.jvp(
            of: function, at: point(arguments, 2), point(arguments, 3, "v"), createGraph: createGraph(arguments, at: 4),
            for: arguments.function)
        return [.object(value), .object(product)]
    }

    static let jacobian = transform(
        "jacobian", "autodiff.jacobian(f) -> function\nautodiff.jacobian(f, x, {create_graph = false}) -> tensor", "All derivatives of f's elements by x's: shape (f's shape, x's shape)." + joining,
        errors: "f does not return a tensor", source: "torch.autograd.functional.jacobian",
        most: 3, example: "local J = autodiff.jacobian(function(x) return x * x end, tensor({1, 2}))\nassert(J[{2, 2}] == 4 and J[{1, 2}] == 0)"
    ) { arguments in
        let function = variables(try arguments.function(1, "f"), arguments.function)
        return [.object(try Transform.jacobian(
            of: function, at: point(arguments, 2), createGraph: createGraph(arguments, at: 3), for: arguments.function))]
    }

    static let hessian = transform(
        "hessian", "autodiff.hessian(f) -> function\nautodiff.hessian(f, x, {create_graph = false}) -> tensor", "All second derivatives of f, which returns one number: shape (x's shape, x's shape)." + joining,
        errors: scalarErrors, source: "torch.autograd.functional.hessian",
        most: 3, example: "local H = autodiff.hessian(function(x) return (x ^ 3):sum() end, tensor({1, 2}))\nassert(H[{2, 2}] == 12)"
    ) { arguments in
        let function = variables(try arguments.function(1, "f"), arguments.function)
        return [.object(try Transform.hessian(
            of: function, at: point(arguments, 2), createGraph: createGraph(arguments, at: 3), for: arguments.function))]
    }

    static let hvp = transform(
        "hvp", "autodiff.hvp(f) -> function\nautodiff.hvp(f, x, v, {create_graph = false}) -> value: tensor, product: tensor", "The Hessian-vector product: f(x), and the Hessian of f at x times v, without forming it." + joining,
        errors: scalarErrors, source: "torch.autograd.functional.hvp",
        most: 4, example: "local y, h = autodiff.hvp(function(x) return (x ^ 3):sum() end, tensor({1, 2}), tensor({0, 1}))\nassert(h:tolist()[2] == 12)"
    ) { arguments in
        let function = variables(try arguments.function(1, "f"), arguments.function)
        let (value, product) = try Transform.hvp(
            of: function, at: point(arguments, 2), point(arguments, 3, "v"), createGraph: createGraph(arguments, at: 4),
            for: arguments.function)
        return [.object(value), .object(product)]
    }

    static let gradcheck = NativeFunction(
        "autodiff.gradcheck",
        Documentation(
            "autodiff.gradcheck(f, x, {eps = 1e-6, atol = 1e-5, rtol = 1e-3}) -> boolean\nautodiff.gradcheck(f, {x, y, ...}, {eps = 1e-6, atol = 1e-5, rtol = 1e-3}) -> boolean",
            "Compares the gradients of f with central differences of step eps, in float64. f may return a tensor of any shape.",
            errors: "a gradient that differs: the message names the worst element; f returns no tensor", source: "torch.autograd.gradcheck",
            example: "assert(autodiff.gradcheck(function(x) return x:sin() end, tensor({0.3, 1})))")
    ) { arguments in
        try arguments.atMost(3)
        let function = variables(try arguments.function(1, "f"), arguments.function)
        var points: [Variable]
        if case .table = arguments[2] { points = try arguments.variables(2, "points") } else { points = [try point(arguments, 2)] }
        let options = try arguments.options(3, ["eps", "atol", "rtol"])
        let fault = try Transform.gradientCheck(
            of: function, at: points, step: options.number("eps", default: 1e-6), absoluteTolerance: options.number("atol", default: 1e-5),
            relativeTolerance: options.number("rtol", default: 1e-3), for: arguments.function)
        if let fault { throw arguments.error(fault) }
        return [.boolean(true)]
    }
}
