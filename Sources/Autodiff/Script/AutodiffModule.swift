import Scripting
import Tensors

/// The module `autodiff`: transforms of functions.
public struct AutodiffModule: ScriptModule {
    public init() {}

    public let name = "autodiff"
    public let summary = "Derivatives of Lua functions of tensors. Every transform composes: grad(grad(f))."
    public var functions: [NativeFunction] {
        [
            AutodiffFunctions.noGrad, AutodiffFunctions.enableGrad, AutodiffFunctions.detectAnomaly,
            AutodiffFunctions.grad, AutodiffFunctions.valueAndGrad, AutodiffFunctions.vjp, AutodiffFunctions.jvp,
            AutodiffFunctions.jacobian, AutodiffFunctions.hessian, AutodiffFunctions.hvp, AutodiffFunctions.gradcheck,
            VectorMap.declaration, CustomRule.declaration,
        ].map { NativeFunction($0) }
    }
}

/// The points at which functions are differentiated.
extension Domain<Variable> {
    /// A tensor; a number becomes a float64 tensor of shape ().
    fileprivate static var point: Domain {
        let type = ScriptType.either([.object(Variable.type.name), .number])
        return Domain(type, expected: "a tensor or a number", show: { _ in "tensor" }) { value in
            if let number = value.asNumber { return Variable(try Tensor(number, .float64)) }
            return try tensor.read(value)
        }
    }
}

extension Parameter<any ScriptFunction> {
    fileprivate static var f: Parameter { .argument("f", .function) }
}

extension Parameter<Variable> {
    fileprivate static var point: Parameter { .argument("x", .point) }
    fileprivate static var direction: Parameter { .argument("v", .point, "of x's shape") }
}

extension Parameter<Bool> {
    fileprivate static var createGraph: Parameter {
        .option("create_graph", .flag, default: false, "joins the results to the parameters that f reads")
    }
}

extension Parameter<[Value]> {
    /// Further arguments, passed on to the function.
    fileprivate static var passedOn: Parameter { .rest("", .anything) }
}

extension Results<[Value]> {
    fileprivate static var whatever: Results { .values(ResultSpec(nil, .any, repeats: true)) }
}

private enum AutodiffFunctions {
    /// A Lua function as a function of variables.
    private static func variables(
        _ function: any ScriptFunction, _ operation: String
    ) -> ([Variable]) throws -> [Variable] {
        { arguments in try returned(try function.call(arguments.map { .object($0) }), operation) }
    }

    private static func returned(_ results: [Value], _ operation: String) throws -> [Variable] {
        guard let first = results.first else { return [] }
        guard case .object(let object) = first, let variable = object as? Variable else {
            throw ScriptError(operation, "the function returned \(first.shown); a tensor expected")
        }
        return [variable]
    }

    /// `transform(f, x, ...)` computes at once, by `form`; `transform(f)` returns a function that does.
    private static func transform(
        _ name: String, _ summary: String, errors: String, source: String, example: String, _ form: Form
    ) -> Declaration {
        let direct = NativeFunction(Declaration("autodiff.\(name)", summary, forms: form))
        let later = Form(takes: .f, returns: .value(.function)) { f in .closure(direct, bound: [.function(f)]) }
        return Declaration(
            "autodiff.\(name)", summary, forms: later, form, errors: errors, source: source, example: example)
    }

    /// A paragraph on results that the documentation of all transforms has.
    private static let joining = """
         Inside the function of another transform the result is differentiated on. Outside it is a constant, so that\
         no history grows from call to call; {create_graph = true} joins it to the parameters that f reads, for a loss\
         that holds it.
        """

    private static let scalarErrors =
        "f does not return a tensor of one number; an argument is not a tensor or a number"

    // MARK: Modes

    static let noGrad = switching(
        "no_grad", false, "not recorded: nothing in it can be differentiated",
        """
        local x = tensor({3}):requires_grad_(true)
        assert(not autodiff.no_grad(function() return x * 2 end).requires_grad)
        """)

    static let enableGrad = switching(
        "enable_grad", true, "recorded again, inside no_grad",
        """
        local x = tensor({3}):requires_grad_(true)
        local function twice() return x * 2 end
        assert(autodiff.no_grad(function() return autodiff.enable_grad(twice) end).requires_grad)
        """)

