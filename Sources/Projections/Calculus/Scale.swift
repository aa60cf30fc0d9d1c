import Autodiff
import Scripting
import Tensors

/// {s x : x in P} for a number s other than 0. Projection: s P(x / s). A multiple of an elementwise set is elementwise,
/// and exact, too.
public struct Scale: CataloguedSet, RoundSet {
    /// Its name in the module `projection`.
    public static let name = "Scale"
    private let inner: any ProjectableSet
    /// Script values that P keeps alive.
    public var heldValues: [Value] { inner.heldValues }
    private let scale: SetParameter
    private var factor: Double { scale.number }
    /// P's intervals times s, with their ends exchanged for a negative s; nil where P is not elementwise.
    public let elementwise: Intervals?
    /// How deeply sets are nested in it, itself included.
    public let depth: Int
    /// The constructor call as a script would write it.
    public let description: String

    /// - Parameter s: may be negative, which mirrors the set.
    /// - Throws: when s is 0, NaN or infinite.
    public init(_ set: any ProjectableSet, _ scale: Variable) throws {
        let operation = Scale.operation
        let s = try scale.value.item()
        guard s.isFinite, s != 0 else {
            throw ScriptError(operation, "s is \(format(s)); a finite number other than 0 expected")
        }
        inner = set
        depth = try nestedDepth(of: [set], for: operation)
        description = describe(Scale.name, [set.description, format(s)], "(", ")")
        let parameter = try SetParameter(scale, "s", for: operation, scalar: true)
        self.scale = parameter
        elementwise = try set.elementwise?.mapped(joined: parameter.requiresGrad, for: operation) { lo, hi in
            // The derivative of an infinite bound by s is 0.
            func scaled(_ bound: Variable) throws -> Variable {
                let values = try bound.value.toArray()
                let isFinite = values.map(\.isFinite)
                let product = try bound.kept(isFinite) * parameter.variable()
                return try product.kept(
                    isFinite, else: Variable(values.map { $0.isFinite ? 0 : $0 * s }, shape: bound.shape))
            }
            return s > 0 ? (try scaled(lo), try scaled(hi)) : (try scaled(hi), try scaled(lo))
        }
    }

    /// With a constant s.
    public init(_ set: any ProjectableSet, _ s: Double) throws { try self.init(set, Variable(Tensor(s, .float64))) }

    /// P's parameters, and s.
    public var parameters: [SetParameter] { inner.parameters + [scale] }
    /// P's size times |s|.
    public var size: Double { inner.size * factor.magnitude }
    /// Whether P is differentiable.
    public var isDifferentiable: Bool { inner.isDifferentiable }

    /// s P(x / s) in differentiable operations.
    public func formula(at x: Variable) throws -> Variable {
        if let elementwise { return try elementwise.formula(at: x, for: operation) }
        let factor = try scale.variable()
        return try inner.project(x.double() / factor).double() * factor
    }

    /// The derivative of P at x / s: the factors s and 1 / s cancel.
    public func slope(at x: Tensor) throws -> Slope {
        if let elementwise { return try elementwise.slope(at: x, for: operation) }
        return try inner.slope(at: mapped(x) { $0 / factor })
    }

    var round: (center: Variable, radius: Variable)? {
        get throws {
            guard let ball = try (inner as? any RoundSet)?.round else { return nil }
            let factor = try scale.variable()
            return (try ball.center * factor, try ball.radius * (self.factor < 0 ? -factor : factor))
        }
    }

    /// Whether P is convex.
    public var isConvex: Bool { inner.isConvex }
    /// The shape of P's points.
    public var preferredShape: [Int]? { inner.preferredShape }

    /// s P(x / s).
    public func project(_ x: Tensor) throws -> Tensor {
        if let elementwise { return try elementwise.project(x, for: operation) }
        let small = try mapped(x) { $0 / factor }
        return try mapped(inner.project(small)) { $0 * factor }.copy(x.dtype.computing)
    }

    /// P's violation at x / s, times |s|.
    public func violation(_ x: Tensor) throws -> Double {
        if let elementwise { return try elementwise.violation(x, for: operation) }
        return try inner.violation(mapped(x) { $0 / factor }) * factor.magnitude
    }

    /// f of every element, computed in float64.
    private func mapped(_ x: Tensor, _ f: (Double) -> Double) throws -> Tensor {
        try Tensor(x.toArray().map(f), shape: x.shape, .float64)
    }

    /// The constructor as scripts see it.
    public static let declaration = Declaration(
        "projection.Scale",
        "The set {s x : x in P}. The projection is s P(x / s).",
        takes: .argument("P", .projection), .argument("s", .scalar, "other than 0; a negative one mirrors the set"),
        returns: .projection,
        errors: "s is 0, NaN or infinite; what P refuses.",
        example: """
            local y = projection.Scale(projection.Simplex(), 3)(tensor({9, 0}))
            assert(math.abs(y[1]:item() - 3) < 1e-6 and y[2]:item() == 0)
            """
    ) { set, s in try Scale(set, s) }

    /// The set as a function of its numbers, for the derivatives by them.
    public static func families() throws -> [SetFamily] {
        [
            try SetFamily([0.7], [0.3, -0.2, 0.5], shape: [3]) { try Scale(Ball(center: $0[1], radius: $0[0]), $0[0]) },
            try SetFamily([-0.7], shape: [3]) { try Scale(Nonnegative(), $0[0]) },
            try SetFamily([-0.7], shape: [3]) { try Scale(Box(0.1, 0.4), $0[0]) },
        ]
    }

    /// Small instances for the law tests.
    public static func examples() throws -> [SetExample] {
        [
            SetExample(try Scale(Simplex(), -2), shape: [3]),
            SetExample(try Scale(Nonnegative(), -0.1), shape: [2]),
            SetExample(try Scale(Ball(center: Tensor([1, 1], shape: [2]), radius: 1), 3), shape: [2]),
        ]
    }
}
