import Autodiff
import Scripting
import Tensors

/// {x + t : x in P}. Projection: t + P(x - t). A translate of an elementwise set is elementwise, and exact, too.
public struct Translate: CataloguedSet, RoundSet {
    /// Its name in the module `projection`.
    public static let name = "Translate"
    private let inner: any ProjectableSet
    /// Script values that P keeps alive.
    public var heldValues: [Value] { inner.heldValues }
    private let shift: SetParameter
    /// P's intervals moved by t; nil where P is not elementwise.
    public let elementwise: Intervals?
    /// How deeply sets are nested in it, itself included.
    public let depth: Int
    /// The constructor call as a script would write it.
    public let description: String

    /// - Parameter t: a number or a tensor that broadcasts over x.
    /// - Throws: when t is not finite.
    public init(_ set: any ProjectableSet, _ t: Variable) throws {
        let operation = Translate.operation
        inner = set
        depth = try nestedDepth(of: [set], for: operation)
        let shift = try SetParameter(t, "t", for: operation)
        self.shift = shift
        description = describe(Translate.name, [set.description, shift.description], "(", ")")
        elementwise = try set.elementwise.map { intervals in
            // Throws where the shapes do not fit.
            _ = try Shape.broadcast(intervals.shape, shift.shape, for: operation)
            return try intervals.mapped(joined: shift.requiresGrad, for: operation) { lo, hi in
                (try lo + shift.variable(), try hi + shift.variable())
            }
        }
    }

    /// With a constant t.
    public init(_ set: any ProjectableSet, _ t: Tensor) throws { try self.init(set, Variable(t)) }

    /// P's parameters, and t.
    public var parameters: [SetParameter] { inner.parameters + [shift] }
    /// The sum of P's and t's sizes.
    public var size: Double { inner.size + shift.size }
    /// Whether P is differentiable.
    public var isDifferentiable: Bool { inner.isDifferentiable }

    /// t + P(x - t) in differentiable operations.
    public func formula(at x: Variable) throws -> Variable {
        if let elementwise { return try elementwise.formula(at: x, for: operation) }
        let shift = try shift.variable(for: x.shape)
        return try inner.project(x.double() - shift).double() + shift
    }

    /// The derivative of P at x - t.
    public func slope(at x: Tensor) throws -> Slope {
        if let elementwise { return try elementwise.slope(at: x, for: operation) }
        return try inner.slope(at: plus(x, sign: -1))
    }

    var round: (center: Variable, radius: Variable)? {
        get throws {
            guard let ball = try (inner as? any RoundSet)?.round else { return nil }
            return (try ball.center + shift.variable(), ball.radius)
        }
    }

    /// Whether P is convex.
    public var isConvex: Bool { inner.isConvex }
    /// The shape of P's points, or else of t.
    public var preferredShape: [Int]? { inner.preferredShape ?? (shift.shape.isEmpty ? nil : shift.shape) }

    /// t + P(x - t).
    public func project(_ x: Tensor) throws -> Tensor {
        if let elementwise { return try elementwise.project(x, for: operation) }
        let moved = try plus(x, sign: -1)
        return try plus(inner.project(moved), sign: 1).copy(x.dtype.computing)
    }

    /// P's violation at x - t.
    public func violation(_ x: Tensor) throws -> Double {
        if let elementwise { return try elementwise.violation(x, for: operation) }
        return try inner.violation(plus(x, sign: -1))
    }

    /// x + sign t, computed in float64.
    private func plus(_ x: Tensor, sign: Double) throws -> Tensor {
        guard let t = try? shift.double.expand(x.shape) else {
            throw ScriptError(
                operation, "t \(Shape.describe(shift.shape)) does not broadcast to x \(Shape.describe(x.shape))")
        }
        return try Tensor(zip(try x.toArray(), try t.toArray()).map { $0 + sign * $1 }, shape: x.shape, .float64)
    }

    /// The constructor as scripts see it.
    public static let declaration = Declaration(
        "projection.Translate",
        "The set {x + t : x in P}. The projection is t + P(x - t).",
        takes: .argument("P", .projection), .argument("t", .entries, "broadcasts over x"), returns: .projection,
        errors: "t is not finite or does not broadcast to x; what P refuses.",
        example: """
            local y = projection.Translate(projection.Ball(1), {2, 0})(tensor({5, 0}))
            assert(math.abs(y[1]:item() - 3) < 1e-6)
            """
    ) { set, t in try Translate(set, t) }

    /// The set as a function of its numbers, for the derivatives by them.
    public static func families() throws -> [SetFamily] {
        [
            try SetFamily([0.3, -0.2, 0.5], shape: [3]) { try Translate(Simplex(), $0[0]) },
            try SetFamily([0.3, -0.2, 0.5], [0.7], shape: [3]) {
                try Translate(Box($0[1], Variable(Tensor(1.1, .float64))), $0[0])
            },
        ]
    }

    /// Small instances for the law tests.
    public static func examples() throws -> [SetExample] {
        [
            SetExample(try Translate(Simplex(), Tensor([1, -2, 3], shape: [3])), shape: [3]),
            SetExample(try Translate(Box(0, 1), Tensor([0.1, 5], shape: [2])), shape: [2]),
            SetExample(try Translate(Sparse(1), Tensor(2)), shape: [3]),
        ]
    }
}
