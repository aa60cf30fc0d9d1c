import Autodiff
import Scripting
import Tensors

/// Checks on random points that a projection is one. Repeatable: the points depend on the seed only.
///
/// For all sets: the result keeps shape and dtype and is in the set; projecting again changes nothing; points that the
/// set contains stay. For convex sets, with y = P(x), z in the set: <x - y, z - y> <= 0, which no other point than the
/// nearest satisfies; firm non-expansiveness, |Px - Pw|^2 + |(x - Px) - (w - Pw)|^2 <= |x - w|^2 (Bauschke and
/// Combettes 2017, proposition 4.16); midpoints of members are members. For the others: no member of the sample is
/// nearer.
///
///     let report = try Verification().run(Box(0, 1))
public struct Verification {
    /// How many random points are tried, besides two special ones.
    public var points: Int
    /// Of the random points: the same seed, the same report.
    public var seed: UInt64
    /// The shape of the random points; nil for the set's own, or (5).
    public var shape: [Int]?
    public var dtype: DType
    /// Relative to the sizes of the numbers compared and of the set; nil for 1e-6 in float64, 1e-4 in float32.
    public var tolerance: Double?

    /// By default 24 points in float64.
    public init(
        points: Int = 24, seed: UInt64 = 0, shape: [Int]? = nil, dtype: DType = .float64, tolerance: Double? = nil
    ) {
        (self.points, self.seed, self.shape, self.dtype, self.tolerance) = (points, seed, shape, dtype, tolerance)
    }

    /// One law: how often it was checked, and the largest relative failure seen, at most the tolerance.
    public struct Law {
        /// As messages and reports call it: `idempotence`.
        public let name: String
        /// How many points or pairs.
        public var checks = 0
        /// The largest failure, relative as ``Verification/tolerance`` is.
        public var worst = 0.0
    }

    /// What was checked; a failure throws instead.
    public struct Report {
        /// The shape of the points that were tried.
        public let shape: [Int]
        /// What was allowed, after the defaults.
        public let tolerance: Double
        /// In the order in which they were first checked.
        public internal(set) var laws: [Law] = []
    }

    /// - Throws: ``ScriptError`` with the law and the failing case; whatever the projection itself throws.
    public func run(_ set: any ProjectableSet) throws -> Report {
        var check = try Check(self, set)
        try check.everyPoint()
        try check.pairs()
        return check.report
    }

    static let operation = "projection.verify"

    static let options = OptionTable(
        { Verification() },
        .option("points", \.points, .integer(from: 1, to: 10_000), "how many points are drawn, beside 0 and ties"),
        .option(
            "seed", \.seed, Domain<Int>.integer.map { UInt64(bitPattern: Int64($0)) },
            "the points depend on it alone"),
        .option("shape", \.shape, .optional(.shape), "of the points; the set's own, or {5}"),
        .option("dtype", \.dtype, .floatingDType),
        .option("tolerance", \.tolerance, .optional(.number(from: 0)), "relative; 1e-6 for float64, 1e-4 for float32"))

    static let declaration = Declaration(
        operation,
        """
        Checks on random points that P is the projection onto a set: its results are in the set, projecting twice is \
        projecting once, points of the set stay; for convex sets the variational inequality \
        <x - P(x), z - P(x)> <= 0 for z in the set, firm non-expansiveness, and that midpoints of members are members; \
        for the others that no member of the sample is nearer. Works for sets of your own (projection.Set). The report \
        says for each law how often it was checked, and the worst failure.
        """,
        takes: .argument("P", .projection), options.parameter, returns: .report,
        errors: "A law fails; the message holds the failing case.",
        source: "Bauschke and Combettes 2017, theorem 3.16 and proposition 4.16.",
        example: """
            local ok, report = projection.verify(projection.Simplex())
            assert(ok and report.laws.idempotence.checks > 0)
            local away = projection.Set{name = "away", project = function(x) return x + 1 end}
            local ok, message = pcall(projection.verify, away)
            assert(not ok and tostring(message):find("idempotence"))
            """,
        see: ["projection.Set"]
    ) { set, verification in try verification.run(set) }
}

extension Results<Verification.Report> {
    /// The results of `projection.verify`: true, and what was checked.
    fileprivate static var report: Results {
        let law = ScriptType.record([.init("checks", .integer), .init("worst", .number)])
        let report = ScriptType.record([
            .init("shape", .list(.integer)), .init("tolerance", .number), .init("laws", .map(law)),
        ])
        return Results([ResultSpec(nil, .boolean), ResultSpec("report", report)]) { report in
            let laws = report.laws.map { law in
                (key: law.name, value: Value.record([("checks", .integer(law.checks)), ("worst", .number(law.worst))]))
            }
            return [
                .boolean(true),
                .record([
                    ("shape", .list(report.shape.map { .integer($0) })), ("tolerance", .number(report.tolerance)),
                    ("laws", .record(laws)),
                ]),
            ]
        }
    }
}

/// One run of a ``Verification``.
private struct Check {
    var report: Verification.Report
    private let set: any ProjectableSet
    private let dtype: DType
    private let points: [[Double]]
    private var images: [[Double]] = []
    private var members: [[Double]] = []
    private var random: SmallGenerator
    /// The length by which points are called near or far for this set.
    private let unit: Double

