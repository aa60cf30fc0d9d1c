import Autodiff
import Scripting
import Tensors

/// {x : lo <= x <= hi, a . x = b}, or a . x <= b: a box with a linear constraint.
///
/// Projection: x - t a, clamped to the box, with the t at which a . x = b. a . x falls with t and is linear between the
/// values of t at which an element reaches a bound; these are sorted, and the right interval is found by bisection.
public struct BoxSection: CataloguedSet, VectorSet {
    public static let name = "BoxSection"
    private let lo, hi, a, b: SetParameter
    private let isEquation: Bool
    /// A power of two near a's size, in units of which products lose no digits.
    private let unit: Double

    /// - Throws: when shapes do not fit, lo > hi, a is 0, or no point of the box satisfies the constraint.
    public init(_ lo: Variable, _ hi: Variable, _ a: Variable, _ b: Variable, isEquation: Bool = true) throws {
        let operation = BoxSection.operation
        self.lo = try SetParameter(lo, "lo", for: operation, infinite: true)
        self.hi = try SetParameter(hi, "hi", for: operation, infinite: true)
        self.a = try SetParameter(a, "a", for: operation)
        self.b = try SetParameter(b, "b", for: operation, scalar: true)
        self.isEquation = isEquation
        guard self.b.number.isFinite, self.a.values.contains(where: { $0 != 0 }) else {
            throw ScriptError(operation, "a is 0 everywhere: a budget's prices expected")
        }
        unit = powerOfTwo(near: self.a.size)
        // Checked also where all bounds are plain numbers.
        _ = try Intervals(lo: self.lo.double, hi: self.hi.double, for: operation)
        if let shape = preferredShape { try check(shape: shape) }
    }

    /// lo <= x <= hi and a . x = b, or <= b, as constants.
    public init(_ lo: Tensor, _ hi: Tensor, _ a: Tensor, _ b: Double, isEquation: Bool = true) throws {
        try self.init(
            Variable(lo), Variable(hi), Variable(a), Variable(Tensor(b, .float64)), isEquation: isEquation)
    }

    public var parameters: [SetParameter] { [lo, hi, a, b] }
    public var size: Double { max(lo.size, hi.size, b.number.magnitude / norm(a.values)) }
    public var preferredShape: [Int]? { [a, lo, hi].map(\.shape).first { !$0.isEmpty } }

    func check(shape: [Int]) throws {
        for (parameter, label) in [(lo, "lo"), (hi, "hi"), (a, "a")] { try check(parameter, label, fits: shape) }
        // The least and the largest a . x in the box.
        var (least, most, size) = (0.0, 0.0, b.number.magnitude)
        for i in 0..<(try Shape.count(shape, for: operation)) where a[i] != 0 {
            let (low, high) = (a[i] * (a[i] > 0 ? lo[i] : hi[i]), a[i] * (a[i] > 0 ? hi[i] : lo[i]))
            least += low
            most += high
            for part in [low, high] where part.isFinite { size += part.magnitude }
        }
        let slack = 1e-12 * size
        guard b.number >= least - slack, !isEquation || b.number <= most + slack else {
            throw ScriptError(
                operation,
                "a . x \(isEquation ? "=" : "<=") \(format(b.number)) is not to be had: in the box a . x goes from "
                    + "\(format(least)) to \(format(most))"
            )
        }
    }

    /// Whether an element is free or at a bound.
    private enum Place { case free, low, high }

    private func clamped(_ value: Double, _ i: Int) -> Double { min(max(value, lo[i]), hi[i]) }

    /// The multiplier t in units of a, and the place of every element. An element counts as at a bound when it stays
    /// there on both sides of t.
    private func solve(_ x: [Double]) throws -> (t: Double, places: [Place]) {
        let (prices, level) = (x.indices.map { a[$0] / unit }, b.number / unit)
        func place(_ value: Double, _ i: Int) -> Place {
            // An interval of one number counts as a bound.
            if lo[i] == hi[i] || value < lo[i] { return .low }
            return value > hi[i] ? .high : .free
        }
        func spent(_ t: Double) -> Double {
            x.indices.reduce(0) { $0 + prices[$1] * clamped(x[$1] - t * prices[$1], $1) }
        }
        if !isEquation, spent(0) <= level { return (0, x.indices.map { place(x[$0], $0) }) }
        // For each element, the values of t between which it is free.
        let spans = x.indices.map { i -> (Double, Double) in
            guard prices[i] != 0 else { return (-.infinity, .infinity) }
            let (p, q) = ((x[i] - lo[i]) / prices[i], (x[i] - hi[i]) / prices[i])
            return (min(p, q), max(p, q))
        }
        let marks = try spans.flatMap { [$0.0, $0.1] }.filter(\.isFinite).interruptiblySorted(by: <)
        var (low, high) = (0, marks.count)
        while low < high {
            try Cancellation.check()
            let middle = (low + high) / 2
            if spent(marks[middle]) <= level { high = middle } else { low = middle + 1 }
        }
        let from = low > 0 ? marks[low - 1] : -.infinity
        let to = low < marks.count ? marks[low] : .infinity
        let places = x.indices.map { i -> Place in
            if prices[i] == 0 { return place(x[i], i) }
            if lo[i] == hi[i] { return .low }
            if spans[i].0 <= from, spans[i].1 >= to { return .free }
            return (spans[i].1 <= from) == (prices[i] > 0) ? .low : .high
        }
        var (rest, square) = (-level, 0.0)
        for i in x.indices {
            rest += prices[i] == 0 ? 0 : prices[i] * (places[i] == .free ? x[i] : places[i] == .low ? lo[i] : hi[i])
            if places[i] == .free { square += prices[i] * prices[i] }
        }
        let t = square > 0 ? min(max(rest / square, from), to) : (to.isFinite ? to : from)
        return (t.isFinite ? t : 0, places)
    }

