import Autodiff
import Tensors

@testable import Projections

/// A set beside a slow but obviously right way to its nearest points.
struct SlowReference: Sendable {
    let name: String
    let shape: [Int]
    let make: @Sendable () throws -> any ProjectableSet
    let nearest: @Sendable ([Double]) throws -> [Double]
    /// The precision of the slow way.
    var tolerance = 1e-8

    static let rows = [[1.0, 2, 0], [-1, 0, 1], [0, -1, -1], [1, 1, 1]]
    static let levels = [1, 2, 0.5, 1.5]
    static let matrix = [[4, 1, 0], [1, 1, 0.2], [0, 0.2, 0.3]]
    static let center = [1.0, -2, 0]

    static let all: [SlowReference] = [
        SlowReference(name: "Polyhedron", shape: [3]) {
            try Polyhedron(float64(rows.flatMap { $0 }, [4, 3]), float64(levels))
        } nearest: { bestOfFlats($0, rows, levels) },
        SlowReference(name: "Polyhedron with equations", shape: [3]) {
            try Polyhedron(
                Variable(float64(rows.flatMap { $0 }, [4, 3])), Variable(float64(levels)),
                equal: (Variable(float64([1, -1, 1], [1, 3])), Variable(float64([0.2]))))
        } nearest: { bestOfFlats($0, rows, levels, [[1, -1, 1]], [0.2]) },
        // y = c + P u with (P + t I) u = x - c; t by bisection.
        SlowReference(name: "Ellipsoid", shape: [3]) {
            try Ellipsoid(center: float64(center), matrix: float64(matrix.flatMap { $0 }, [3, 3]))
        } nearest: { x in
            let away = zip(x, center).map { $0 - $1 }
            func solution(_ t: Double) -> (u: [Double], y: [Double]) {
                var lifted: [[Double]] = matrix
                for i in 0..<3 { lifted[i][i] += t }
                let u = solved(lifted, away) ?? []
                return (u, matrix.map { dot($0, u) })
            }
            func isOutside(_ t: Double) -> Bool {
                let (u, y) = solution(t)
                return dot(u, y) > 1
            }
            guard isOutside(0) else { return x }
            let t = bisected(0, 1e6, isOutside)
            return zip(center, solution(t).y).map { $0 + $1 }
        },
        SlowReference(name: "NuclearBall", shape: [3, 2]) { try NuclearBall(0.8) } nearest: { x in
            try withSquares(x) { values in
                guard values.reduce(0, +) > 0.8 else { return values }
                let t = bisected(0, 1e6) { t in values.reduce(0) { $0 + max($1 - t, 0) } > 0.8 }
                return values.map { max($0 - t, 0) }
            }
        },
        SlowReference(name: "SpectralBall", shape: [3, 2]) { try SpectralBall(0.8) } nearest: { x in
            try withSquares(x) { $0.map { min($0, 0.8) } }
        },
        SlowReference(name: "BoxSection", shape: [4]) {
            try BoxSection(Tensor(0), Tensor(1), float64([1, 1, 2, -1]), 1.5)
        } nearest: { budgeted($0, [1, 1, 2, -1], 1.5, from: -1e6) },
        SlowReference(name: "BoxSection at most", shape: [4]) {
            try BoxSection(Tensor(0), Tensor(1), float64([1, 1, 2, -1]), 0.5, isEquation: false)
        } nearest: { budgeted($0, [1, 1, 2, -1], 0.5, from: 0) },
        SlowReference(name: "Birkhoff", shape: [3, 3]) { Birkhoff() } nearest: { alternated($0) },
        // y_i is the maximum over j <= i of the minimum over k >= i of the mean of x_j ... x_k.
        SlowReference(name: "Monotone", shape: [6]) { Monotone() } nearest: { x in
            x.indices.map { (i: Int) -> Double in
                var largest = -Double.infinity
                for j in 0...i {
                    var least = Double.infinity
                    for k in i..<x.count { least = min(least, x[j...k].reduce(0, +) / Double(k - j + 1)) }
                    largest = max(largest, least)
                }
                return largest
            }
        },
        // As a polyhedron with one inequality for every choice of the differences' signs.
        SlowReference(name: "TVBall", shape: [4]) { try TVBall(0.7) } nearest: { x in
            let rows = (0..<8).map { code -> [Double] in
                var row = [Double](repeating: 0, count: 4)
                for i in 0..<3 {
                    let sign = code >> i & 1 == 1 ? 1.0 : -1
                    row[i + 1] += sign
                    row[i] -= sign
                }
                return row
            }
            return bestOfFlats(x, rows, rows.map { _ in 0.7 })
        },
        // X (X^T X)^(-1/2), where a 2 by 2 matrix M has the square root (M + sqrt(det M) I) / sqrt(tr M + 2 sqrt(det
        // M)).
        SlowReference(name: "Stiefel", shape: [3, 2]) { Stiefel() } nearest: { x in
            let (first, second): ([Double], [Double]) = ([x[0], x[2], x[4]], [x[1], x[3], x[5]])
            let (a, b, c): (Double, Double, Double) = (dot(first, first), dot(first, second), dot(second, second))
            let root: Double = (a * c - b * b).squareRoot()
            let scale: Double = (a + c + 2 * root).squareRoot()
            let factor: [[Double]] = [[(a + root) / scale, b / scale], [b / scale, (c + root) / scale]]
            var result: [Double] = []
            for i in 0..<3 { result += solved(factor, [x[i * 2], x[i * 2 + 1]]) ?? [] }
            return result
        },
        // The best of the points on many rays of the curve, of points of the edge, and of 0.
        SlowReference(
            name: "ExponentialCone", shape: [3], make: { ExponentialCone() },
            nearest: { x in
                if x[1] > 0, x[1] * exponential(x[0] / x[1]) <= x[2] { return x }
                func onRay(_ rho: Double) -> [Double] {
                    let ray = [rho, 1, exponential(rho)]
                    let along = max(0, dot(ray, x) / dot(ray, ray))
                    return ray.map { along * $0 }
                }
                func distance(_ y: [Double]) -> Double { norm(zip(x, y).map { $0 - $1 }) }
                var candidates = [[0, 0, 0], [min(x[0], 0), 0, max(x[2], 0)]]
                for step in -400...300 {
                    // Far to the left, where y is small beside x.
                    var (low, high) = (-sinh(Double(1 - step) / 50), -sinh(-Double(step + 1) / 50))
                    guard [low, high].allSatisfy({ distance(onRay($0)) >= distance(onRay((low + high) / 2)) }) else {
                        continue
                    }
                    for _ in 0..<100 {
                        let (a, b) = (low + (high - low) / 3, high - (high - low) / 3)
                        if distance(onRay(a)) < distance(onRay(b)) { high = b } else { low = a }
                    }
                    candidates.append(onRay((low + high) / 2))
                }
                return candidates.min { distance($0) < distance($1) } ?? x
            }, tolerance: 1e-6),
    ]
}

