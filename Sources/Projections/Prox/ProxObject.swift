import Autodiff
import Scripting
import Tensors

/// A function with a proximal map as a script object, a userdata of type "prox".
public final class ProxObject: ScriptObject {
    /// What scripts see as its type: `prox`.
    public static let type = ObjectType("prox")

    /// What the methods compute with.
    public let function: any ProximalFunction

    /// The function is immutable, so that objects may share it.
    public init(_ function: any ProximalFunction) { self.function = function }

    public var scriptType: ObjectType { ProxObject.type }
}

extension Domain<any ProximalFunction> {
    /// A function of the module prox.
    public static var prox: Domain {
        Domain<ProxObject>.object(ProxObject.type).map(show: { $0.description }) { $0.function }
    }
}

extension Results<any ProximalFunction> {
    static var prox: Results { Results(.object(ProxObject.type.name)) { .object(ProxObject($0)) } }
}

extension Parameter<Double> {
    /// The argument `step` of a proximal map.
    fileprivate static var step: Parameter { .argument("step", .number(above: 0, finite: true), default: 1) }
}

extension ProxObject {
    static let binding = TypeBinding(
        type, "A convex function; called with a tensor and a step, it returns the proximal map.",
        methods: [prox, value, conjugate, envelope].map { NativeFunction($0) },
        properties: [NativeFunction(name)],
        operators: [.call: NativeFunction(call), .describe: NativeFunction(describe)])

    private static let summary = """
        The y that minimises f(y) + |y - x|^2 / (2 step), as a new tensor of the shape and dtype of x, computed in \
        float64. It can be differentiated any number of times by x.
        """

    private static let call = Declaration(
        "prox:call", summary, called: .symbol("f(x, step)"), takes: .argument("f", .prox), .argument("x", .tensor),
        .step,
        returns: .tensor, errors: "The shape of x does not fit, or x holds NaN or an infinity (the index is named).",
        source: "Moreau 1965; Parikh and Boyd 2014.",
        example: """
            local y = prox.L1(2)(tensor({3, -0.5}), 0.5)
            assert(y[{1}] == 2 and y[{2}] == 0)
            """
    ) { function, x, step in try function.prox(x, step: step) }

    private static let prox = Declaration(
        "prox:prox", summary, called: .method, takes: .argument("f", .prox), .argument("x", .tensor), .step,
        returns: .tensor, errors: "As f(x, step).",
        example: "assert(prox.L1(1):prox(tensor({3}), 2)[{1}] == 1)"
    ) { function, x, step in try function.prox(x, step: step) }

    private static let value = Declaration(
        "prox:value",
        """
        f(x), a number, infinite outside the domain of f (a conjugate's, up to rounding); where x requires a gradient, \
        a tensor of no dimension.
        """,
        called: .method, takes: .argument("f", .prox), .argument("x", .tensor), returns: number,
        errors: "As f(x, step).",
        example: """
            assert(prox.L1(2):value(tensor({3, -0.5})) == 7)
            assert(prox.L1(2):conjugate():value(tensor({3, 0})) == math.huge)
            """
    ) { function, x in
        guard GradMode.isEnabled, x.requiresGrad else { return .number(try function.value(x.value)) }
        return .object(try function.value(x))
    }

    private static let conjugate = Declaration(
        "prox:conjugate",
        """
        The conjugate f*(y), the largest <x, y> - f(x), as a function of the same kind. Its proximal map is Moreau's \
        x - step f(x / step, 1 / step); the conjugate of the conjugate is f.
        """,
        called: .method, takes: .argument("f", .prox), returns: .prox,
        source: "Moreau 1965; Bauschke and Combettes 2017, theorem 14.3.",
        example: """
            local dual = prox.L1(2):conjugate()          -- of the box from -2 to 2
            local y = dual(tensor({3, -0.5}), 0.1)
            assert(y[{1}] == 2 and y[{2}] == -0.5)
            """
    ) { function in function.conjugate() }

    private static let envelope = Declaration(
        "prox:envelope",
        """
        The smallest f(y) + |y - x|^2 / (2 step): a smooth function below f with the same minima, whose gradient is \
        (x - f(x, step)) / step. A number; where x requires a gradient, a tensor of no dimension.
        """,
        called: .method, takes: .argument("f", .prox), .argument("x", .tensor), .step, returns: number,
        errors: "As f(x, step).", source: "Bauschke and Combettes 2017, section 12.4.",
        example: """
            local f = prox.L1(1)                         -- its envelope is Huber's function
            assert(f:envelope(tensor({3})) == 2.5 and f:envelope(tensor({0.5})) == 0.125)
            local slope = autodiff.grad(function(x) return f:envelope(x) end)(tensor({3}))
            assert(slope[{1}] == 1)
            """
    ) { function, x, step in
        guard GradMode.isEnabled, x.requiresGrad else { return .number(try function.envelope(x.value, step: step)) }
        return .object(try function.envelope(x, step: step))
    }

    private static let number = Results<Value>.value(.either([.number, .object(Variable.type.name)]))

    private static let name = Declaration(
        "prox:name", "The name of the constructor.", called: .property, takes: .argument("f", .prox), returns: .string,
        example: "assert(prox.L1(1).name == \"L1\")"
    ) { function in function.name }

    private static let describe = Declaration(
        "prox:describe", "The call that makes it; tensors by their shapes.", called: .symbol("tostring(f)"),
        takes: .argument("f", .prox), returns: .string,
        example: "assert(tostring(prox.L1(2):conjugate()) == \"prox.L1(2):conjugate()\")"
    ) { function in function.description }
}
