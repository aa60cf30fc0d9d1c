import Autodiff
import Scripting
import Tensors

/// {x : sum |x_i - center_i| <= r}.
///
/// Outside, the distances to the centre are projected onto the simplex of sum r and keep their signs, which sets the
/// small ones to 0 (Duchi et al. 2008).
public struct L1Ball: CataloguedSet, VectorSet {
    public static let name = "L1Ball"
    private let center: SetParameter
    private let radius: SetParameter

    /// - Throws: when r is negative or not finite, or the centre holds a NaN or an infinity.
    public init(center: Variable, radius: Variable) throws {
        self.center = try SetParameter(center, "center", for: L1Ball.operation)
        self.radius = try checkedRadius(radius, for: L1Ball.operation)
    }

    /// A centre of any shape, and a radius of at least 0, as constants.
    public init(center: Tensor, radius: Double) throws {
        try self.init(center: Variable(center), radius: Variable(Tensor(radius, .float64)))
    }

    public var parameters: [SetParameter] { [center, radius] }
    public var preferredShape: [Int]? { center.shape.isEmpty ? nil : center.shape }
    func check(shape: [Int]) throws { try check(center, "center", fits: shape) }

    func nearest(to x: [Double], shape: [Int]) -> [Double] {
        let away = x.indices.map { x[$0] - center[$0] }
        guard away.reduce(0, { $0 + $1.magnitude }) > radius.number else { return x }
        guard radius.number > 0 else { return x.indices.map { center[$0] } }
        let sizes = kept(of: away)
        return away.indices.map { center[$0] + (away[$0] < 0 ? -sizes[$0] : sizes[$0]) }
    }

    /// The projected distances. Computed from differences to the largest one, which are exact for large values.
    private func kept(of away: [Double]) -> [Double] {
        let largest = away.reduce(0) { max($0, $1.magnitude) }
        let heights = away.map { $0.magnitude - largest }
        let threshold = SimplexThreshold.fast(heights, sum: radius.number)
        return heights.map { max($0 - threshold, 0) }
    }

    /// The signs of x - center where the projected distance is above 0, else 0; nil for x in the ball.
    private func signs(at x: [Double]) -> [Double]? {
        let away = x.indices.map { x[$0] - center[$0] }
        guard away.reduce(0, { $0 + $1.magnitude }) > radius.number else { return nil }
        guard radius.number > 0 else { return away.map { _ in 0 } }
        let sizes = kept(of: away)
        return away.indices.map { sizes[$0] > 0 ? (away[$0] < 0 ? -1 : 1) : 0 }
    }

    /// Outside, with k distances above 0 and their signs s: these elements of x - center, minus s (s . (x - center) -
    /// r) / k.
    func vectorFormula(_ x: Variable) throws -> Variable {
        guard let signs = signs(at: try x.value.toArray()) else { return x }
        let (count, signed) = (signs.reduce(0) { $0 + $1.magnitude }, try Variable(signs, shape: x.shape))
        let center = try center.variable(for: x.shape)
        guard count > 0 else { return center }
        let away = try x - center
        let threshold = try (signed.dot(away) - radius.variable()) / count
        return try center + (away - signed * threshold).kept(signs.map { $0 != 0 })
    }

    /// Outside, as for the simplex, with the signs of x - center.
    public func slope(at x: Tensor) throws -> Slope {
        guard let signs = signs(at: try x.toArray()) else { return { $0 } }
        let count = max(signs.reduce(0) { $0 + $1.magnitude }, 1)
        return { v in
            let mean = dot(signs, v) / count
            return v.indices.map { signs[$0] == 0 ? 0 : v[$0] - signs[$0] * mean }
        }
    }

    func violation(of x: [Double], shape: [Int]) -> Double {
        max(0, x.indices.reduce(0) { $0 + (x[$1] - center[$1]).magnitude } - radius.number)
    }

    public var description: String { "projection.L1Ball(\(center), \(format(radius.number)))" }

    public static let declaration = Declaration(
        "projection.L1Ball",
        """
        The set {x : sum |x_i - center_i| <= r} over all elements of x; without a centre, around 0. The projection \
        makes small elements exactly the centre's.
        """,
        forms: .aroundZero("from 0") { try L1Ball(center: $0, radius: $1) },
        .around(center: "of the shape of x, or a number") { try L1Ball(center: $0, radius: $1) },
        errors: "r is negative or not finite, the centre is not finite or has another shape than x.",
        source: "Duchi, Shalev-Shwartz, Singer, Chandra 2008.",
        example: """
            local y = projection.L1Ball(1)(tensor({2, -1.5, 0.1}))
            assert(math.abs(y[1]:item() - 0.75) < 1e-6 and math.abs(y[2]:item() + 0.25) < 1e-6)
            assert(y[3]:item() == 0)
            """
    )

    public static func families() throws -> [SetFamily] {
        [try SetFamily([0.3, -0.2, 0.5], [0.7], shape: [3]) { try L1Ball(center: $0[0], radius: $0[1]) }]
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(try L1Ball(center: Tensor(0), radius: 1), shape: [4]),
            SetExample(try L1Ball(center: Tensor([1, -2, 0], shape: [3]), radius: 2), shape: [3]),
            SetExample(try L1Ball(center: Tensor([1, -2], shape: [2]), radius: 0), shape: [2]),
        ]
    }
}
