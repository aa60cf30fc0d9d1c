import Autodiff
import Scripting
import Tensors

/// The points common to several convex sets.
///
/// Elementwise sets (Box, Observed, Nonnegative, LinfBall, their translates and multiples) are merged into one interval
/// per element, and intersections of only such sets are projected onto exactly: the result satisfies every member with
/// violation 0 in the dtype of x. Sets that do not meet are found when the intersection is made.
///
/// Otherwise the nearest common point is found from the members' projections and their derivatives (``CommonPoint``),
/// and by Dykstra's algorithm (Boyle and Dykstra 1986) where a script's set gives no derivative; the merged intervals
/// hold exactly in the result. Sets that do not meet are an error with a certificate, and so is a result that is not as
/// near to every member as the tolerance asks, relative to the size of x: never a silent answer.
public struct Intersection: CataloguedSet {
    public static let name = "Intersection"
    private let sets: [any ProjectableSet]
    public var heldValues: [Value] { sets.flatMap(\.heldValues) }
    /// All elementwise members as one set of intervals.
    private let merged: Intervals?
    private let others: [any ProjectableSet]
    /// The members of the search: the others, and the merged intervals as one.
    private let members: [CommonPoint.Member]
    private let tolerance: Double
    private let limit: Int
    public let depth: Int
    public let description: String

    /// - Parameters:
    ///   - tolerance: relative to the largest magnitude in x or its projection.
    ///   - iterations: the most times that all members are projected onto.
    /// - Throws: when there is no member, one is not convex, or elementwise members do not meet.
    public init(_ sets: [any ProjectableSet], tolerance: Double = 1e-9, iterations: Int = 10_000) throws {
        let operation = Intersection.operation
        guard !sets.isEmpty else { throw ScriptError(operation, "at least one set expected") }
        guard tolerance > 0, tolerance.isFinite else {
            throw ScriptError(operation, "tolerance is \(format(tolerance)); a finite number above 0 expected")
        }
        guard iterations >= 1 else {
            throw ScriptError(operation, "iterations is \(iterations); a whole number from 1 expected")
        }
        if let bad = sets.first(where: { !$0.isConvex }) {
            throw ScriptError(operation, "\(bad) is not convex: alternating projections may miss the nearest point")
        }
        depth = try nestedDepth(of: sets, for: operation)
        description = describe(Intersection.name, sets.map(\.description))
        // Members of an intersection within this one are taken as its own.
        let opened = sets.map { ($0 as? Intersection)?.sets ?? [$0] }
        let sets = opened.reduce(0, { $0 + $1.count }) <= 64 ? opened.flatMap { $0 } : sets
        var merged: Intervals?
        for case let intervals? in sets.map(\.elementwise) {
            merged = try merged?.intersection(intervals, for: operation) ?? intervals
        }
        self.sets = sets
        self.merged = merged
        let others = sets.filter { $0.elementwise == nil }
        self.others = others
        members =
            others.map { CommonPoint.Member(set: $0, intervals: nil) }
            + (merged.map { [CommonPoint.Member(set: sets[0], intervals: $0)] } ?? [])
        self.tolerance = tolerance
        limit = iterations
    }

    public var elementwise: Intervals? { others.isEmpty ? merged : nil }
    public var preferredShape: [Int]? {
        others.lazy.compactMap(\.preferredShape).first ?? merged.flatMap { $0.shape.isEmpty ? nil : $0.shape }
    }

    public func project(_ x: Tensor) throws -> Tensor {
        if let exact = elementwise { return try exact.project(x, for: operation) }
        return try Tensor(common(x).point, shape: x.shape, x.dtype.computing)
    }

    public func violation(_ x: Tensor) throws -> Double {
        try sets.reduce(0) { max($0, try $1.violation(x)) }
    }

    public func distance(_ x: Tensor) throws -> Double {
        if let exact = elementwise { return try exact.distance(x, for: operation) }
        return norm(zip(try x.toArray(), try common(x).point).map { $0 - $1 })
    }