    private static func switching(_ name: String, _ isOn: Bool, _ effect: String, _ example: String) -> Declaration {
        Declaration(
            "autodiff.\(name)", "Calls f(...) with operations \(effect).", takes: .f, .passedOn, returns: .whatever,
            errors: "whatever f raises", source: "torch.\(name)", example: example
        ) { f, values in try GradMode.$isEnabled.withValue(isOn) { try f.call(values) } }
    }

    static let detectAnomaly = Declaration(
        "autodiff.detect_anomaly",
        """
        Calls f(...) with every operation watched: the first that makes a NaN of inputs without one is an error at its \
        line in the script, and so is the first gradient that turns NaN, with the line that recorded its operation. \
        Slow; for finding where a NaN comes from.
        """,
        takes: .f, .passedOn, returns: .whatever, errors: "the first NaN; whatever f raises",
        source: "torch.autograd.detect_anomaly",
        example: """
            local ok, message = pcall(autodiff.detect_anomaly, function() return tensor({-1}):log() end)
            assert(not ok and message:find("tensor.log: NaN"))
            """
    ) { f, values in try AnomalyMode.$isEnabled.withValue(true) { try f.call(values) } }

    // MARK: Gradients

    /// The derivative of `f(x, ...)` by its first argument, or by those that argnums names.
    /// - Parameter returnsValue: whether f's value is the first result.
    private static func gradient(returnsValue: Bool, _ results: ResultSpec...) -> Form {
        let readPoint = Domain<Variable>.point.read
        return Form(
            takes: .f, .rest("x", .anything, "what f is called with; a number counts as a float64 tensor"),
            .option("argnums", .oneOrMore(.integer), default: [1], "which arguments, one gradient each"), .createGraph,
            .operation, returns: Results(results) { $0 }
        ) { f, values, positions, createGraph, operation in
            guard !values.isEmpty else { throw Fault("no x given: \(operation)(f, x), or \(operation)(f)(x)") }
            for position in positions where position < 1 || position > values.count {
                throw Fault("argnums names argument \(position) of \(values.count)")
            }
            guard positions.count == 1 || Set(positions).count == positions.count else {
                throw Fault("argnums names an argument twice")
            }
            let points = try positions.map { position in
                let value = values[position - 1]
                guard let point = try? readPoint(value) else {
                    throw Fault("argument \(position + 1) (x): a tensor or a number expected, got \(value.shown)")
                }
                return point
            }
            let function = { (inner: [Variable]) throws -> [Variable] in
                var call = values
                for (index, position) in positions.enumerated() { call[position - 1] = .object(inner[index]) }
                return try returned(try f.call(call), operation)
            }
            guard returnsValue else {
                return try Transform.gradient(of: function, at: points, createGraph: createGraph, for: operation)
                    .map { .object($0) }
            }
            let (value, gradients) = try Transform.valueAndGradient(
                of: function, at: points, createGraph: createGraph, for: operation)
            return [.object(value[0])] + gradients.map { .object($0) }
        }
    }

    private static let aTensor = ScriptType.object(Variable.type.name)

    static let grad = transform(
        "grad",
        """
        The gradient of f, which returns a tensor of one number, with respect to its first argument (or those that \
        argnums names, one result each). Other arguments are passed on.
        """ + joining,
        errors: scalarErrors, source: "torch.func.grad",
        example: """
            local f = function(x) return (x ^ 3):sum() end
            assert(autodiff.grad(f)(tensor({2}))[{1}] == 12)
            assert(autodiff.grad(function(x) return autodiff.grad(f)(x):sum() end)(tensor({2}))[{1}] == 12)
            local w = tensor({2}):requires_grad_(true)
            local loss = function(x) return (w * x * x):sum() end
            local slope = autodiff.grad(loss, tensor({3}), {create_graph = true})
            local penalty = (slope * slope):sum()
            penalty:backward()
            assert(w.grad[{1}] == 144)
            """,
        gradient(returnsValue: false, ResultSpec(nil, aTensor)))

    static let valueAndGrad = transform(
        "value_and_grad", "Like grad, with f's value first.", errors: scalarErrors, source: "jax.value_and_grad",
        example: """
            local v, g = autodiff.value_and_grad(function(x) return (x * x):sum() end)(tensor({3}))
            assert(v:item() == 9 and g[{1}] == 6)
            """,
        gradient(returnsValue: true, ResultSpec("value", aTensor), ResultSpec("gradient", .any)))

    // MARK: Products and matrices

    /// The results of vjp, jvp and hvp: the value of `f(x)` and the product.
    private static var products: Results<(value: Variable, product: Variable)> {
        Results([ResultSpec("value", aTensor), ResultSpec("product", aTensor)]) {
            [.object($0.value), .object($0.product)]
        }
    }