    func nearest(to x: [Double], shape: [Int]) throws -> [Double] {
        let (t, places) = try solve(x)
        var result = x.indices.map { i in
            switch places[i] {
            case .free: clamped(x[i] - t * (a[i] / unit), i)
            case .low: lo[i]
            case .high: hi[i]
            }
        }
        guard isEquation || t > 0 else { return result }
        // What rounding left of a . x - b is distributed over the free elements.
        var (rest, square) = (-b.number / unit, 0.0)
        for i in x.indices where a[i] != 0 {
            rest += a[i] / unit * result[i]
            if places[i] == .free { square += a[i] / unit * (a[i] / unit) }
        }
        guard square > 0 else { return result }
        for i in x.indices where places[i] == .free {
            result[i] = clamped(result[i] - rest / square * (a[i] / unit), i)
        }
        return result
    }

    func vectorFormula(_ x: Variable) throws -> Variable {
        let (t, places) = try solve(x.value.toArray())
        let free = places.map { $0 == .free }
        let low = try lo.variable(for: x.shape).kept(places.map { $0 == .low })
        let bounds = try low + hi.variable(for: x.shape).kept(places.map { $0 == .high })
        let prices = try a.variable(for: x.shape) / unit
        let square = try (prices * prices).kept(free).sum()
        guard isEquation || t > 0, try square.value.item() > 0 else { return try x.kept(free, else: bounds) }
        let spent = try (prices * x).kept(free).sum() + (prices * bounds).sum()
        return try (x - prices * ((spent - b.variable() / unit) / square)).kept(free, else: bounds)
    }

    func violation(of x: [Double], shape: [Int]) -> Double {
        let length = norm(x.indices.map { a[$0] })
        var (largest, height) = (0.0, -b.number / length)
        for i in x.indices {
            largest = max(largest, lo[i] - x[i], x[i] - hi[i])
            height += a[i] / length * x[i]
        }
        return max(largest, isEquation ? height.magnitude : height)
    }

    public var description: String {
        "projection.BoxSection(\(lo), \(hi), \(a), \(format(b.number))\(isEquation ? "" : ", {at_most = true}"))"
    }

    public static let declaration = Declaration(
        "projection.BoxSection",
        """
        The set {x : lo <= x <= hi, a . x = b}: a box and a budget, exactly and in n log n, where Intersection would \
        search. Bounds may be infinite.
        """,
        takes: .argument("lo", .entries, "a number, or of x's shape"), .argument("hi", .entries),
        .argument("a", .entries, "prices: a number, or of x's shape"), .argument("b", .scalar),
        .option("at_most", .flag, default: false, "a . x <= b instead"), returns: .projection,
        errors:
            "lo > hi (the index is named), a is 0, or no point of the box spends b (what it can spend is in the "
                + "message).",
        source: "Brucker 1984 (the continuous quadratic knapsack).",
        example: """
            local P = projection.BoxSection(0, 1, {1, 1, 1}, 2)
            local y = P(tensor({3, 0.5, 0.1}))
            assert(y[{1}] == 1 and math.abs(y[{2}] - 0.7) < 1e-6 and math.abs(y[{3}] - 0.3) < 1e-6)
            assert(not pcall(projection.BoxSection, 0, 1, {1, 1}, 3))
            """,
        see: ["projection.Box", "projection.Polyhedron"]
    ) { lo, hi, a, b, isAtMost in try BoxSection(lo, hi, a, b, isEquation: !isAtMost) }

    public static func families() throws -> [SetFamily] {
        [
            try SetFamily([-0.3, -0.2, -0.5], [0.7, 0.6, 0.8], [1, -2, 0.5], [0.3], shape: [3]) {
                try BoxSection($0[0], $0[1], $0[2], $0[3])
            },
            try SetFamily([1, 2, 0.5, 1], [0.3], shape: [4]) {
                try BoxSection(
                    Variable(Tensor(0, .float64)), Variable(Tensor(1, .float64)), $0[0], $0[1], isEquation: false)
            },
        ]
    }

    public static func examples() throws -> [SetExample] {
        let prices = try Tensor([1, 1, 2, -1], shape: [4], .float64)
        return [
            SetExample(try BoxSection(Tensor(0), Tensor(1), prices, 1.5), shape: [4]),
            SetExample(try BoxSection(Tensor(0), Tensor(1), prices, 0.5, isEquation: false), shape: [4]),
            SetExample(
                try BoxSection(
                    Tensor([-1, 0, -.infinity], shape: [3]), Tensor([1, .infinity, 2], shape: [3]),
                    Tensor([1, 0, 3], shape: [3]), -2), shape: [3]),
            SetExample(try BoxSection(Tensor(0), Tensor(2), Tensor(1), 1), shape: [2, 3]),
        ]
    }
}