    public var parameters: [SetParameter] { sets.flatMap(\.parameters) }
    public var size: Double { sets.reduce(0) { max($0, $1.size) } }
    public var isDifferentiable: Bool { sets.allSatisfy(\.isDifferentiable) }

    /// The nearest point and its multipliers, in float64.
    func common(_ x: Tensor) throws -> CommonPoint.Result {
        let values = try x.toArray()
        let start = try Tensor(values, shape: x.shape, .float64)
        // A point of the set is its own projection, without any rounding.
        if try violation(start) == 0 {
            let zeros = [Double](repeating: 0, count: values.count)
            return CommonPoint.Result(
                point: values, multipliers: members.map { _ in zeros }, error: 0, emptyWithin: 0, sweeps: 0)
        }
        var result: CommonPoint.Result
        if members.count == 1 {
            let point = try members[0].project(start).toArray()
            result = CommonPoint.Result(
                point: point, multipliers: [zip(values, point).map { $0 - $1 }], error: 0, emptyWithin: 0, sweeps: 1)
        } else if let found = try withBall(values, x.shape) {
            result = found
        } else if isDifferentiable {
            result = try CommonPoint(members, near: values, shape: x.shape, limit: limit).nearest(to: values)
            result = try touching(result, values, x.shape)
        } else {
            result = try dykstra(values, x.shape)
        }
        if let merged {
            result.point = try merged.project(Tensor(result.point, shape: x.shape, .float64), for: operation).toArray()
        }
        try check(result, tolerance * max(values.largestMagnitude, result.point.largestMagnitude), x.shape)
        return result
    }

    /// For two members of which one is a ball: ``BallSearch``, whatever the other is.
    private func withBall(_ x: [Double], _ shape: [Int]) throws -> CommonPoint.Result? {
        guard members.count == 2, let index = try roundMembers().first else { return nil }
        return try search(x, shape, ball: index) { other in
            (try members[1 - index].project(Tensor(other, shape: shape, .float64)).toArray(), 0)
        }
    }

    /// The indices of the members that are balls.
    private func roundMembers() throws -> [Int] {
        try members.indices.filter {
            try members[$0].intervals == nil && (members[$0].set as? any RoundSet)?.round != nil
        }
    }

    /// The result of ``BallSearch``. `project` is the projection onto the other members, with its error.
    private func search(
        _ x: [Double], _ shape: [Int], ball index: Int, project: @escaping ([Double]) throws -> ([Double], Double)
    ) throws -> CommonPoint.Result? {
        guard let ball = try (members[index].set as? any RoundSet)?.round else { return nil }
        let center = try ball.center.value.expand(shape).toArray()
        let radius = try ball.radius.value.item()
        var (error, sweeps) = (0.0, 0)
        let search = BallSearch(center: center, radius: radius) { other in
            let (point, found) = try project(other)
            error = max(error, found)
            sweeps += 1
            return point
        }
        switch try search.nearest(to: x) {
        case .apart(let distance):
            guard distance > radius + 1e4 * error else { return nil }
            throw try ScriptError(
                operation,
                "the sets do not meet: the others stay \(format(distance)) away from the centre of "
                    + "\(members[index].set)"
                    + certificate(from: center, shape))
        case .meets(let point, let t):
            let pull = t > 0 ? (1 - t) / t : 0
            let own = zip(point, center).map { pull * ($0 - $1) }
            let rest = zip(zip(x, point), own).map { $0.0 - $0.1 - $1 }
            var multipliers = members.map { _ in rest }
            multipliers[index] = own
            let excess = max(0, norm(zip(point, center).map { $0 - $1 }) - radius)
            var result = CommonPoint.Result(
                point: point, multipliers: multipliers, error: max(error, excess), emptyWithin: 0, sweeps: sweeps)
            result.share = t
            return result
        }
    }