    init(_ verification: Verification, _ set: any ProjectableSet) throws {
        let shape = verification.shape ?? set.preferredShape ?? [5]
        self.set = set
        unit = set.size > 0 ? set.size : 1
        dtype = verification.dtype
        report = Verification.Report(
            shape: shape, tolerance: verification.tolerance ?? (verification.dtype == .float64 ? 1e-6 : 1e-4))
        var random = SmallGenerator(seed: verification.seed)
        let count = try Shape.count(shape, for: Verification.operation)
        // Every point, its projection and the members are kept in memory.
        guard count <= 10_000_000 / (verification.points + 2) else {
            throw ScriptError(
                Verification.operation,
                "\(verification.points) points of shape \(Shape.describe(shape)) are too many numbers; at most 10000000"
            )
        }

        // Points around 0 and around a point of the set, near and far, then degenerate ones: 0 and ties.
        let origin = [Double](repeating: 0, count: count)
        let home = try set.project(Tensor(origin, shape: shape, dtype)).toArray()
        var points: [[Double]] = [origin, [Double](repeating: unit, count: count)]
        for i in 0..<verification.points {
            let center = i % 2 == 0 ? origin : home
            let scale = unit * [0.1, 1, 3, 30][i / 2 % 4]
            let point = center.map { $0 + scale * random.normal() }
            // Rounded to the dtype, so that the comparisons use what the projection got.
            points.append(try Tensor(point, shape: shape, dtype).toArray())
        }
        self.points = points
        self.random = random
    }

    /// Checks the laws of single points, and collects members of the set.
    mutating func everyPoint() throws {
        for x in points {
            try Cancellation.check()
            let y = try project(x)
            images.append(y)
            let again = try project(y)
            try expect("idempotence", distance(y, again) / size(y), [("x", x), ("P(x)", y), ("P(P(x))", again)])
            try expect(
                "membership", set.contains(tensor(y), tolerance: report.tolerance * size(y)) ? 0 : .infinity,
                [("x", x), ("P(x)", y)])
            if try set.contains(tensor(x), tolerance: 0) {
                try expect("members stay", distance(x, y) / size(x), [("x", x), ("P(x)", y)])
            }
        }
        members = images
        for _ in images.indices where set.isConvex {
            let (a, b) = (random.element(images), random.element(images))
            let middle = try Tensor(zip(a, b).map { $0 / 2 + $1 / 2 }, shape: report.shape, dtype).toArray()
            try expect(
                "convexity", set.contains(tensor(middle), tolerance: report.tolerance * size(a, b)) ? 0 : .infinity,
                [("member", a), ("member", b), ("not a member", middle)])
            if try set.contains(tensor(middle), tolerance: 0) {
                let image = try project(middle)
                try expect("members stay", distance(middle, image) / size(middle), [("x", middle), ("P(x)", image)])
            }
            members.append(middle)
        }
    }

    /// Checks the laws of pairs of points.
    mutating func pairs() throws {
        for i in points.indices {
            try Cancellation.check()
            let (x, y) = (points[i], images[i])
            for z in members {
                if set.isConvex {
                    let scale = (size(x, y), size(y, z))
                    let product = zip(zip(x, y), z).reduce(0) {
                        $0 + ($1.0.0 - $1.0.1) / scale.0 * (($1.1 - $1.0.1) / scale.1)
                    }
                    try expect(
                        "variational inequality", product,
                        [("x", x), ("P(x)", y), ("z in the set", z)])
                } else {
                    try expect(
                        "nearest", (distance(x, y) - distance(x, z)) / size(x, y, z),
                        [("x", x), ("P(x)", y), ("nearer in the set", z)])
                }
            }
            guard set.isConvex else { continue }
            for j in 0..<i {
                let (w, v) = (points[j], images[j])
                let scale = size(x, w, y, v)
                let moved = distance(y, v) / scale
                let rests = distance(zip(x, y).map { $0 - $1 }, zip(w, v).map { $0 - $1 }) / scale
                let apart = distance(x, w) / scale
                try expect(
                    "firm non-expansiveness", moved * moved + rests * rests - apart * apart,
                    [("x", x), ("P(x)", y), ("w", w), ("P(w)", v)])
            }
        }
    }

    private func tensor(_ values: [Double]) throws -> Tensor { try Tensor(values, shape: report.shape, dtype) }

    private func project(_ x: [Double]) throws -> [Double] {
        let result = try set.project(tensor(x))
        guard result.shape == report.shape, result.dtype == dtype else {
            throw ScriptError(
                Verification.operation,
                "\(set): P(x) is \(Shape.describe(result.shape)) \(result.dtype.rawValue) for x "
                    + "\(Shape.describe(report.shape)) \(dtype.rawValue)"
            )
        }
        return try result.toArray()
    }

    /// Counts a check; throws with the failing case when the failure exceeds the tolerance or is NaN.
    private mutating func expect(_ law: String, _ failure: Double, _ values: [(name: String, value: [Double])]) throws {
        let index = report.laws.firstIndex { $0.name == law } ?? report.laws.count
        if index == report.laws.count { report.laws.append(Verification.Law(name: law)) }
        report.laws[index].checks += 1
        report.laws[index].worst = max(report.laws[index].worst, failure)
        guard failure <= report.tolerance else {
            let shown = values.map { "\($0.name) = \(format($0.value))" }.joined(separator: ", ")
            let amount = failure.isFinite ? " by \(failure) (tolerance \(report.tolerance))" : ""
            throw ScriptError(Verification.operation, "\(set) breaks \(law)\(amount): \(shown)")
        }
    }

    private func distance(_ a: [Double], _ b: [Double]) -> Double { norm(zip(a, b).map { $0 - $1 }) }

    /// The size by which a failure is divided.
    private func size(_ values: [Double]...) -> Double { values.reduce(unit) { max($0, norm($1)) } }
}

/// SplitMix64 (Steele, Lea, Flood 2014), for these points only: the script's random streams are not used.
private struct SmallGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A sum of twelve uniform numbers: nearly normal, which is enough here.
    mutating func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + uniform() } }

    mutating func element<T>(_ array: [T]) -> T { array[Int(next() % UInt64(array.count))] }
}
