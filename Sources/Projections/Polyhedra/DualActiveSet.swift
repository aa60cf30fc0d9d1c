import Scripting

/// The nearest point to x of {y : r_i . y <= l_i, with equality for the first `equations` rows}, or a proof that the
/// set is empty.
///
/// The dual method of Goldfarb and Idnani (1983): starting at x, the most violated constraint is made to hold with
/// equality, while the multipliers of the active ones stay >= 0; one whose multiplier reaches 0 is dropped. The
/// distance grows with every step, so that the method ends.
struct DualActiveSet {
    /// The rows r_i, of length 1.
    let rows: [[Double]]
    let levels: [Double]
    let equations: Int
    let operation: String

    /// A combination of rows (weights >= 0 for inequalities) that is 0, while the same combination of the right-hand
    /// sides is -gap < 0: no y can satisfy them.
    struct Certificate {
        var weights: [(row: Int, weight: Double)]
        var gap: Double
    }

    enum Answer {
        /// The point, and the active rows: those that hold with equality and have a multiplier.
        case point([Double], active: [Int], Directions)
        case empty(Certificate)
    }

    func nearest(to x: [Double]) throws -> Answer {
        var (held, directions) = ([Int](), Directions())
        let ownSize = levels.largestMagnitude
        for i in 0..<equations {
            let (rest, shares) = directions.split(rows[i])
            if norm(rest) > 1e-11 {
                held.append(i)
                directions.append(rest, row: rows[i])
                continue
            }
            // The row is a combination of rows before it.
            let gap = zip(held, shares).reduce(levels[i]) { $0 - $1.1 * levels[$1.0] }
            guard gap.magnitude <= 1e-9 * ownSize else {
                let sign = gap < 0 ? 1.0 : -1
                return .empty(
                    Certificate(
                        weights: [(i, sign)] + zip(held, shares).map { ($0, -sign * $1) }, gap: gap.magnitude))
            }
        }
        var y = directions.foot(of: x, held.map { levels[$0] })
        var multipliers = [Double](repeating: 0, count: held.count)
        var satisfied = Set(held).union(0..<equations)
        for _ in 0..<(100 * (rows.count + x.count) + 100) {
            try Cancellation.check()
            let size = max(norm(y), ownSize)
            var (worst, excess) = (-1, 1e-14 * size)
            for i in equations..<rows.count where !satisfied.contains(i) {
                let height = dot(rows[i], y) - levels[i]
                if height > excess { (worst, excess) = (i, height) }
            }
            guard worst >= 0 else {
                let pushing = held.indices.filter { held[$0] < equations || multipliers[$0] > 0 }
                return .point(y, active: pushing.map { held[$0] }, directions)
            }
            var own = 0.0
            while true {
                let (rest, shares) = directions.split(rows[worst])
                let square = dot(rest, rest)
                let full = square > 1e-22 ? (dot(rows[worst], y) - levels[worst]) / square : .infinity
                var (length, leaves) = (Double.infinity, -1)
                for k in held.indices where held[k] >= equations && shares[k] > 1e-14 {
                    let least = multipliers[k] / shares[k]
                    if least < length { (length, leaves) = (least, k) }
                }
                if full.isInfinite, leaves < 0 {
                    // The rows contradict each other by rounding only.
                    guard excess > 1e-9 * size else {
                        satisfied.insert(worst)
                        break
                    }
                    return .empty(
                        Certificate(
                            weights: [(worst, 1)] + zip(held, shares).map { ($0, -$1) }, gap: excess))
                }
                length = max(0, min(length, full))
                for k in held.indices { multipliers[k] -= length * shares[k] }
                own += length
                if full.isFinite { y = zip(y, rest).map { $0 - length * $1 } }
                if length == full || leaves < 0 {
                    held.append(worst)
                    satisfied.insert(worst)
                    directions.append(rest, row: rows[worst])
                    // Computed from x again, as the steps gather rounding errors.
                    y = directions.foot(of: x, held.map { levels[$0] })
                    multipliers = directions.shares(of: zip(x, y).map { $0 - $1 })
                    for k in held.indices where held[k] >= equations { multipliers[k] = max(0, multipliers[k]) }
                    break
                }
                satisfied.remove(held[leaves])
                held.remove(at: leaves)
                multipliers.remove(at: leaves)
                directions = Directions(held.map { rows[$0] })
            }
        }
        throw ScriptError(operation, "the search did not end: A, b or x are beyond what float64 resolves")
    }
}

/// Rows R, and orthonormal vectors Q that span the same space: R^T = Q U with U upper triangular.
struct Directions {
    private(set) var vectors: [[Double]] = []
    /// U's columns.
    private var factors: [[Double]] = []

    init() {}

    init(_ rows: [[Double]]) {
        for row in rows { append(split(row).rest, row: row) }
    }

    private func components(of v: [Double]) -> (rest: [Double], shares: [Double]) {
        var (rest, shares) = (v, [Double](repeating: 0, count: vectors.count))
        // A second pass removes what rounding left in the first.
        for _ in 0..<2 {
            for (k, q) in vectors.enumerated() {
                let share = dot(q, rest)
                shares[k] += share
                for j in rest.indices { rest[j] -= share * q[j] }
            }
        }
        return (rest, shares)
    }

    /// v split into a part orthogonal to all rows and a combination of the rows.
    func split(_ v: [Double]) -> (rest: [Double], shares: [Double]) {
        let (rest, components) = components(of: v)
        return (rest, solve(components))
    }

    /// Solves U c = b.
    private func solve(_ right: [Double]) -> [Double] {
        var result = right
        for k in result.indices.reversed() {
            result[k] /= factors[k][k]
            for i in 0..<k { result[i] -= factors[k][i] * result[k] }
        }
        return result
    }

    func shares(of v: [Double]) -> [Double] { solve(components(of: v).shares) }

    /// - Parameter rest: the part of the row that is orthogonal to the others.
    mutating func append(_ rest: [Double], row: [Double]) {
        let (again, shares) = components(of: row)
        let length = norm(again)
        factors.append(shares + [length])
        vectors.append(again.map { $0 / length })
    }

    /// The nearest point to x at which the rows have these levels.
    func foot(of x: [Double], _ levels: [Double]) -> [Double] {
        // U^T c = levels
        var heights = levels
        for k in heights.indices {
            for i in 0..<k { heights[k] -= factors[k][i] * heights[i] }
            heights[k] /= factors[k][k]
        }
        var result = x
        for _ in 0..<2 {
            for (q, height) in zip(vectors, heights) {
                let excess = dot(q, result) - height
                for j in result.indices { result[j] -= excess * q[j] }
            }
        }
        return result
    }
}
