import Autodiff
import Scripting
import Tensors

/// {x : a . x = b}. Projection: x - (a . x - b) a / |a|^2.
public struct Hyperplane: CataloguedSet, VectorSet {
    public static let name = "Hyperplane"
    private let plane: Plane

    /// - Parameter a: a tensor of the shape of x, not 0.
    public init(_ a: Variable, _ b: Variable) throws { plane = try Plane(a, b, for: Hyperplane.operation) }
    public init(_ a: Tensor, _ b: Double) throws { try self.init(Variable(a), Variable(Tensor(b, .float64))) }

    public var parameters: [SetParameter] { [plane.normal, plane.b] }
    public var size: Double { plane.size }
    public var preferredShape: [Int]? { plane.preferredShape }
    func check(shape: [Int]) throws { try check(plane.normal, "a", fits: shape) }
    func nearest(to x: [Double], shape: [Int]) -> [Double] { plane.foot(of: x) }
    func vectorFormula(_ x: Variable) throws -> Variable { try plane.formula(x) }
    public func slope(at x: Tensor) throws -> Slope { plane.across }
    func violation(of x: [Double], shape: [Int]) -> Double { plane.height(of: x).magnitude }

    public var description: String { "projection.Hyperplane(\(plane.normal), \(format(plane.b.number)))" }

    public static let declaration = Declaration(
        "projection.Hyperplane",
        "The set {x : a . x = b}: the sum of the products of all elements. Several equations at once: Affine.",
        takes: .argument("a", .entries, "of the shape of x; a number is the same for every element"),
        .argument("b", .scalar), returns: .projection,
        errors: "a is 0 or not finite, b is not finite, a has another shape than x.",
        source: "Boyd and Vandenberghe 2004, section 8.1.1.",
        example: """
            local y = projection.Hyperplane({0, 2}, 4)(tensor({7, 7}))
            assert(y[1]:item() == 7 and math.abs(y[2]:item() - 2) < 1e-6)
            """,
        see: ["projection.Affine"]
    ) { a, b in try Hyperplane(a, b) }

    public static func families() throws -> [SetFamily] {
        [
            try SetFamily([1, -2, 0.5], [0.7], shape: [3]) { try Hyperplane($0[0], $0[1]) },
            try SetFamily([0.7], [0.7], shape: [3]) { try Hyperplane($0[0], $0[1]) },
        ]
    }

    public static func examples() throws -> [SetExample] {
        [SetExample(try Hyperplane(Tensor([1, -2, 0.5, 4], shape: [2, 2]), 0.7), shape: [2, 2])]
    }
}
