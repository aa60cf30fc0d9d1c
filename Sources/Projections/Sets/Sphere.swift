import Autodiff
import Scripting
import Tensors

/// {x : |x - center| = r}. **Not convex.**
///
/// Projection: center + r (x - center) / |x - center|. At the centre itself every point of the sphere is nearest; the
/// one along the first axis, center + (r, 0, ..., 0), is returned, so that the result is always in the set and
/// repeatable.
public struct Sphere: CataloguedSet, VectorSet {
    public static let name = "Sphere"
    private let center: SetParameter
    private let radius: SetParameter

    /// - Throws: when r is not a finite number above 0, or the centre holds a NaN or an infinity.
    public init(center: Variable, radius: Variable) throws {
        self.center = try SetParameter(center, "center", for: Sphere.operation)
        self.radius = try checkedRadius(radius, for: Sphere.operation, positive: true)
    }

    /// A centre of any shape, and a radius above 0, as constants.
    public init(center: Tensor, radius: Double) throws {
        try self.init(center: Variable(center), radius: Variable(Tensor(radius, .float64)))
    }

    public var parameters: [SetParameter] { [center, radius] }

    public var isConvex: Bool { false }
    public var preferredShape: [Int]? { center.shape.isEmpty ? nil : center.shape }

    func check(shape: [Int]) throws {
        try check(center, "center", fits: shape)
        if shape.contains(0) {
            throw ScriptError(operation, "x \(Shape.describe(shape)) has no elements: the sphere is empty there")
        }
    }

    func nearest(to x: [Double], shape: [Int]) -> [Double] {
        var away = x.indices.map { x[$0] - center[$0] }
        var length = norm(away)
        if length == 0 {
            away[0] = 1
            length = 1
        }
        return away.indices.map { center[$0] + radius.number * (away[$0] / length) }
    }

    /// At the centre, the point returned moves with centre and radius, but not with x.
    func vectorFormula(_ x: Variable) throws -> Variable {
        let away = try x - center.variable()
        guard norm(try away.value.toArray()) > 0 else {
            let first = try Variable((0..<x.value.count).map { $0 == 0 ? 1 : 0 }, shape: x.shape)
            return try center.variable() + radius.variable() * first
        }
        return try center.variable() + radius.variable() * (away / away.length())
    }

    func violation(of x: [Double], shape: [Int]) -> Double {
        (norm(x.indices.map { x[$0] - center[$0] }) - radius.number).magnitude
    }

    public var description: String { "projection.Sphere(\(center), \(format(radius.number)))" }

    public static let declaration = Declaration(
        "projection.Sphere",
        """
        The set {x : |x - center| = r} in the Euclidean norm of all elements; without a centre, around 0. Not convex. \
        At the centre, where every point is nearest, the result is center + (r, 0, ..., 0), whose derivative by x is 0.
        """,
        forms: .aroundZero("above 0") { try Sphere(center: $0, radius: $1) },
        .around(center: "of the shape of x, or a number") { try Sphere(center: $0, radius: $1) },
        errors: "r is not a finite number above 0, the centre is not finite or has another shape than x.",
        example: """
            local P = projection.Sphere(2)
            local y = P(tensor({0, 0.5}))
            assert(y[1]:item() == 0 and y[2]:item() == 2)
            assert(P(tensor({0, 0}))[1]:item() == 2)
            """
    )

    public static func families() throws -> [SetFamily] {
        [try SetFamily([0.3, -0.2, 0.5], [0.7], shape: [3]) { try Sphere(center: $0[0], radius: $0[1]) }]
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(try Sphere(center: Tensor(0), radius: 2), shape: [3]),
            SetExample(try Sphere(center: Tensor([1, -2], shape: [2]), radius: 0.5), shape: [2]),
        ]
    }
}
