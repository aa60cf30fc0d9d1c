import Autodiff
import Scripting
import Tensors

/// A set that a script defines by its projection: `projection.Set{name = ..., project = function(x) ... end}`, or
/// `projection.Diamond(2)` when a plugin registered Diamond.
///
/// The functions get a copy of x, so that they may write to it, and must return a tensor of its shape (a boolean for
/// `contains`, a number for `distance`). That the projection is one is not checked here: use `projection.verify`.
public struct ScriptSet: ProjectableSet {
    public private(set) var name: String
    public let isConvex: Bool
    public let preferredShape: [Int]?
    public private(set) var description: String
    private let projectFunction: any ScriptFunction
    private let containsFunction: (any ScriptFunction)?
    private let distanceFunction: (any ScriptFunction)?
    private let derivative: Derivative

    /// The functions, which belong to the object that scripts hold.
    public var heldValues: [Value] {
        var functions = [projectFunction, containsFunction, distanceFunction]
        if case .function(let function) = derivative { functions.append(function) }
        return functions.compactMap { $0.map { .function($0) } }
    }

    /// How a script's set is differentiated.
    enum Derivative {
        case none
        /// `project` is made of operations that gradients flow through.
        case recorded
        /// `derivative(x, v)`: the Jacobian at x times v; for a set that is not convex, its transpose.
        case function(any ScriptFunction)
    }

    init(
        name: String, description: String? = nil, isConvex: Bool, shape: [Int]?, project: any ScriptFunction,
        contains: (any ScriptFunction)?, distance: (any ScriptFunction)? = nil, derivative: Derivative = .none
    ) {
        self.name = name
        self.description = description ?? "projection.Set{name = \"\(name)\"}"
        self.isConvex = isConvex
        preferredShape = shape
        projectFunction = project
        containsFunction = contains
        distanceFunction = distance
        self.derivative = derivative
    }

    /// Unknown; 1 is a guess.
    public var size: Double { 1 }

    public var isDifferentiable: Bool {
        if case .none = derivative { false } else { true }
    }

    public func formula(at x: Variable) throws -> Variable {
        switch derivative {
        case .recorded:
            // A copy: the script may write over it.
            return try checked(projectFunction.call([.object(x.clone())]), "project", shape: x.shape)
        case .function(let function):
            // Only the rule of this record is used; its value does not matter.
            return try .recorded(operation, [x], x.value) { call in
                let direction = call.cotangent
                let results = try function.call([.object(call.inputs[0].clone()), .object(direction.clone())])
                return [try checked(results, "derivative", shape: x.shape)]
            }
        case .none:
            let operation = operation
            return try .recorded(operation, [x], x.value, keeps: .nothing) { _ in
                throw ScriptError(
                    operation,
                    "it was given no derivative, so no gradient flows through it: give projection.Set or what is "
                        + "registered derivative = function(x, v) ... end, the Jacobian at x times v, or "
                        + "derivative = true when project is made of operations that gradients flow through")
            }
        }
    }

    public func slope(at x: Tensor) throws -> Slope {
        guard case .function(let function) = derivative else { return try slopeOfFormula(at: x) }
        return { v in
            let direction = try Tensor(v, shape: x.shape, .float64)
            let results = try function.call([.tensor(x.copy(.float64)), .tensor(direction)])
            return try checked(results, "derivative", shape: x.shape).value.toArray()
        }
    }

    /// The tensor that a script's function returned; throws unless it is one of the shape.
    private func checked(_ results: [Value], _ name: String, shape: [Int]) throws -> Variable {
        guard case .object(let object)? = results.first, let result = object as? Variable else {
            throw ScriptError(operation, "\(name) returned \((results.first ?? .none).shown), a tensor expected")
        }
        guard result.shape == shape else {
            throw ScriptError(
                operation,
                "\(name) returned \(Shape.describe(result.shape)) for x \(Shape.describe(shape)): the same shape "
                    + "expected"
            )
        }
        return result
    }

    public func project(_ x: Tensor) throws -> Tensor {
        let wanted = x.dtype.computing
        let results = try projectFunction.call([.tensor(x.copy(wanted))])
        let result = try checked(results, "project", shape: x.shape)
        guard result.dtype == wanted else {
            throw ScriptError(
                operation,
                "project returned \(result.dtype.rawValue) for x of \(wanted.rawValue): the same dtype expected")
        }
        // A copy: the script may keep what it returned and write to it.
        let value = try result.value.copy(wanted)
        let numbers = try value.toArray()
        // Infinities are allowed where x has some; a finite x has a finite nearest point.
        let mayBeInfinite = try !x.isFinite()
        if let bad = numbers.firstIndex(where: { $0.isNaN || ($0.isInfinite && !mayBeInfinite) }) {
            throw ScriptError(operation, "project returned \(format(numbers[bad]))\(place(bad, in: x.shape))")
        }
        return value
    }

    /// The distance, as a script gives no inequalities and equations to measure.
    public func violation(_ x: Tensor) throws -> Double { try distance(x) }