/// The hyperbolic sine, which grows like e^|x| in both directions.
private func sinh(_ x: Double) -> Double { (exponential(x) - exponential(-x)) / 2 }

/// e^x: the power series for a small part of x, squared repeatedly.
private func exponential(_ x: Double) -> Double {
    let small = x / 1024
    var (term, sum) = (1.0, 1.0)
    for k in 1..<25 {
        term *= small / Double(k)
        sum += term
    }
    for _ in 0..<10 { sum *= sum }
    return sum
}

/// Dykstra's algorithm between the matrices with the right sums and those without negative elements, for 3 by 3.
private func alternated(_ x: [Double]) -> [Double] {
    var (y, correction) = (x, [Double](repeating: 0, count: 9))
    for _ in 0..<3000 {
        for i in 0..<3 {
            let excess: Double = (y[3 * i] + y[3 * i + 1] + y[3 * i + 2] - 1) / 3
            for j in 0..<3 { y[3 * i + j] -= excess }
        }
        for j in 0..<3 {
            let excess: Double = (y[j] + y[3 + j] + y[6 + j] - 1) / 3
            for i in 0..<3 { y[3 * i + j] -= excess }
        }
        for i in 0..<9 {
            let lifted: Double = y[i] + correction[i]
            y[i] = max(lifted, 0)
            correction[i] = lifted - y[i]
        }
    }
    return y
}

