import Scripting
import Tensors

/// The points common to several convex sets.
///
/// Elementwise sets (Box, Observed, Nonnegative, LinfBall, their translates and multiples) are merged into one interval
/// per element, and intersections of only such sets are projected onto exactly: the result satisfies every member with
/// violation 0 in the dtype of x. Sets that do not meet are found when the intersection is made.
///
/// Otherwise Dykstra's algorithm (Boyle and Dykstra 1986) cycles through the members in float64, the merged intervals
/// last, so that these hold exactly. It stops when its corrections stand still (Birgin and Raydan 2005) and no member
/// is violated by more than the tolerance, both relative to the size of x; when the limit of cycles comes first, that
/// is an error, never a silent answer.
public struct Intersection: CataloguedSet {
    public static let name = "Intersection"
    private let sets: [any ProjectableSet]
    public var heldValues: [Value] { sets.flatMap(\.heldValues) }
    /// All elementwise members in one.
    private let merged: Intervals?
    private let others: [any ProjectableSet]
    private let tolerance: Double
    private let limit: Int
    public let depth: Int
    public let description: String

    /// - Parameters:
    ///   - tolerance: relative to max(1, largest magnitude of x).
    ///   - iterations: the most cycles through all members.
    /// - Throws: when there is no member, one is not convex, or elementwise members do not meet.
    public init(_ sets: [any ProjectableSet], tolerance: Double = 1e-9, iterations: Int = 10_000) throws {
        let operation = Intersection.operation
        guard !sets.isEmpty else { throw ScriptError(operation, "at least one set expected") }
        guard tolerance > 0, tolerance.isFinite else {
            throw ScriptError(operation, "tolerance is \(format(tolerance)); a finite number above 0 expected")
        }
        guard iterations >= 1 else { throw ScriptError(operation, "iterations is \(iterations); a whole number from 1 expected") }
        if let bad = sets.first(where: { !$0.isConvex }) {
            throw ScriptError(operation, "\(bad) is not convex: alternating projections may miss the nearest point")
        }
        depth = try nestedDepth(of: sets, for: operation)
        description = describe(Intersection.name, sets.map(\.description))
        var merged: Intervals?
        for case let intervals? in sets.map(\.elementwise) {
            merged = try merged?.intersection(intervals, for: operation) ?? intervals
        }
        self.sets = sets
        self.merged = merged
        others = sets.filter { $0.elementwise == nil }
        self.tolerance = tolerance
        limit = iterations
    }

    public var elementwise: Intervals? { others.isEmpty ? merged : nil }
    public var preferredShape: [Int]? {
        others.lazy.compactMap(\.preferredShape).first ?? merged.flatMap { $0.shape.isEmpty ? nil : $0.shape }
    }

    public func project(_ x: Tensor) throws -> Tensor {
        if let exact = elementwise { return try exact.project(x, for: operation) }
        return try dykstra(x).copy(x.dtype.computing)
    }

    public func violation(_ x: Tensor) throws -> Double {
        try sets.reduce(0) { max($0, try $1.violation(x)) }
    }

    public func distance(_ x: Tensor) throws -> Double {
        if let exact = elementwise { return try exact.distance(x, for: operation) }
        let (a, b) = (try x.toArray(), try dykstra(x).toArray())
        return norm(zip(a, b).map { $0 - $1 })
    }

    /// The projection, in float64.
    private func dykstra(_ x: Tensor) throws -> Tensor {
        let start = try x.copy(.float64)
        var current = try start.toArray()
        let members: [(Tensor) throws -> Tensor] =
            others.map { set in { try set.project($0) } }
            + (merged.map { merged in [{ try merged.project($0, for: Intersection.operation) }] } ?? [])
        // A point of the set is its own projection, to the last digit.
        if try violation(start) == 0 { return start }
        if members.count == 1 { return try members[0](start) }

        let slack = tolerance * current.reduce(1) { max($0, $1.magnitude) }
        var corrections = members.map { _ in [Double](repeating: 0, count: current.count) }
        for _ in 1...limit {
            try Cancellation.check()
            var change = 0.0
            for (i, project) in members.enumerated() {
                for j in current.indices { current[j] += corrections[i][j] }
                let nearest = try project(Tensor(current, shape: x.shape, .float64)).toArray()
                for j in current.indices {
                    let correction = current[j] - nearest[j]
                    change += (correction - corrections[i][j]) * (correction - corrections[i][j])
                    corrections[i][j] = correction
                }
                current = nearest
            }
            if change <= slack * slack {
                let result = try Tensor(current, shape: x.shape, .float64)
                if try violation(result) <= slack { return result }
            }
        }
        let result = try Tensor(current, shape: x.shape, .float64)
        let worst = try sets.map { ($0.description, try $0.violation(result)) }.max { $0.1 < $1.1 }
        let detail = worst.map { $0.1 > slack ? " a point still \($0.1) outside \($0.0)" : " a point that still moves" } ?? ""
        throw ScriptError(
            operation,
            "\(limit) cycles of Dykstra's algorithm reached only\(detail): the sets do not meet, or too slowly for tolerance \(tolerance)")
    }

    public static let constructor = makeConstructor(
        Documentation(
            "projection.Intersection{P, Q, ..., tolerance = 1e-9, iterations = 10000} -> projection",
            "The points common to several convex sets. Elementwise sets (Box, Observed, Nonnegative, LinfBall) intersect exactly: the result violates none by even a rounding. Otherwise Dykstra's algorithm cycles through the members in float64 until its corrections stand still and no member is violated by more than the tolerance (relative to the size of x).",
            errors: "A member is not convex; elementwise members do not meet (the index is named); the cycles ran out, as they do when the sets do not meet.",
            source: "Boyle and Dykstra 1986; stopping rule of Birgin and Raydan 2005.",
            example: """
                local P = projection.Intersection{projection.Ball(1), projection.Halfspace({1, 0}, 0)}
                local y = P(tensor({2, 2}))
                assert(math.abs(y[1]:item()) < 1e-6 and math.abs(y[2]:item() - 1) < 1e-6)
                local ok, message = pcall(projection.Intersection, {projection.Box(0, 1), projection.Box(2, 3)})
                assert(not ok and tostring(message):find("do not meet"))
                """)
    ) { arguments in
        let (sets, options) = try arguments.members(options: ["tolerance", "iterations"])
        return try Intersection(
            sets, tolerance: options.number("tolerance", default: 1e-9),
            iterations: options.integer("iterations", in: 1...Int.max, default: 10_000))
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(
                try Intersection([
                    Box(0, 1), Observed(mask: Tensor([1, 0, 0, 1], shape: [2, 2]), values: Tensor([0.1, 7, 7, 1], shape: [2, 2])),
                ]), shape: [2, 2]),
            SetExample(
                try Intersection([Ball(center: Tensor(0), radius: 1), Halfspace(Tensor([1, 2, 0], shape: [3]), 0.5)]),
                shape: [3], precision: 1e-7),
            SetExample(
                try Intersection([Box(0, 1), Hyperplane(Tensor([1, 1, 2, 1], shape: [4]), 2)]), shape: [4], precision: 1e-7),
        ]
    }
}
