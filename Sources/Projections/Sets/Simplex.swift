import Autodiff
import Scripting
import Tensors

/// {x : x >= 0, sum x = s}: with s = 1, the probability vectors.
///
/// Projection: max(x - t, 0) with the threshold t that makes the sum s, found by ``SimplexThreshold/fast(_:sum:)``.
public struct Simplex: CataloguedSet, VectorSet {
    public static let name = "Simplex"
    private let sum: SetParameter

    /// - Throws: when s is not a finite number above 0.
    public init(_ sum: Variable) throws {
        let number = try sum.value.item()
        guard number.isFinite, number > 0 else {
            throw ScriptError(Simplex.operation, "s is \(format(number)); a finite number above 0 expected")
        }
        self.sum = try SetParameter(sum, "s", for: Simplex.operation, scalar: true)
    }

    /// Throws unless the sum is above 0 and finite.
    public init(_ sum: Double = 1) throws { try self.init(Variable(Tensor(sum, .float64))) }

    public var parameters: [SetParameter] { [sum] }
    func check(shape: [Int]) throws {
        if shape.contains(0) {
            throw ScriptError(operation, "x \(Shape.describe(shape)) has no elements: the simplex is empty there")
        }
    }

    func nearest(to x: [Double], shape: [Int]) -> [Double] {
        // Computed from differences to the largest element, which are exact for large x and all that matters.
        let largest = x.reduce(-.infinity, max)
        let heights = x.map { $0 - largest }
        let threshold = SimplexThreshold.fast(heights, sum: sum.number)
        return heights.map { max($0 - threshold, 0) }
    }

    /// The elements above 0 change together with the threshold: v minus its mean over them.
    func vectorFormula(_ x: Variable) throws -> Variable {
        let kept = nearest(to: try x.value.toArray(), shape: x.shape).map { $0 > 0 }
        let count = kept.reduce(0.0) { $1 ? $0 + 1 : $0 }
        return try (x - (x.kept(kept).sum() - sum.variable()) / count).kept(kept)
    }

    public func slope(at x: Tensor) throws -> Slope {
        let kept = nearest(to: try x.toArray(), shape: x.shape).map { $0 > 0 }
        let count = kept.reduce(0.0) { $1 ? $0 + 1 : $0 }
        return { v in
            let mean = v.indices.reduce(0) { kept[$1] ? $0 + v[$1] : $0 } / count
            return v.indices.map { kept[$0] ? v[$0] - mean : 0 }
        }
    }

    func violation(of x: [Double], shape: [Int]) -> Double {
        x.reduce((x.reduce(0, +) - sum.number).magnitude) { max($0, -$1) }
    }

    public var description: String { "projection.Simplex(\(format(sum.number)))" }

    public static let declaration = Declaration(
        "projection.Simplex",
        """
        The set {x : x >= 0, sum x = s} over all elements of x: with s = 1, the probability vectors. In its \
        derivative, elements that end at 0 stay there. For a simplex per row: Product{P}. The threshold is found in \
        expected linear time and agrees with the one found by sorting.
        """,
        takes: .argument("s", .oneNumber, default: .number(1), "above 0"), returns: .projection,
        errors: "s is not a finite number above 0, x has no elements.",
        source: "Duchi et al. 2008 (sorting); Condat 2016, algorithm 1 (the one used).",
        example: """
            local y = projection.Simplex()(tensor({1, 0.5, -3}))
            assert(math.abs(y[1]:item() - 0.75) < 1e-6 and math.abs(y[2]:item() - 0.25) < 1e-6)
            assert(y[3]:item() == 0)
            """
    ) { s in try Simplex(s.variable(.float64)) }

    public static func families() throws -> [SetFamily] {
        [try SetFamily([0.7], shape: [4]) { try Simplex($0[0]) }]
    }

    public static func examples() throws -> [SetExample] {
        [
            SetExample(try Simplex(), shape: [5]),
            SetExample(try Simplex(7), shape: [2, 3]),
            SetExample(try Simplex(0.5), shape: [1]),
        ]
    }
}

/// The number t with sum max(x_i - t, 0) = s: what projections onto the simplex and the L1 ball subtract.
public enum SimplexThreshold {
    /// The plain way, by sorting, in n log n steps: Held, Wolfe, Crowder 1974; Duchi et al. 2008, figure 1.
    public static func sorted(_ x: [Double], sum: Double) -> Double {
        var (total, threshold) = (0.0, 0.0)
        for (count, value) in x.sorted(by: >).enumerated() {
            total += value
            let candidate = (total - sum) / Double(count + 1)
            guard value > candidate else { break }
            threshold = candidate
        }
        return threshold
    }

    /// Condat 2016, algorithm 1: linear in practice. `x` must not be empty, `sum` is above 0.
    public static func fast(_ x: [Double], sum: Double) -> Double {
        guard let first = x.first else { return 0 }
        var active = [first]
        var waiting: [Double] = []
        var threshold = first - sum
        for value in x.dropFirst() where value > threshold {
            threshold += (value - threshold) / Double(active.count + 1)
            if threshold > value - sum {
                active.append(value)
            } else {
                waiting += active
                active = [value]
                threshold = value - sum
            }
        }
        for value in waiting where value > threshold {
            active.append(value)
            threshold += (value - threshold) / Double(active.count)
        }
        while true {
            let before = active.count
            var kept: [Double] = []
            kept.reserveCapacity(before)
            var remaining = before
            for value in active {
                if value > threshold || remaining == 1 {
                    kept.append(value)
                } else {
                    remaining -= 1
                    threshold += (threshold - value) / Double(remaining)
                }
            }
            active = kept
            if active.count == before { break }
        }
        // Computed again from the active elements: the running updates above have gathered rounding errors.
        return (active.reduce(0, +) - sum) / Double(active.count)
    }
}
