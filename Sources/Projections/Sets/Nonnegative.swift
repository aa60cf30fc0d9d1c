import Scripting
import Tensors

/// {x : x >= 0}, for x of any shape. Projection is max(x, 0), exact.
public struct Nonnegative: CataloguedSet, ElementwiseSet {
    public static let name = "Nonnegative"
    let intervals: Intervals

    /// Of no shape of its own: any tensor can be projected.
    public init() throws {
        intervals = try Intervals(
            lo: Tensor(0, .float64), hi: Tensor(.infinity, .float64), for: Nonnegative.operation)
    }

    public var description: String { "projection.Nonnegative()" }

    public static let declaration = Declaration(
        "projection.Nonnegative",
        "The set {x : x >= 0}, for x of any shape. The projection is max(x, 0).", returns: .projection,
        source: "Boyd and Vandenberghe 2004, section 8.1.1: a cone.",
        example: """
            local y = projection.Nonnegative()(tensor({-1, 2}))
            assert(y[1]:item() == 0 and y[2]:item() == 2)
            """
    ) { try Nonnegative() }

    public static func examples() throws -> [SetExample] {
        [SetExample(try Nonnegative(), shape: [5])]
    }
}
