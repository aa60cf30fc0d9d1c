import Autodiff
import Scripting
import Tensors

/// {x : |x - center| <= r} in the Euclidean norm of all elements.
///
/// Outside, x moves along the ray to the centre: center + r (x - center) / |x - center|.
public struct Ball: CataloguedSet, VectorSet {
    public static let name = "Ball"
    private let center: SetParameter
    private let radius: SetParameter

    /// - Parameter center: a number, or a tensor of the shape of x.
    /// - Throws: when r is negative or not finite, or the centre holds a NaN or an infinity.
    public init(center: Variable, radius: Variable) throws {
        self.center = try SetParameter(center, "center", for: Ball.operation)
        self.radius = try checkedRadius(radius, for: Ball.operation)
    }

    /// A centre of any shape, and a radius of at least 0, as constants.
    public init(center: Tensor, radius: Double) throws {
        try self.init(center: Variable(center), radius: Variable(Tensor(radius, .float64)))
    }

    public var parameters: [SetParameter] { [center, radius] }
    /// The recorded centre.
    func middle() throws -> Variable { try center.variable() }
    func reach() throws -> Variable { try radius.variable() }

    public var preferredShape: [Int]? { center.shape.isEmpty ? nil : center.shape }
    func check(shape: [Int]) throws { try check(center, "center", fits: shape) }

    func nearest(to x: [Double], shape: [Int]) -> [Double] {
        let away = x.indices.map { x[$0] - center[$0] }
        let length = norm(away)
        guard length > radius.number else { return x }
        return away.indices.map { center[$0] + radius.number * (away[$0] / length) }
    }

    func vectorFormula(_ x: Variable) throws -> Variable {
        let away = try x - center.variable()
        guard norm(try away.value.toArray()) > radius.number else { return x }
        return try center.variable() + radius.variable() * (away / away.length())
    }

    /// Outside: r / |x - center| times the part of a vector that is orthogonal to the ray.
    public func slope(at x: Tensor) throws -> Slope {
        let values = try x.toArray()
        let away = values.indices.map { values[$0] - center[$0] }
        let length = norm(away)
        guard length > radius.number else { return { $0 } }
        let (ray, share) = (away.map { $0 / length }, radius.number / length)
        return { v in
            let along = dot(ray, v)
            return v.indices.map { share * (v[$0] - along * ray[$0]) }
        }
    }

    func violation(of x: [Double], shape: [Int]) -> Double {
        max(0, norm(x.indices.map { x[$0] - center[$0] }) - radius.number)
    }

    public var description: String { "projection.Ball(\(center), \(format(radius.number)))" }

    public static let declaration = Declaration(
        "projection.Ball",
        """
        The set {x : |x - center| <= r} in the Euclidean norm of all elements of x; without a centre, around 0. For a \
        ball per row: Product{P}.
        """,
        forms: .aroundZero("from 0") { try Ball(center: $0, radius: $1) },
        .around(center: "of the shape of x, or a number") { try Ball(center: $0, radius: $1) },
        errors: "r is negative or not finite, the centre is not finite or has another shape than x.",
        source: "Parikh and Boyd 2014 (Proximal Algorithms), chapter 6.",
        example: """
            local P = projection.Ball({0, 0}, 1)
            local y = P(tensor({3, 4}))
            assert(math.abs(y[1]:item() - 0.6) < 1e-6 and math.abs(y[2]:item() - 0.8) < 1e-6)
            assert(math.abs(P:distance(tensor({3, 4})) - 4) < 1e-5)
            """
    )

    public static func families() throws -> [SetFamily] {
        [try SetFamily([0.3, -0.2, 0.5], [0.7], shape: [3]) { try Ball(center: $0[0], radius: $0[1]) }]
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(try Ball(center: Tensor(0), radius: 1), shape: [3]),
            SetExample(try Ball(center: Tensor([1, -2, 5, 0], shape: [2, 2]), radius: 0.5), shape: [2, 2]),
            SetExample(try Ball(center: Tensor([1, 2], shape: [2]), radius: 0), shape: [2]),
        ]
    }
}

/// The radius, checked: finite, and >= 0 or > 0 where `positive`.
func checkedRadius(_ radius: Variable, for operation: String, positive: Bool = false) throws -> SetParameter {
    let number = try radius.value.item()
    guard number.isFinite, positive ? number > 0 : number >= 0 else {
        throw ScriptError(
            operation, "r is \(format(number)); a finite number \(positive ? "above" : "from") 0 expected")
    }
    return try SetParameter(radius, "r", for: operation, scalar: true)
}
