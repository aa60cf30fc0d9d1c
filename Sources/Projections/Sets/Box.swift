import Autodiff
import Scripting
import Tensors

/// {x : lo <= x <= hi}, element by element.
///
/// Bounds are numbers or tensors; they broadcast against each other and over x. Equal bounds fix an element, infinite
/// ones leave a side open. Projection clamps: min(max(x, lo), hi), exact in the dtype of x.
///
/// The problem sheet, problem 2: C = {x : x1 = a, 0 <= x2 <= 1} is `Box({a, 0}, {a, 1})`.
public struct Box: CataloguedSet, ElementwiseSet {
    public static let name = "Box"
    let intervals: Intervals
    private let lo, hi: SetParameter

    /// - Throws: when a bound is NaN, lo > hi somewhere (the index is named), or the bounds do not broadcast.
    public init(_ lo: Variable, _ hi: Variable) throws {
        let low = try SetParameter(lo, "lo", for: Box.operation, infinite: true)
        let high = try SetParameter(hi, "hi", for: Box.operation, infinite: true)
        (self.lo, self.hi) = (low, high)
        intervals = try Intervals(
            lo: lo.value, hi: hi.value, for: Box.operation,
            recorded: low.requiresGrad || high.requiresGrad ? { (try low.variable(), try high.variable()) } : nil)
    }

    /// Bounds that broadcast with the points, as constants; throws unless lo <= hi.
    public init(_ lo: Tensor, _ hi: Tensor) throws { try self.init(Variable(lo), Variable(hi)) }

    /// One interval for all numbers; throws unless lo <= hi.
    public init(_ lo: Double, _ hi: Double) throws {
        try self.init(Tensor(lo, .float64), Tensor(hi, .float64))
    }

    public var parameters: [SetParameter] { [lo, hi] }
    public var description: String { "projection.Box(\(lo), \(hi))" }

    public static let declaration = Declaration(
        "projection.Box",
        """
        The set {x : lo <= x <= hi}, element by element. The bounds broadcast over x: bounds of shape (2) serve x of \
        shape (2) or (B, 2). Equal bounds fix an element. The projection is min(max(x, lo), hi), exact in the dtype of \
        x.
        """,
        takes: .argument("lo", .entries, "-math.huge leaves the side open"),
        .argument("hi", .entries, "math.huge leaves the side open"), returns: .projection,
        errors: "A bound is NaN, lo > hi (the index is named), or the bounds do not broadcast to x.",
        source: "The problem sheet, problem 2: {x : x1 = a, 0 <= x2 <= 1} is Box({a, 0}, {a, 1}).",
        example: """
            local C = projection.Box({3, 0}, {3, 1})
            local y = C(tensor({-1, 1.5}))
            assert(y[1]:item() == 3 and y[2]:item() == 1)
            assert(not pcall(projection.Box, 1, 0))
            """
    ) { lo, hi in try Box(lo, hi) }

    public static func families() throws -> [SetFamily] {
        [
            try SetFamily([-0.4, -0.1, 0], [0.1, 0.2, 0.3], shape: [2, 3]) { try Box($0[0], $0[1]) },
            try SetFamily([0.1], shape: [3]) { try Box($0[0], $0[0]) },
        ]
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(try Box(0, 1), shape: [4]),
            SetExample(try Box(-.infinity, 0.1), shape: [2, 2]),
            SetExample(try Box(Tensor([3, 0], shape: [2]), Tensor([3, 1], shape: [2])), shape: [3, 2]),
            SetExample(try Box(Tensor([-1, 2], shape: [2, 1]), Tensor(5)), shape: [2, 3]),
        ]
    }
}