    static let vjp = transform(
        "vjp", "The vector-Jacobian product: f(x), and v's pull-back in x's shape." + joining,
        errors: "shapes that differ", source: "torch.autograd.functional.vjp",
        example: """
            local y, g = autodiff.vjp(function(x) return x * x end, tensor({1, 2}), tensor({1, 10}))
            assert(g:tolist()[2] == 40)
            """,
        Form(
            takes: .f, .point,
            .argument("v", .optional(.point), "of f's shape; may be left out where that is a single number"),
            .createGraph, .operation, returns: products
        ) { f, x, v, createGraph, operation in
            try Transform.vjp(of: variables(f, operation), at: x, v, createGraph: createGraph, for: operation)
        })

    static let jvp = transform(
        "jvp", "The Jacobian-vector product: f(x), and the derivative of f along v." + joining,
        errors: "shapes that differ", source: "torch.autograd.functional.jvp",
        example: """
            local y, d = autodiff.jvp(function(x) return x * x end, tensor({1, 2}), tensor({1, 10}))
            assert(d:tolist()[2] == 40)
            """,
        Form(takes: .f, .point, .direction, .createGraph, .operation, returns: products) {
            f, x, v, createGraph, operation in
            try Transform.jvp(of: variables(f, operation), at: x, v, createGraph: createGraph, for: operation)
        })

    static let jacobian = transform(
        "jacobian", "All derivatives of f's elements by x's: shape (f's shape, x's shape)." + joining,
        errors: "f does not return a tensor", source: "torch.autograd.functional.jacobian",
        example: """
            local J = autodiff.jacobian(function(x) return x * x end, tensor({1, 2}))
            assert(J[{2, 2}] == 4 and J[{1, 2}] == 0)
            """,
        Form(takes: .f, .point, .createGraph, .operation, returns: .tensor) { f, x, createGraph, operation in
            try Transform.jacobian(of: variables(f, operation), at: x, createGraph: createGraph, for: operation)
        })

    static let hessian = transform(
        "hessian", "All second derivatives of f, which returns one number: shape (x's shape, x's shape)." + joining,
        errors: scalarErrors, source: "torch.autograd.functional.hessian",
        example: """
            local H = autodiff.hessian(function(x) return (x ^ 3):sum() end, tensor({1, 2}))
            assert(H[{2, 2}] == 12)
            """,
        Form(takes: .f, .point, .createGraph, .operation, returns: .tensor) { f, x, createGraph, operation in
            try Transform.hessian(of: variables(f, operation), at: x, createGraph: createGraph, for: operation)
        })

    static let hvp = transform(
        "hvp", "The Hessian-vector product: f(x), and the Hessian of f at x times v, without forming it." + joining,
        errors: scalarErrors, source: "torch.autograd.functional.hvp",
        example: """
            local y, h = autodiff.hvp(function(x) return (x ^ 3):sum() end, tensor({1, 2}), tensor({0, 1}))
            assert(h:tolist()[2] == 12)
            """,
        Form(takes: .f, .point, .direction, .createGraph, .operation, returns: products) {
            f, x, v, createGraph, operation in
            try Transform.hvp(of: variables(f, operation), at: x, v, createGraph: createGraph, for: operation)
        })

    static let gradcheck = Declaration(
        "autodiff.gradcheck",
        "Compares the gradients of f with central differences, in float64. f may return a tensor of any shape.",
        takes: .f,
        .argument(
            "x",
            Domain<[Variable]>.tensors.or(Domain<Variable>.point.map { [$0] })
                .asking(for: "a tensor, a number or a table of tensors"),
            "what f is called with"),
        .option("eps", .number(above: 0), default: 1e-6, "the step of the differences"),
        .option("atol", .number(from: 0), default: 1e-5, "how much they may differ, beside rtol times the gradient"),
        .option("rtol", .number(from: 0), default: 1e-3), .operation, returns: .flag,
        errors: "a gradient that differs: the message names the worst element; f returns no tensor",
        source: "torch.autograd.gradcheck",
        example: "assert(autodiff.gradcheck(function(x) return x:sin() end, tensor({0.3, 1})))"
    ) { f, points, step, absolute, relative, operation in
        let fault = try Transform.gradientCheck(
            of: variables(f, operation), at: points, step: step, absoluteTolerance: absolute,
            relativeTolerance: relative, for: operation)
        if let fault { throw Fault(fault) }
        return true
    }
}