    /// Where multipliers grow without bound, sets only touch or nearly so: if there is a ball among them,
    /// ``BallSearch`` is tried.
    private func touching(_ result: CommonPoint.Result, _ x: [Double], _ shape: [Int]) throws -> CommonPoint.Result {
        let away = norm(zip(x, result.point).map { $0 - $1 })
        let largest = result.multipliers.reduce(0) { max($0, norm($1)) }
        guard largest > 1e3 * away || result.error > 1e-12 * x.largestMagnitude else { return result }
        for index in try roundMembers() {
            var rest = members
            rest.remove(at: index)
            let found = try search(x, shape, ball: index) { other in
                let found = try CommonPoint(rest, near: other, shape: shape, limit: limit).nearest(to: other)
                return (found.point, found.error)
            }
            if let found, found.error <= 1e-12 * max(x.largestMagnitude, found.point.largestMagnitude) {
                // ``BallSearch`` gives one normal for all other members together; those of the search are kept, one for
                // each.
                var touching = result
                (touching.point, touching.error) = (found.point, found.error)
                return touching
            }
        }
        return result
    }

    /// Throws unless the point is within `slack` of every member.
    private func check(_ result: CommonPoint.Result, _ slack: Double, _ shape: [Int]) throws {
        let point = try Tensor(result.point, shape: shape, .float64)
        let distances = try sets.map { ($0.description, try $0.distance(point)) }
        guard let worst = distances.max(by: { $0.1 < $1.1 }), worst.1 > slack || result.error > slack else { return }
        if result.emptyWithin > 1e3 * max(result.point.largestMagnitude, size, slack / tolerance) {
            throw try ScriptError(
                operation,
                "the sets do not meet: no common point lies within \(format(result.emptyWithin)) of where they come "
                    + "nearest, "
                    + "\(format(worst.1)) away from \(worst.0)" + certificate(from: result.point, shape))
        }
        let certificate = try certificate(from: result.point, shape)
        if !certificate.isEmpty { throw ScriptError(operation, "the sets do not meet\(certificate)") }
        let empty =
            result.emptyWithin > 0 ? ", and no common point is nearer to it than \(format(result.emptyWithin))" : ""
        let detail =
            worst.1 > slack
            ? " a point still \(format(worst.1)) outside \(worst.0)"
            : " a point that still moves by \(format(result.error))"
        throw ScriptError(
            operation,
            "\(result.sweeps) projections onto all members reached only\(detail)\(empty): the sets do not meet, or "
                + "too slowly for "
                + "tolerance \(tolerance)")
    }

    /// A hyperplane between one member and all others, with the gap it leaves, as text: proof that they do not meet.
    /// Empty where none is found, or members give no derivative to find it by.
    private func certificate(from start: [Double], _ shape: [Int]) throws -> String {
        guard isDifferentiable else { return "" }
        let search = CommonPoint(members, near: start, shape: shape, limit: limit)
        guard let found = try search.separation(from: start) else { return "" }
        func name(_ index: Int) -> String { index < others.count ? others[index].description : "the elementwise sets" }
        let rest = members.indices.filter { $0 != found.side }
        let common = rest.count == 1 ? "every point of \(name(rest[0]))" : "every common point of the others"
        return "; with d = \(format(found.direction)), every point x of \(name(found.side)) has d . x <= "
            + "\(format(found.most)), \(common) d . x >= \(format(found.least)): a gap of "
            + format(found.least - found.most)
    }

