import Scripting
import Tensors

/// A set that a script defines by its projection: `projection.Set{name = ..., project = function(x) ... end}`.
///
/// The functions get a copy of x, so that they may work in place, and must return a tensor of its shape (or a boolean,
/// for `contains`). Whether the projection is one is the script's to prove: `projection.verify`.
public struct ScriptSet: ProjectableSet {
    public let name: String
    public let isConvex: Bool
    public let preferredShape: [Int]?
    private let projectFunction: any ScriptFunction
    private let containsFunction: (any ScriptFunction)?

    init(
        name: String, isConvex: Bool, shape: [Int]?, project: any ScriptFunction, contains: (any ScriptFunction)?
    ) {
        self.name = name
        self.isConvex = isConvex
        preferredShape = shape
        projectFunction = project
        containsFunction = contains
    }

    public func project(_ x: Tensor) throws -> Tensor {
        let results = try projectFunction.call([.tensor(x.copy(x.dtype.computing))])
        guard case .object(let object)? = results.first, let result = object as? Variable else {
            throw ScriptError(operation, "project returned \((results.first ?? .none).shown), a tensor expected")
        }
        guard result.shape == x.shape else {
            throw ScriptError(
                operation, "project returned \(Shape.describe(result.shape)) for x \(Shape.describe(x.shape)): the same shape expected")
        }
        // A copy: the script may keep what it returned and write to it.
        let value = try result.value.copy(x.dtype.computing)
        if let bad = try value.toArray().firstIndex(where: \.isNaN) {
            throw ScriptError(operation, "project returned nan\(place(bad, in: x.shape))")
        }
        return value
    }

    /// The distance: a script gives no conditions to measure.
    public func violation(_ x: Tensor) throws -> Double { try distance(x) }

    public func contains(_ x: Tensor, tolerance: Double?) throws -> Bool {
        let tolerance = try tolerance ?? defaultTolerance(x)
        guard let containsFunction else { return try distance(x) <= tolerance }
        let results = try containsFunction.call([.tensor(x.copy(x.dtype.computing)), .number(tolerance)])
        guard case .boolean(let flag)? = results.first else {
            throw ScriptError(operation, "contains returned \((results.first ?? .none).shown), true or false expected")
        }
        return flag
    }

    public var description: String { "projection.Set{name = \"\(name)\"}" }

    static let constructor = NativeFunction(
        "projection.Set",
        Documentation(
            "projection.Set{name = \"Set\", project = f, contains = g, convex = true, shape = {...}} -> projection",
            "A set of your own. project(x) returns the nearest point, a tensor of the shape of x; contains(x, tol) tells whether x is in the set to within tol (left out: whether project moves x by at most tol). Both get a copy of x. convex = false for sets with several nearest points; shape is what projection.verify tries it on. Check it with projection.verify.",
            errors: "project is missing or returns anything but a tensor of the shape of x without NaN; an unknown option.",
            example: """
                local half = projection.Set{
                  name = "half", project = function(x) return x:clamp(0.5, math.huge) end,
                  contains = function(x, tol) return x:min():item() >= 0.5 - tol end,
                }
                assert(half(tensor({0, 2}))[1]:item() == 0.5)
                assert(projection.verify(half))
                local wrong = projection.Set{project = function(x) return x * 0.5 end}
                assert(not pcall(projection.verify, wrong))
                """),
        returning: { arguments in
            try arguments.atMost(1)
            let options = try Options(
                function: arguments.function, table: arguments.table(1, "options"),
                known: ["name", "project", "contains", "convex", "shape"])
            guard let project = try options.function("project") else {
                throw arguments.error("option project: a function expected, got nothing")
            }
            return .object(
                ProjectionObject(
                    ScriptSet(
                        name: try options.string("name", default: "Set"),
                        isConvex: try options.boolean("convex", default: true), shape: try options.shape("shape"),
                        project: project, contains: try options.function("contains"))))
        })
}

extension Options {
    /// A shape: a table of whole numbers from 0, or nil when absent.
    func shape(_ name: String) throws -> [Int]? {
        guard has(name) else { return nil }
        guard case .table(let table) = self[name] else { throw error(name, expected: "a shape such as {2, 3}") }
        let shape = try table.elements().map { value in
            guard let extent = value.asInteger, extent >= 0 else { throw error(name, expected: "a shape such as {2, 3}") }
            return extent
        }
        _ = try Shape.count(shape, for: function)
        return shape
    }
}
