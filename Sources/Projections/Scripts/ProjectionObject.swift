import Autodiff
import Scripting
import Tensors

/// A set as a script object, a userdata of type "projection".
public final class ProjectionObject: ScriptObject {
    /// What scripts see as its type: `projection`.
    public static let type = ObjectType("projection")

    /// What the methods compute with.
    public let set: any ProjectableSet
    public var heldValues: [Value] { self.set.heldValues }

    /// The set is immutable, so that objects may share it.
    public init(_ set: any ProjectableSet) {
        self.set = set
    }

    public var scriptType: ObjectType { ProjectionObject.type }
}

extension ProjectionObject {
    /// The methods of a projection.
    static let binding = TypeBinding(
        type, "A set of tensors; called with a tensor, it returns the set's nearest point.",
        methods: [projectInPlace, contains, distance].map { NativeFunction($0) },
        properties: [name, convex].map { NativeFunction($0) },
        operators: [.call: NativeFunction(call), .describe: NativeFunction(describe)])

    private static let call = Declaration(
        "projection:call",
        """
        The point of the set nearest to x in the Euclidean norm, as a new tensor of the shape and dtype of x. It can \
        be differentiated any number of times by x and by the tensors that the set was made of; on an edge of the set \
        x counts as inside, as for clamp. A set of a script's own says its derivative (projection.Set).
        """,
        called: .symbol("P(x)"), takes: .argument("P", .projection), .argument("x", .tensor), returns: .tensor,
        errors: "The shape of x does not fit the set, or x holds NaN (the index is named).",
        example: """
            local y = projection.Box(0, 1)(tensor({-1, 0.5, 2}))
            assert(y[1]:item() == 0 and y[2]:item() == 0.5 and y[3]:item() == 1)
            """
    ) { set, x in try set.project(x) }

    private static let projectInPlace = Declaration(
        "projection:project_",
        """
        Overwrites x with its projection and returns it: the step of projected gradient descent. A leaf that requires \
        a gradient is written unrecorded, as x.data is, so that opt:step() and P:project_(x) follow each other; of a \
        value that was computed from one the projection is recorded, as P(x) is.
        """,
        called: .method, takes: .argument("P", .projection), .argument("x", .tensor), .operation,
        returns: Results(.object(Variable.type.name), "x") { .object($0) },
        errors: """
            As P(x); x is then as it was. Also when x repeats one number for several elements (an expanded view), or \
            is an int64 or bool tensor.
            """,
        example: """
            local x = tensor({-1, 0.5, 2})
            assert(projection.Box(0, 1):project_(x) == x)
            assert(x[1]:item() == 0 and x[3]:item() == 1)
            """
    ) { set, x, operation in
        let carries = GradMode.isEnabled && set.parameters.contains(where: \.requiresGrad)
        if x.isLeaf ? carries && !x.requiresGrad : x.requiresGrad || carries {
            try x.update(operation) { try set.project($0) }
        } else {
            try x.value.checkElementsApart(for: operation)
            let nearest = try set.project(x.value)
            try x.checkAccepts(nearest.dtype, for: operation)
            try x.value.write(nearest, for: operation)
        }
        return x
    }

    private static let contains = Declaration(
        "projection:contains",
        "True when x fails none of the set's own conditions by more than tol.",
        called: .method, takes: .argument("P", .projection), .argument("x", .plainTensor),
        .argument(
            "tol", .optional(.number(from: 0)),
            """
            absolute, 0 asks for exactness; left out, what rounding may leave: 1e-5 for float32 and 1e-9 for float64, \
            times the largest magnitude in x or in the numbers that the set is made of
            """),
        returns: .flag,
        errors: "The shape of x does not fit the set.",
        example: """
            local P = projection.Simplex()
            assert(P:contains(tensor({0.25, 0.75})) and not P:contains(tensor({0.5, 0.75})))
            assert(P:contains(tensor({0.5, 0.75}), 0.3))
            """
    ) { set, x, tolerance in try set.contains(x, tolerance: tolerance) }

    private static let distance = Declaration(
        "projection:distance",
        """
        The Euclidean norm of x minus its projection: 0 on the set. A number; where x, or a tensor that the set was \
        made of, requires a gradient, a tensor of no dimension that can be differentiated: by x its gradient is (x - \
        P(x)) / distance for a convex set, 0 on the set.
        """,
        called: .method, takes: .argument("P", .projection), .argument("x", .tensor),
        returns: .value(.either([.number, .object(Variable.type.name)])),
        errors: "As P(x).",
        example: """
            assert(projection.Box(0, 1):distance(tensor({4, 0.5, -4})) == 5)
            local slope = autodiff.grad(function(x) return projection.Ball(1):distance(x) end, tensor({3, 4}))
            assert(math.abs(slope[{2}] - 0.8) < 1e-6)
            """
    ) { set, x in
        guard GradMode.isEnabled, x.requiresGrad || set.parameters.contains(where: \.requiresGrad) else {
            return .number(try set.distance(x.value))
        }
        return .object(try set.distance(x))
    }

    private static let name = Declaration(
        "projection:name", "The name of the set's constructor, or the name that projection.Set was given.",
        called: .property, takes: .argument("P", .projection), returns: .string,
        example: "assert(projection.Box(0, 1).name == \"Box\")"
    ) { set in set.name }

    private static let convex = Declaration(
        "projection:convex", "False for sets with points that have several nearest points.",
        called: .property, takes: .argument("P", .projection), returns: .flag,
        example: "assert(projection.Box(0, 1).convex and not projection.Sphere(1).convex)"
    ) { set in set.isConvex }

    private static let describe = Declaration(
        "projection:describe", "The call that makes the set; tensors by their shapes.",
        called: .symbol("tostring(P)"), takes: .argument("P", .projection), returns: .string,
        example: "assert(tostring(projection.Box(0, 1)) == \"projection.Box(0, 1)\")"
    ) { set in set.description }
}
