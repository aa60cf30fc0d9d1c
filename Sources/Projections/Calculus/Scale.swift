import Scripting
import Tensors

/// {s x : x in P} for a number s other than 0. Projection: s P(x / s). Elementwise sets stay so, with their exactness.
public struct Scale: CataloguedSet {
    public static let name = "Scale"
    private let inner: any ProjectableSet
    public var heldValues: [Value] { inner.heldValues }
    private let factor: Double
    public let elementwise: Intervals?
    public let depth: Int
    public let description: String

    /// - Parameter s: may be negative, which mirrors the set.
    /// - Throws: when s is 0, NaN or infinite.
    public init(_ set: any ProjectableSet, _ s: Double) throws {
        let operation = Scale.operation
        guard s.isFinite, s != 0 else {
            throw ScriptError(operation, "s is \(format(s)); a finite number other than 0 expected")
        }
        inner = set
        depth = try nestedDepth(of: [set], for: operation)
        description = describe(Scale.name, [set.description, format(s)], "(", ")")
        factor = s
        elementwise = try set.elementwise.map { intervals in
            func scaled(_ bound: Parameter) throws -> Tensor {
                try Tensor(bound.values.map { $0 * s }, shape: bound.shape, .float64)
            }
            let (a, b) = (try scaled(intervals.lo), try scaled(intervals.hi))
            return try Intervals(lo: s > 0 ? a : b, hi: s > 0 ? b : a, for: operation)
        }
    }

    public var isConvex: Bool { inner.isConvex }
    public var preferredShape: [Int]? { inner.preferredShape }

    public func project(_ x: Tensor) throws -> Tensor {
        if let elementwise { return try elementwise.project(x, for: operation) }
        let small = try mapped(x) { $0 / factor }
        return try mapped(inner.project(small)) { $0 * factor }.copy(x.dtype.computing)
    }

    public func violation(_ x: Tensor) throws -> Double {
        if let elementwise { return try elementwise.violation(x, for: operation) }
        return try inner.violation(mapped(x) { $0 / factor }) * factor.magnitude
    }

    /// In float64.
    private func mapped(_ x: Tensor, _ f: (Double) -> Double) throws -> Tensor {
        try Tensor(x.toArray().map(f), shape: x.shape, .float64)
    }

    public static let constructor = makeConstructor(
        Documentation(
            "projection.Scale(P, s) -> projection",
            "The set {s x : x in P} for a number s other than 0; a negative s mirrors it. The projection is s P(x / s).",
            errors: "s is 0, NaN or infinite; what P refuses.",
            example: """
                local y = projection.Scale(projection.Simplex(), 3)(tensor({9, 0}))
                assert(math.abs(y[1]:item() - 3) < 1e-6 and y[2]:item() == 0)
                """)
    ) { arguments in
        try arguments.atMost(2)
        return try Scale(arguments.projection(1, "P").set, arguments.number(2, "s"))
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(try Scale(Simplex(), -2), shape: [3]),
            SetExample(try Scale(Nonnegative(), -0.1), shape: [2]),
            SetExample(try Scale(Ball(center: Tensor([1, 1], shape: [2]), radius: 1), 3), shape: [2]),
        ]
    }
}