/// The number above `low` at which a condition that holds at `low` ceases to hold, by bisection.
private func bisected(_ low: Double, _ high: Double, _ holds: (Double) -> Bool) -> Double {
    var (low, high) = (low, high)
    for _ in 0..<200 {
        let middle = (low + high) / 2
        if holds(middle) { low = middle } else { high = middle }
    }
    return (low + high) / 2
}

/// The nearest point of the unit box with a budget a . y <= b, by bisection for the budget's multiplier.
private func budgeted(_ x: [Double], _ a: [Double], _ b: Double, from low: Double) -> [Double] {
    func point(_ t: Double) -> [Double] { zip(x, a).map { min(max($0 - t * $1, 0), 1) } }
    if low == 0, dot(a, point(0)) <= b { return point(0) }
    return point(bisected(low, 1e6) { dot(a, point($0)) > b })
}

/// X V diag(w / s) V^T with V and s from the eigenvalues of X^T X, for X of shape (3, 2): X with singular values w.
private func withSquares(_ x: [Double], _ weights: ([Double]) -> [Double]) throws -> [Double] {
    let matrix = try float64(x, [3, 2])
    let (squares, vectors) = try matrix.transpose(0, 1).matmul(matrix).eigh()
    let (values, v) = (try squares.toArray().map { max($0, 0).squareRoot() }, try vectors.toArray())
    let shares: [Double] = zip(weights(values), values).map { $1 > 0 ? $0 / $1 : 0 }
    var result = [Double](repeating: 0, count: 6)
    for i in 0..<3 {
        for k in 0..<2 {
            let along: Double = x[i * 2] * v[k] + x[i * 2 + 1] * v[2 + k]
            for j in 0..<2 { result[i * 2 + j] += along * shares[k] * v[j * 2 + k] }
        }
    }
    return result
}

/// The nearest to x of all points that are x's projection onto the flat where some rows hold with equality, and satisfy
/// all rows.
private func bestOfFlats(
    _ x: [Double], _ rows: [[Double]], _ levels: [Double], _ equations: [[Double]] = [], _ values: [Double] = []
) -> [Double] {
    var best: (point: [Double], distance: Double)?
    for chosen in 0..<(1 << rows.count) {
        let places = rows.indices.filter { chosen >> $0 & 1 == 1 }
        let (flat, right) = (equations + places.map { rows[$0] }, values + places.map { levels[$0] })
        guard flat.count <= x.count else { continue }
        let products = flat.map { a in flat.map { dot(a, $0) } }
        guard let weights = solved(products, zip(flat, right).map { dot($0, x) - $1 }) else { continue }
        let point = x.indices.map { j in zip(flat, weights).reduce(x[j]) { $0 - $1.1 * $1.0[j] } }
        let scale = 1e-9 * max(1, norm(x))
        guard zip(rows, levels).allSatisfy({ dot($0, point) <= $1 + scale }) else { continue }
        let distance = norm(zip(x, point).map { $0 - $1 })
        if distance < best?.distance ?? .infinity { best = (point, distance) }
    }
    return best?.point ?? []
}

/// The solution of a small system, by elimination; nil when it is singular.
private func solved(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
    var rows = zip(matrix, right).map { $0 + [$1] }
    let n = right.count
    for k in 0..<n {
        guard let pivot = (k..<n).max(by: { abs(rows[$0][k]) < abs(rows[$1][k]) }), abs(rows[pivot][k]) > 1e-12 else {
            return nil
        }
        rows.swapAt(k, pivot)
        for i in 0..<n where i != k {
            let factor = rows[i][k] / rows[k][k]
            for j in k...n { rows[i][j] -= factor * rows[k][j] }
        }
    }
    return rows.indices.map { rows[$0][n] / rows[$0][$0] }
}