    public func distance(_ x: Tensor) throws -> Double {
        guard let distanceFunction else { return try movement(x) }
        let result = try distanceFunction.call([.tensor(x.copy(x.dtype.computing))]).first ?? .none
        guard let number = result.asNumber ?? result.asSingleElement, number >= 0 else {
            throw ScriptError(operation, "distance returned \(result.shown), a number from 0 expected")
        }
        return number
    }

    /// The distance between x and its projection.
    private func movement(_ x: Tensor) throws -> Double {
        let (a, b) = (try x.toArray(), try project(x).toArray())
        return norm(zip(a, b).map { $0 == $1 ? 0 : $0 - $1 })
    }

    public func contains(_ x: Tensor, tolerance: Double?) throws -> Bool {
        let tolerance = try tolerance ?? defaultTolerance(x, size: size)
        guard let containsFunction else { return try distance(x) <= tolerance }
        let results = try containsFunction.call([.tensor(x.copy(x.dtype.computing)), .number(tolerance)])
        guard case .boolean(let flag)? = results.first else {
            throw ScriptError(operation, "contains returned \((results.first ?? .none).shown), true or false expected")
        }
        return flag
    }

    /// The table that defines a set, as a parameter.
    private static let definition = Parameter<ScriptSet>.joined(
        .option("name", .text, default: "Set"),
        .option("project", .function, "project(x) returns the nearest point, a tensor of the shape and dtype of x"),
        .option(
            "contains", .optional(.function),
            """
            contains(x, tol) tells whether x is in the set to within tol; left out, whether the distance is at most tol
            """),
        .option(
            "distance", .optional(.function),
            "distance(x) returns the distance to the set; left out, how far project moves x"),
        .option(
            "derivative", .derivative, default: .none,
            """
            derivative(x, v) returns the Jacobian of the projection at x times v, for gradients through it (of second \
            order where it is made of operations that can be differentiated); true says that project is made of such \
            operations itself; without it, a gradient is an error
            """),
        .option("convex", .flag, default: true),
        .option("shape", .optional(.shape), "what projection.verify tries it on")
    ) { name, project, contains, distance, derivative, convex, shape in
        ScriptSet(
            name: name, isConvex: convex, shape: shape, project: project, contains: contains, distance: distance,
            derivative: derivative)
    }

    static let declaration = Declaration(
        "projection.Set",
        """
        A set of your own. All functions get a copy of x. convex = false is for sets with several nearest points. \
        Check it with projection.verify. To give it a name that any script can use, register it: \
        host.register{projections = {Diamond = function(r) return {project = ...} end}} makes projection.Diamond(2).
        """,
        by: .table, takes: definition, returns: .projection,
        errors: "project returns anything but a finite tensor of the shape and dtype of x.",
        example: """
            local half = projection.Set{
              name = "half", project = function(x) return x:clamp(0.5, math.huge) end,
              contains = function(x, tol) return x:min():item() >= 0.5 - tol end,
            }
            assert(half(tensor({0, 2}))[1]:item() == 0.5)
            local upper = projection.Set{
              project = function(x) return x:clamp(0, math.huge) end,
              derivative = function(x, v) return v * x:ge(0) end,
            }
            assert(autodiff.grad(function(x) return upper(x):sum() end, tensor({-1, 2}))[{2}] == 1)
            assert(projection.verify(half))
            local wrong = projection.Set{project = function(x) return x * 0.5 end}
            assert(not pcall(projection.verify, wrong))
            """,
        see: ["projection.verify", "host.register"]
    ) { set in set }

    /// `projection.Diamond(2)`: calls what was registered as Diamond with 2 and makes a set of the table it returns.
    static let registered = ScriptedConstructors(RegistryKind("projections", constructorsOf: "projection")) { name in
        NativeFunction(
            Declaration(
                "projection.\(name)", "", takes: .argument("constructor", .function), .rest("", .anything),
                returns: .value(.object(ProjectionObject.type.name))
            ) { constructor, given in
                let result = try constructor.call(given).first ?? .none
                // The function returned an existing kind of set.
                if case .object(_ as ProjectionObject) = result { return result }
                guard var set = try Domain<ScriptSet>.table(definition, make: { $0 }).read(result) else {
                    throw Fault("the registered function returned \(result.shown); a table {project = f, ...} expected")
                }
                // Its name is the registered one, whatever name the table gives.
                (set.name, set.description) = (name, "projection.\(name)(\(given.written))")
                return .object(ProjectionObject(set))
            })
    }
}

extension Domain<ScriptSet.Derivative> {
    fileprivate static var derivative: Domain {
        Domain(
            .either([.function, .boolean]), expected: "a function of x and v, or true", show: { _ in "false" }
        ) { value in
            switch value {
            case .boolean(let isRecorded): isRecorded ? .recorded : ScriptSet.Derivative.none
            case .function(let function): .function(function)
            default: nil
            }
        }
    }
}

extension Value {
    /// The number in a tensor of one element.
    fileprivate var asSingleElement: Double? {
        guard case .object(let object as Variable) = self, object.value.count == 1 else { return nil }
        return try? object.value.item()
    }

}
