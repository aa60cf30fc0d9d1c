import Autodiff
import Scripting
import Tensors

/// A nonempty closed set of tensors of one shape, and the nearest of its points to a given one.
///
/// Most sets here are convex: every point has exactly one nearest point, and projecting brings no two points further
/// apart. ``Sphere`` and ``Sparse`` are **not** convex (``isConvex`` is false): some points have several nearest
/// points, of which `project` picks one by a documented rule, and small steps of x may move the result far.
///
/// Sets are values: parameters are copied when the set is made, so later writes to them change nothing.
///
///     let box = try Box(0, 1)
///     let y = try box.project(Tensor([-1, 0.5, 2], shape: [3]))   // 0, 0.5, 1
public protocol ProjectableSet: CustomStringConvertible, HoldsScriptValues {
    /// The name under which scripts know it: `Box`.
    var name: String { get }
    var isConvex: Bool { get }
    /// The set as one interval per element, when it is that: such sets are projected onto exactly, and intersect
    /// exactly.
    var elementwise: Intervals? { get }
    /// A shape that points of the set may have, when the parameters single one out.
    var preferredShape: [Int]? { get }

    /// How deeply sets are nested in it; 1 when it holds none.
    var depth: Int { get }

    /// The point of the set nearest to `x` in the Euclidean norm, as a fresh tensor of the shape and dtype of `x`
    /// (float16 is computed and returned as float32).
    /// - Throws: ``ScriptError`` when the shape does not fit, or `x` holds NaN (elementwise sets take infinities, the
    ///   others do not).
    func project(_ x: Tensor) throws -> Tensor
    /// By how much `x` fails the set's own inequalities and equations: the largest single failure, 0 on the set.
    /// Computed from the definition, never by projecting, so that it can judge the projection.
    func violation(_ x: Tensor) throws -> Double
    /// True when ``violation(_:)`` is at most `tolerance`; nil stands for ``defaultTolerance(_:)``.
    func contains(_ x: Tensor, tolerance: Double?) throws -> Bool
    /// The Euclidean norm of `x` minus its projection.
    func distance(_ x: Tensor) throws -> Double

    /// The numbers and tensors that define the set, those of inner sets included.
    var parameters: [SetParameter] { get }
    /// The size of the set's own numbers: violations are measured relative to it and to the size of the point. 0 for a
    /// set that looks the same at every scale, such as a cone.
    var size: Double { get }
    /// The projection near `x` written in differentiable operations on x and the parameters, so that derivatives of
    /// every order follow, in float64 or in x's dtype. Which side of an edge x lies on is read from its value; on the
    /// edge itself it counts as in the set, as for `clamp`. The numbers agree with ``project(_:)`` to rounding.
    /// - Throws: when the set gives no derivative.
    func formula(at x: Variable) throws -> Variable
    /// The derivative at `x`, see ``slopeOfFormula(at:)``.
    func slope(at x: Tensor) throws -> Slope
    /// Whether ``formula(at:)`` exists.
    var isDifferentiable: Bool { get }
}

extension ProjectableSet {
    public var isConvex: Bool { true }
    public var elementwise: Intervals? { nil }
    public var preferredShape: [Int]? { nil }
    public var depth: Int { 1 }
    public var parameters: [SetParameter] { [] }
    public var size: Double { parameters.reduce(0) { max($0, $1.size) } }
    public var isDifferentiable: Bool { true }
    public func slope(at x: Tensor) throws -> Slope { try slopeOfFormula(at: x) }

    /// The operation's name in messages: `projection.Box`.
    var operation: String { "projection.\(name)" }

    public func contains(_ x: Tensor, tolerance: Double? = nil) throws -> Bool {
        let violation = try violation(x)
        if let tolerance { return violation <= tolerance }
        return violation <= (try defaultTolerance(x, size: size))
    }

    public func distance(_ x: Tensor) throws -> Double {
        let (a, b) = (try x.toArray(), try project(x).toArray())
        // Equal infinities have distance 0, not NaN.
        return norm(zip(a, b).map { $0 == $1 ? 0 : $0 - $1 })
    }
}

/// The tolerance of a membership test that gives none: 1e-5 for float32 and 1e-9 for float64, times the largest
/// magnitude in `x` or the set's own ``ProjectableSet/size``, whichever is larger.
public func defaultTolerance(_ x: Tensor, size: Double) throws -> Double {
    let largest = try x.toArray().reduce(size) { $1.isFinite ? max($0, $1.magnitude) : $0 }
    return (x.dtype == .float64 ? 1e-9 : 1e-5) * largest
}

/// A set in the catalogue: ``declaration`` is what scripts see, ``examples()`` are what the law tests run on.
public protocol CataloguedSet: ProjectableSet {
    /// The constructor's short name, `Box`.
    static var name: String { get }
    /// The constructor as scripts see it: `projection.Box(lo, hi)`.
    static var declaration: Declaration { get }
    /// Small instances on which the law tests run.
    static func examples() throws -> [SetExample]
    /// The set as a function of the tensors that it is made of, for the derivatives by them.
    static func families() throws -> [SetFamily]
}

extension CataloguedSet {
    public static func families() throws -> [SetFamily] { [] }
    public var name: String { Self.name }
    static var operation: String { "projection.\(name)" }
}

/// A set, the shape of points for the law tests, and the relative precision that its algorithm promises in float64.
public struct SetExample {
    /// What the law tests project onto.
    public let set: any ProjectableSet
    /// That of the points that are projected.
    public let shape: [Int]
    /// What the law tests allow, relative to the sizes of the numbers.
    public let precision: Double

    /// By default 1e-11, for closed formulas.
    public init(_ set: any ProjectableSet, shape: [Int], precision: Double = 1e-11) {
        self.set = set
        self.shape = shape
        self.precision = precision
    }
}

/// A set as a function of its tensors, and the shape of points for the law tests.
public struct SetFamily {
    /// Those that the set is made of; derivatives by each are tested.
    public let tensors: [Tensor]
    /// That of the points that are projected.
    public let shape: [Int]
    /// The set of these tensors, in their order.
    public let make: ([Variable]) throws -> any ProjectableSet

    /// Near `tensors` the set must exist and its projection be differentiable.
    public init(_ tensors: [Tensor], shape: [Int], make: @escaping ([Variable]) throws -> any ProjectableSet) {
        self.tensors = tensors
        self.shape = shape
        self.make = make
    }

    /// A family with parameters in float64: each one number, or a vector.
    init(_ numbers: [Double]..., shape: [Int], make: @escaping ([Variable]) throws -> any ProjectableSet) throws {
        let tensors = try numbers.map { try Tensor($0, shape: $0.count == 1 ? [] : [$0.count], .float64) }
        self.init(tensors, shape: shape, make: make)
    }
}