    /// Dykstra's algorithm, for members without a derivative. Stops when the corrections no longer change (Birgin and
    /// Raydan 2005).
    private func dykstra(_ x: [Double], _ shape: [Int]) throws -> CommonPoint.Result {
        var current = x
        let slack = tolerance * x.largestMagnitude
        var corrections = members.map { _ in [Double](repeating: 0, count: x.count) }
        var change = Double.infinity
        var cycles = 0
        while cycles < limit, change > slack / 10 {
            try Cancellation.check()
            cycles += 1
            var moves: [Double] = []
            for (i, member) in members.enumerated() {
                for j in current.indices { current[j] += corrections[i][j] }
                let nearest = try member.project(Tensor(current, shape: shape, .float64)).toArray()
                for j in current.indices {
                    moves.append(current[j] - nearest[j] - corrections[i][j])
                    corrections[i][j] = current[j] - nearest[j]
                }
                current = nearest
            }
            change = norm(moves)
        }
        return CommonPoint.Result(
            point: current, multipliers: corrections, error: change, emptyWithin: 0, sweeps: cycles)
    }

    /// The method of multipliers near x, started at the multipliers found: recorded Newton steps with the matrix found,
    /// each of which makes one more order of derivatives right, with updates of the multipliers between them. First to
    /// third derivatives are right; a member with multiplier 0 counts as inactive.
    public func formula(at x: Variable) throws -> Variable {
        if let exact = elementwise { return try exact.formula(at: x, for: operation) }
        let found = try common(x.value)
        if let share = found.share, let index = try roundMembers().first { return try ballFormula(at: x, share, index) }
        let largest = found.multipliers.reduce(0) { max($0, norm($1)) }
        let active = members.indices.filter { norm(found.multipliers[$0]) > 1e-9 * largest }
        guard !active.isEmpty else { return try x.double() }
        let used = active.map { members[$0] }
        // Large enough to hold members together that a far x pulls apart; a larger rho adds rounding errors.
        let far = largest / max(found.point.largestMagnitude, 1e-3 * size)
        let rho = 1e4 * min(max(far, 1), 1e8)
        let shape = x.shape
        if let blind = used.first(where: { $0.intervals == nil && !$0.set.isDifferentiable }) {
            return try blind.set.formula(at: x)
        }
        var multipliers = try active.map { try Variable(found.multipliers[$0], shape: shape) }
        let newton = try Newton(
            used, at: active.map { i in zip(found.point, found.multipliers[i]).map { $0 + $1 / rho } }, 1, rho, shape)
        let start = try x.double()
        var y = try Variable(found.point, shape: shape)
        for _ in 0..<4 {
            func normals() throws -> [Variable] {
                try zip(used, multipliers).map { member, z in
                    let w = try y + z / rho
                    return try (w - image(of: w, on: member)) * rho
                }
            }
            for _ in 0..<3 {
                let residual = try normals().reduce(y - start) { try $0 + $1 }
                y = try y - newton.inverse(of: residual)
            }
            multipliers = try normals()
        }
        return y
    }

    /// The recorded projection onto a member.
    private func image(of w: Variable, on member: CommonPoint.Member) throws -> Variable {
        guard let intervals = member.intervals else { return try member.set.project(w) }
        return try .numbers(
            member.project(w.value), derivativesOf: intervals.formula(at: w, for: operation), alsoFrom: [w], operation)
    }

    /// y = P(c + t (x - c)), P the projection onto the other member, with recorded Newton steps for the t that puts y
    /// on the sphere; each makes one more order of derivatives right.
    private func ballFormula(at x: Variable, _ share: Double, _ index: Int) throws -> Variable {
        let other = members[1 - index]
        let start = try x.double()
        if share == 1 { return try image(of: start, on: other).double() }
        guard let ball = try (members[index].set as? any RoundSet)?.round else { return start }
        let center = try ball.center.expand(x.shape)
        if share == 0 { return try image(of: center, on: other).double() }
        let away = try start - center
        let at = try (center + away * share).value
        let middle = try center.value.toArray()
        let radius = try ball.radius.value.item()
        let growth = try other.slope(at: at)(away.value.toArray())
        let normal = zip(try other.project(at).toArray(), middle).map { ($0 - $1) / radius }
        let slope = 2 * dot(normal, growth.map { $0 / radius })
        var t = try Variable([share], shape: [])
        func point() throws -> Variable { try image(of: center + away * t, on: other).double() }
        for _ in 0..<3 where slope > 0 {
            let scaled = try (point() - center) / ball.radius
            t = try t - (scaled.dot(scaled) - 1) / slope
        }
        return try point()
    }

