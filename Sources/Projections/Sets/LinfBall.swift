import Autodiff
import Scripting
import Tensors

/// {x : |x_i - center_i| <= r for every i}: a cube around a centre. Elementwise, so that projections are exact.
public struct LinfBall: CataloguedSet, ElementwiseSet {
    public static let name = "LinfBall"
    let intervals: Intervals
    private let center: SetParameter
    private let radius: SetParameter

    /// - Throws: when r is negative or not finite, or the centre holds a NaN or an infinity.
    public init(center: Variable, radius: Variable) throws {
        let operation = LinfBall.operation
        let (center, radius) = (
            try SetParameter(center, "center", for: operation), try checkedRadius(radius, for: operation)
        )
        (self.center, self.radius) = (center, radius)
        func bound(_ r: Double) throws -> Tensor {
            try Tensor(center.values.map { $0 + r }, shape: center.shape, .float64)
        }
        intervals = try Intervals(
            lo: bound(-radius.number), hi: bound(radius.number), for: operation,
            recorded: center.requiresGrad || radius.requiresGrad
                ? { (try center.variable() - radius.variable(), try center.variable() + radius.variable()) } : nil)
    }

    /// A centre of any shape, and a radius of at least 0, as constants.
    public init(center: Tensor, radius: Double) throws {
        try self.init(center: Variable(center), radius: Variable(Tensor(radius, .float64)))
    }

    public var parameters: [SetParameter] { [center, radius] }
    public var description: String { "projection.LinfBall(\(center), \(format(radius.number)))" }

    public static let declaration = Declaration(
        "projection.LinfBall",
        """
        The set {x : |x_i - center_i| <= r for every i}; without a centre, around 0.
        """,
        forms: .aroundZero("from 0") { try LinfBall(center: $0, radius: $1) },
        .around(center: "broadcasts over x") { try LinfBall(center: $0, radius: $1) },
        errors: "r is negative or not finite, the centre is not finite or does not broadcast to x.",
        source: "Boyd and Vandenberghe 2004, section 8.1.1: a rectangle.",
        example: """
            local y = projection.LinfBall({1, 1}, 0.5)(tensor({3, 1.25}))
            assert(y[1]:item() == 1.5 and y[2]:item() == 1.25)
            """
    )

    public static func families() throws -> [SetFamily] {
        [try SetFamily([0.3, -0.2, 0.5], [0.3], shape: [3]) { try LinfBall(center: $0[0], radius: $0[1]) }]
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(try LinfBall(center: Tensor(0), radius: 0.3), shape: [3]),
            SetExample(try LinfBall(center: Tensor([1, -2], shape: [2]), radius: 1), shape: [2, 2]),
        ]
    }
}
