import Autodiff
import Scripting
import Tensors

/// A set as scripts hold it: a userdata of type "projection".
public final class ProjectionObject: ScriptObject {
    public static let type = ObjectType("projection")

    public let set: any ProjectableSet
    public var heldValues: [Value] { self.set.heldValues }

    public init(_ set: any ProjectableSet) {
        self.set = set
    }

    public var scriptType: ObjectType { ProjectionObject.type }
}

extension ProjectionObject {
    /// The methods of a projection.
    static let face = TypeFace(
        type, "A set of tensors; called with a tensor, it returns the set's nearest point.",
        methods: [projectInPlace, contains, distance],
        properties: [name, convex],
        operators: [.call: call, .describe: describe])

    private static let call = NativeFunction(
        "projection:call",
        Documentation(
            "P(x) -> tensor",
            "The point of the set nearest to x in the Euclidean norm, as a new tensor of the shape and dtype of x. Gradients of every order flow to x and to the tensors that the set was made of; on an edge of the set x counts as inside, as for clamp. A set of a script's own says its derivative (projection.Set).",
            errors: "The shape of x does not fit the set, or x holds NaN (the index is named).",
            example: """
                local y = projection.Box(0, 1)(tensor({-1, 0.5, 2}))
                assert(y[1]:item() == 0 and y[2]:item() == 0.5 and y[3]:item() == 1)
                """),
        returning: { arguments in
            try arguments.atMost(2)
            return .object(try arguments.projection(1, "P").set.project(arguments.variable(2, "x")))
        })

    private static let projectInPlace = NativeFunction(
        "projection:project_",
        Documentation(
            "P:project_(x) -> x",
            "Overwrites x with its projection and returns it: the step of projected gradient descent. A leaf that requires a gradient is written unrecorded, as x.data is, so that opt:step() and P:project_(x) follow each other; of a value that was computed from one the projection is recorded, as P(x) is.",
            errors: "As P(x); x is then as it was. Also when x repeats one number for several elements (an expanded view).",
            example: """
                local x = tensor({-1, 0.5, 2})
                assert(projection.Box(0, 1):project_(x) == x)
                assert(x[1]:item() == 0 and x[3]:item() == 1)
                """),
        returning: { arguments in
            try arguments.atMost(2)
            let set = try arguments.projection(1, "P").set
            let point = try arguments.variable(2, "x")
            let carries = GradMode.isEnabled && set.parameters.contains(where: \.requiresGrad)
            if point.isLeaf ? carries && !point.requiresGrad : point.requiresGrad || carries {
                try point.update(arguments.function) { try set.project($0) }
            } else {
                try point.value.checkElementsApart(for: arguments.function)
                try point.value.write(set.project(point.value), for: arguments.function)
            }
            return arguments[2]
        })

    private static let contains = NativeFunction(
        "projection:contains",
        Documentation(
            "P:contains(x, tol = nil) -> boolean",
            "True when x fails none of the set's own conditions by more than tol. Default of tol: what rounding may leave, 1e-5 for float32 and 1e-9 for float64, times the largest magnitude in x or in the numbers that the set is made of; a given tol is absolute, 0 asks for exactness.",
            errors: "tol is negative or NaN, or the shape of x does not fit the set.",
            example: """
                local P = projection.Simplex()
                assert(P:contains(tensor({0.25, 0.75})) and not P:contains(tensor({0.5, 0.75})))
                assert(P:contains(tensor({0.5, 0.75}), 0.3))
                """),
        returning: { arguments in
            try arguments.atMost(3)
            let set = try arguments.projection(1, "P").set
            let point = try arguments.tensor(2, "x")
            guard !arguments.isNil(3) else { return .boolean(try set.contains(point, tolerance: nil)) }
            let tolerance = try arguments.number(3, "tol")
            guard tolerance >= 0 else { throw arguments.error(3, "tol", expected: "a number from 0") }
            return .boolean(try set.contains(point, tolerance: tolerance))
        })

    private static let distance = NativeFunction(
        "projection:distance",
        Documentation(
            "P:distance(x) -> number or tensor of no dimension",
            "The Euclidean norm of x minus its projection: 0 on the set. A number; where x, or a tensor that the set was made of, requires a gradient, a tensor of no dimension that gradients flow through: (x - P(x)) / distance for a convex set, 0 on the set.",
            errors: "As P(x).",
            example: """
                assert(projection.Box(0, 1):distance(tensor({4, 0.5, -4})) == 5)
                local slope = autodiff.grad(function(x) return projection.Ball(1):distance(x) end, tensor({3, 4}))
                assert(math.abs(slope[{2}] - 0.8) < 1e-6)
                """),
        returning: { arguments in
            try arguments.atMost(2)
            let (set, x) = (try arguments.projection(1, "P").set, try arguments.variable(2, "x"))
            guard GradMode.isEnabled, x.requiresGrad || set.parameters.contains(where: \.requiresGrad) else {
                return .number(try set.distance(x.value))
            }
            return .object(try set.distance(x))
        })

    private static let name = NativeFunction(
        "projection:name",
        Documentation(
            "P.name -> string", "The name of the set's constructor, or the name that projection.Set was given.",
            example: "assert(projection.Box(0, 1).name == \"Box\")"),
        returning: { .string(try $0.projection(1, "P").set.name) })

    private static let convex = NativeFunction(
        "projection:convex",
        Documentation(
            "P.convex -> boolean", "False for sets with points that have several nearest points.",
            example: "assert(projection.Box(0, 1).convex and not projection.Sphere(1).convex)"),
        returning: { .boolean(try $0.projection(1, "P").set.isConvex) })

    private static let describe = NativeFunction(
        "projection:describe",
        Documentation(
            "tostring(P) -> string", "The call that makes the set; tensors by their shapes.",
            example: "assert(tostring(projection.Box(0, 1)) == \"projection.Box(0, 1)\")"),
        returning: { .string(try $0.projection(1, "P").set.description) })
}