    public func slope(at x: Tensor) throws -> Slope {
        if let exact = elementwise { return try exact.slope(at: x, for: operation) }
        let found = try common(x)
        let rho = 1e8
        let newton = try Newton(
            members, at: found.multipliers.map { z in zip(found.point, z).map { $0 + $1 / rho } }, 1, rho, x.shape)
        return { try newton.solve($0) }
    }

    public static let declaration = Declaration(
        "projection.Intersection",
        """
        The points common to several convex sets. Elementwise sets (Box, Observed, Nonnegative, LinfBall) intersect \
        exactly: the result violates none by even a rounding. Otherwise a Newton method on the members' projections \
        finds the point in float64, to rounding where the sets allow it, and at least to the tolerance; with a set \
        of your own that gives no derivative, Dykstra's algorithm does. It can be differentiated up to third order.
        """,
        by: .table,
        takes: .rest("P", .projection),
        .option("tolerance", .number(above: 0, finite: true), default: 1e-9, "relative to the size of x"),
        .option("iterations", .integer(from: 1), default: 10_000, "the most projections onto all members"),
        returns: .projection,
        errors: """
            A member is not convex; elementwise members do not meet (the index is named); the sets do not meet (the \
            message has a hyperplane between one and the others, and the gap), or the tolerance is not reached in so \
            many projections (the message says how far the point still is).
            """,
        source: "Rockafellar 1976; Li, Sun and Toh 2018; Boyle and Dykstra 1986.",
        example: """
            local P = projection.Intersection{projection.Ball(1), projection.Halfspace({1, 0}, 0)}
            local y = P(tensor({2, 2}))
            assert(math.abs(y[1]:item()) < 1e-6 and math.abs(y[2]:item() - 1) < 1e-6)
            local ok, message = pcall(projection.Intersection, {projection.Box(0, 1), projection.Box(2, 3)})
            assert(not ok and tostring(message):find("do not meet"))
            """
    ) { sets, tolerance, iterations in try Intersection(sets, tolerance: tolerance, iterations: iterations) }

    public static func families() throws -> [SetFamily] {
        [
            try SetFamily([0.3, -0.2, 0.5], [0.7], [1, -2, 0.5], shape: [3]) {
                try Intersection([
                    Ball(center: $0[0], radius: $0[1]), Halfspace($0[2], Variable(Tensor(0.2, .float64))),
                ])
            },
            try SetFamily([0.3, -0.2, 0.5], [0.7], shape: [3]) {
                let mask = Variable(try Tensor([1, 0, 1], shape: [3], .float64))
                return try Intersection([
                    Box($0[0], Variable(Tensor(1, .float64))), Observed(mask: mask, values: $0[1]),
                ])
            },
            try SetFamily([0.1, 0.2, 0.3], [1, -2, 0.5], shape: [3]) {
                let lo = Variable(try Tensor(-1, .float64))
                return try Intersection([Box(lo, $0[0]), Hyperplane($0[1], Variable(Tensor(0, .float64)))])
            },
        ]
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(
                try Intersection([
                    Box(0, 1),
                    Observed(
                        mask: Tensor([1, 0, 0, 1], shape: [2, 2]), values: Tensor([0.1, 7, 7, 1], shape: [2, 2])),
                ]), shape: [2, 2]),
            SetExample(
                try Intersection([Ball(center: Tensor(0), radius: 1), Halfspace(Tensor([1, 2, 0], shape: [3]), 0.5)]),
                shape: [3], precision: 1e-7),
            SetExample(
                try Intersection([Box(0, 1), Hyperplane(Tensor([1, 1, 2, 1], shape: [4]), 2)]), shape: [4],
                precision: 1e-7),
        ]
    }
}
