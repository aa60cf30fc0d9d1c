import Autodiff
import Scripting
import Tensors

/// The nearest matrix with elements >= 0 whose rows and columns sum to `sum`: max(x_ij + u_i + v_j, 0) with u and v
/// such that the sums are right. These minimise half the sum of its squares minus sum times all u and v (the dual
/// problem), found by a semismooth Newton method (Li, Sun and Toh 2020).
struct BirkhoffSearch {
    let n: Int
    let operation: String

    /// The nearest matrix, and which of its elements are above 0.
    func nearest(to given: [Double]) throws -> (point: [Double], mask: [Bool]) {
        // Adding a number to a whole row or column does not change the result: x is centered first, which keeps digits.
        let means = centers(of: given)
        let centered = given.indices.map { given[$0] - means.rows[$0 / n] - means.columns[$0 % n] }
        let unit = powerOfTwo(near: max(centered.largestMagnitude, 1 / Double(n)))
        let (x, sum) = (centered.map { $0 / unit }, 1 / unit)
        var point = Point(x, [Double](repeating: sum / Double(n), count: n) + [Double](repeating: 0, count: n), sum, n)
        for _ in 0..<500 {
            try Cancellation.check()
            guard point.fault > 0 else { break }
            let step = try direction(point)
            let descent = dot(step, point.gradient)
            guard descent < 0, descent.isFinite else { break }
            var (length, next) = (1.0, point)
            var isBetter = false
            for _ in 0..<50 where !isBetter {
                next = Point(x, zip(point.duals, step).map { $0 + length * $1 }, sum, n)
                isBetter = next.value <= point.value + 1e-4 * length * descent || next.fault < 0.5 * point.fault
                length /= 2
            }
            // Neither the gradient nor the value falls any more: the limit of rounding.
            guard isBetter, next.fault < point.fault || next.value < point.value else { break }
            point = next
            if point.fault <= 1e-15 * sum { break }
        }
        let mask = point.values.map { $0 > 0 }
        // At last the sums are made exact by changes of the elements above 0.
        let average = try Averages(mask, n, operation)
        var result = point.values
        for _ in 0..<2 { result = try average.withSums(sum, result) }
        let least = result.reduce(0, min)
        let excess = sums(of: result).reduce(0) { max($0, ($1 - sum).magnitude) }
        guard least > -1e-9 * sum, excess < 1e-9 * sum else {
            throw ScriptError(
                operation,
                "x is beyond what float64 resolves: elements differ by up to \(shown(centered.largestMagnitude)), "
                    + "beside sums of 1"
            )
        }
        return (result.map { max($0, 0) * unit }, mask)
    }

    /// u and v that make the row and column sums of x 0.
    private func centers(of x: [Double]) -> (rows: [Double], columns: [Double]) {
        var (rows, columns) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
        for i in x.indices { rows[i / n] += x[i] / Double(n) }
        for i in x.indices { columns[i % n] += (x[i] - rows[i / n]) / Double(n) }
        return (rows, columns)
    }

    private func sums(of x: [Double]) -> [Double] { Point.sums(x, n) }

    /// The Newton step of u and v. A small multiple of the identity is added to the second derivative, which may be
    /// singular.
    private func direction(_ point: Point) throws -> [Double] {
        let counts = Point.sums(point.values.map { $0 > 0 ? 1 : 0 }, n)
        let lift = min(1e-3, point.fault)
        var matrix = [Double](repeating: 0, count: 4 * n * n)
        for k in 0..<2 * n { matrix[k * 2 * n + k] = counts[k] + max(lift, 1e-13) }
        for i in point.values.indices where point.values[i] > 0 {
            matrix[i / n * 2 * n + n + i % n] = 1
            matrix[(n + i % n) * 2 * n + i / n] = 1
        }
        let right = try Tensor(point.gradient.map { -$0 }, shape: [2 * n, 1], .float64)
        return try Tensor(matrix, shape: [2 * n, 2 * n], .float64).solve(right, for: operation).toArray()
    }

    private struct Point {
        let duals: [Double]
        let values: [Double]
        /// The gradient by u and v: the sums' errors, rows first.
        let gradient: [Double]
        let value: Double
        /// The norm of the gradient.
        let fault: Double

        init(_ x: [Double], _ duals: [Double], _ sum: Double, _ n: Int) {
            self.duals = duals
            values = x.indices.map { max(0, x[$0] + duals[$0 / n] + duals[n + $0 % n]) }
            gradient = Point.sums(values, n).map { $0 - sum }
            value = values.reduce(0) { $0 + $1 * $1 / 2 } - sum * duals.reduce(0, +)
            fault = norm(gradient)
        }

        /// The sums of rows, then of columns.
        static func sums(_ x: [Double], _ n: Int) -> [Double] {
            var result = [Double](repeating: 0, count: 2 * n)
            for i in x.indices {
                result[i / n] += x[i]
                result[n + i % n] += x[i]
            }
            return result
        }
    }

    /// Matrices that are 0 off a mask, changed by a number per row and per column.
    struct Averages {
        private let mask: [Bool]
        private let n: Int
        /// The pseudo-inverse of the matrix that maps these numbers to changes of the sums.
        private let inverse: Variable

        init(_ mask: [Bool], _ n: Int, _ operation: String) throws {
            (self.mask, self.n) = (mask, n)
            let counts = Point.sums(mask.map { $0 ? 1 : 0 }, n)
            var matrix = [Double](repeating: 0, count: 4 * n * n)
            for k in 0..<2 * n { matrix[k * 2 * n + k] = counts[k] }
            for i in mask.indices where mask[i] {
                matrix[i / n * 2 * n + n + i % n] = 1
                matrix[(n + i % n) * 2 * n + i / n] = 1
            }
            let (values, vectors) = try Tensor(matrix, shape: [2 * n, 2 * n], .float64).eigh(for: operation)
            let largest = Double(2 * n)
            // The matrix has small whole numbers as elements, so that eigenvalues are either far from 0 or 0.
            let shares = try values.toArray().map { $0 > 1e-10 * largest ? 1 / $0 : 0 }
            let columns = Variable(vectors)
            inverse = try (columns * Variable(shares, shape: [2 * n])).matmul(columns.transposed())
        }

        /// The nearest matrix that is 0 off the mask and has these sums.
        func withSums(_ sum: Double, _ x: [Double]) throws -> [Double] {
            let kept = x.indices.map { mask[$0] ? x[$0] : 0 }
            let rest = Point.sums(kept, n).map { sum - $0 }
            let moves = try inverse.matmul(Variable(rest, shape: [2 * n])).value.toArray()
            return kept.indices.map { mask[$0] ? kept[$0] + moves[$0 / n] + moves[n + $0 % n] : 0 }
        }
    }
}
