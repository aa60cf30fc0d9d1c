import Autodiff
import Scripting
import Tensors

/// The common point of several convex sets that is nearest to x, with its multipliers.
///
/// The conditions: x - y = z_1 + ... + z_m, z_i a normal of set i at y. They are solved by the method of multipliers,
/// whose inner problem, to minimise |y - x|^2 / 2 + rho / 2 sum |w_i - P_i(w_i)|^2 with w_i = y + z_i / rho, is smooth
/// and strongly convex, by a semismooth Newton method (Rockafellar 1976; Qi and Sun 1993; Li, Sun and Toh 2018). It
/// needs of a set no more than its projection and the derivative of that. Everything is computed in units of a power of
/// two near the size of x, so that it does not depend on the scale.
struct CommonPoint {
    /// A set of the intersection.
    struct Member {
        let set: any ProjectableSet
        /// The set as intervals, for the member that stands for all elementwise ones.
        let intervals: Intervals?

        func project(_ x: Tensor) throws -> Tensor {
            try intervals?.project(x, for: Intersection.operation) ?? set.project(x)
        }

        func slope(at x: Tensor) throws -> Slope {
            try intervals?.slope(at: x, for: Intersection.operation) ?? set.slope(at: x)
        }
    }

    /// The result of a search, converged or not.
    struct Result {
        var point: [Double]
        /// For each member a normal at the point; they sum to x - point.
        var multipliers: [[Double]]
        /// The larger of the distance to the farthest member and the remaining movement of the point.
        var error: Double
        /// No common point is nearer to `point` than this: above 0 it proves that the sets do not meet there (see
        /// ``certificate``).
        var emptyWithin: Double
        /// How many times all members were projected onto.
        var sweeps: Int
        /// For a ball and another set: the t of ``BallSearch``.
        var share: Double?
        /// Other sets of multipliers found on the way, with how far the members were apart then:
        /// ``chooseMultipliers(for:)`` picks from them.
        fileprivate var candidates: [(multipliers: [[Double]], apart: Double)] = []

        init(point: [Double], multipliers: [[Double]], error: Double, emptyWithin: Double, sweeps: Int) {
            self.point = point
            self.multipliers = multipliers
            self.error = error
            self.emptyWithin = emptyWithin
            self.sweeps = sweeps
        }

        /// |x - point - sum z_i|, by which the multipliers fail to sum to x - point.
        fileprivate func imbalance(from x: [Double]) -> Double { imbalance(of: multipliers, from: x) }

        private func imbalance(of multipliers: [[Double]], from x: [Double]) -> Double {
            norm(multipliers.reduce(zip(x, point).map { $0 - $1 }) { zip($0, $1).map { $0 - $1 } })
        }

        /// Picks the multipliers that are nearest to being normals at the point and to summing to x - point.
        fileprivate mutating func chooseMultipliers(for x: [Double]) {
            let faults = candidates.map { max($0.apart, imbalance(of: $0.multipliers, from: x)) }
            if let least = faults.indices.min(by: { faults[$0] < faults[$1] }) {
                multipliers = candidates[least].multipliers
            }
            candidates = []
        }
    }

    let members: [Member]
    let shape: [Int]
    /// The most sweeps over all members.
    let limit: Int
    let unit: Double
    /// The size of the sets, and the larger of that and the size of x, both in units.
    private let ownSize, reach: Double

    init(_ members: [Member], near x: [Double], shape: [Int], limit: Int) {
        (self.members, self.shape, self.limit) = (members, shape, limit)
        let size = members.reduce(0) { max($0, $1.intervals?.size ?? $1.set.size) }
        unit = powerOfTwo(near: x.largestMagnitude > 0 ? x.largestMagnitude : size)
        ownSize = size / unit
        reach = max(ownSize, x.largestMagnitude / unit)
    }

    /// Solves for `x`.
    func nearest(to x: [Double]) throws -> Result {
        let x = x.map { $0 / unit }
        var best = try search(x, from: x, members.map { _ in x.map { _ in 0 } }, rho: 10, limit)
        // With w_i = y + z_i / rho of the size of y, both y and z_i keep their digits. A smaller rho (as for a far x)
        // would lose those of y, a larger one (as for sets that hardly meet) those of z_i.
        let largest = best.multipliers.reduce(0) { max($0, norm($1)) }
        let balance = largest / max(norm(best.point), 1e-3 * ownSize)
        best.candidates.append((best.multipliers, best.error))
        if best.emptyWithin <= 1e3 * reach, balance.isFinite, best.sweeps < limit,
            balance > 100 || best.imbalance(from: x) > 1e-13 * reach
        {
            let again = try search(
                x, from: best.point, best.multipliers, rho: min(max(balance, 10), 1e12), limit - best.sweeps)
            if again.error < best.error { (best.point, best.error) = (again.point, again.error) }
            best.candidates += again.candidates + [(again.multipliers, again.error)]
            best.emptyWithin = max(best.emptyWithin, again.emptyWithin)
            best.sweeps += again.sweeps
        }
        best.chooseMultipliers(for: x)
        return scaled(best)
    }

    /// The method of multipliers, starting from y; in units.
    private func search(
        _ x: [Double], from start: [Double], _ multipliers: [[Double]], rho: Double, _ limit: Int
    ) throws -> Result {
        var (y, multipliers, sweeps, rho) = (start, multipliers, 0, rho)
        var best = Result(point: y, multipliers: multipliers, error: .infinity, emptyWithin: 0, sweeps: 0)
        var before = Double.infinity
        var least = Double.infinity
        var idle = 0
        while sweeps < limit {
            let multipliersBefore = multipliers
            let step = try minimize(x, from: y, multipliers, rho, &sweeps, limit)
            y = step.point
            multipliers = step.normals.map { $0.map { rho * $0 } }
            // The Newton step, not the imbalance: with a large rho most of the latter is rounding of w_i, which hardly
            // moves y.
            let error = max(step.apart, norm(try newtonStep(step, multipliersBefore, rho)))
            let fault = max(step.apart, step.imbalance)
            if fault < least { (least, best.candidates) = (fault, [(multipliers, step.apart)]) }
            best.emptyWithin = max(best.emptyWithin, certificate(y, step.images, multipliers, rho))
            idle = error < 0.9 * best.error ? 0 : idle + 1
            if error < best.error { (best.point, best.multipliers, best.error) = (y, multipliers, error) }
            let size = best.point.largestMagnitude
            if error <= 1e-15 * size || best.emptyWithin > 1e9 * reach { break }
            // Converged to rounding; or sets that do not come together.
            if idle >= 2, best.error <= 1e-13 * size { break }
            if idle >= (rho < 1e12 ? 24 : 8) { break }
            // rho only as large as needed: a larger one brings the members together faster, but adds rounding errors.
            if step.apart > 0.1 * before { rho = min(rho * 10, 1e14) }
            before = step.apart
        }
        best.sweeps = sweeps
        return best
    }

    private func scaled(_ result: Result) -> Result {
        var result = result
        result.point = result.point.map { $0 * unit }
        result.multipliers = result.multipliers.map { $0.map { $0 * unit } }
        result.error *= unit
        result.emptyWithin *= unit
        return result
    }

    /// A radius around y without a common point. With normals z_i at points p_i, every common point u satisfies sum
    /// <z_i, u - p_i> <= 0, so that |u - y| >= sum <z_i, y - p_i> / |sum z_i|.
    private func certificate(
        _ y: [Double], _ images: [[Double]], _ multipliers: [[Double]], _ rho: Double
    ) -> Double {
        var total = [Double](repeating: 0, count: y.count)
        var (gap, noise) = (0.0, 0.0)
        for (image, z) in zip(images, multipliers) {
            for j in y.indices { total[j] += z[j] }
            gap += zip(z, zip(y, image)).reduce(0) { $0 + $1.0 * ($1.1.0 - $1.1.1) }
            // The rounding error of that sum: of the points, and of w_i = p_i + z_i / rho from which p_i was computed.
            noise += norm(z) * (1e-12 * max(norm(y), norm(image)) + 1e-15 * norm(z) / rho)
        }
        guard gap > noise else { return 0 }
        let slope = norm(total)
        return slope > 0 ? gap / slope : .infinity
    }

    /// The result of one inner problem.
    struct Step {
        var point: [Double]
        /// P_i(w_i).
        var images: [[Double]]
        /// w_i - P_i(w_i).
        var normals: [[Double]]
        var gradient: [Double]
        var value: Double
        var apart: Double { images.reduce(0) { max($0, norm(zip($1, point).map { $0 - $1 })) } }
        var imbalance: Double { norm(gradient) }
    }

    /// Solves the inner problem, starting from y.
    func minimize(
        _ x: [Double], from y: [Double], _ multipliers: [[Double]], _ rho: Double, _ sweeps: inout Int, _ limit: Int
    ) throws -> Step {
        var step = try evaluate(y, x, multipliers, rho, &sweeps)
        for _ in 0..<60 {
            try Cancellation.check()
            if step.imbalance <= max(1e-15 * norm(step.point), 0.01 * step.apart) || sweeps >= limit { break }
            let direction = try newtonStep(step, multipliers, rho)
            let descent = dot(step.gradient, direction)
            guard descent < 0, descent.isFinite else { break }
            var length = 1.0
            var next = step
            var isBetter = false
            // Where a kink lies at the point itself the problem is rho times as steep: steps down to a length of 1 /
            // rho may be needed.
            for _ in 0..<50 {
                next = try evaluate(zip(step.point, direction).map { $0 + length * $1 }, x, multipliers, rho, &sweeps)
                isBetter = next.value <= step.value + 1e-4 * length * descent || next.imbalance < 0.5 * step.imbalance
                if isBetter { break }
                length /= 2
            }
            guard isBetter else { break }
            let isStill = next.imbalance >= step.imbalance && next.value >= step.value
            step = next
            if isStill { break }
        }
        return step
    }

    /// The Newton step from the point towards the solution of the inner problem: its length estimates the error.
    private func newtonStep(_ step: Step, _ multipliers: [[Double]], _ rho: Double) throws -> [Double] {
        try Newton(members, at: points(step.point, multipliers, rho), unit, rho, shape).solve(step.gradient).map { -$0 }
    }

    private func points(_ y: [Double], _ multipliers: [[Double]], _ rho: Double) -> [[Double]] {
        multipliers.map { z in y.indices.map { y[$0] + z[$0] / rho } }
    }

    private func evaluate(
        _ y: [Double], _ x: [Double], _ multipliers: [[Double]], _ rho: Double, _ sweeps: inout Int
    ) throws -> Step {
        sweeps += 1
        var gradient = zip(y, x).map { $0 - $1 }
        var value = dot(gradient, gradient) / 2
        var (images, normals): ([[Double]], [[Double]]) = ([], [])
        for (member, w) in zip(members, points(y, multipliers, rho)) {
            let image = try member.project(Tensor(w.map { $0 * unit }, shape: shape, .float64)).toArray().map {
                $0 / unit
            }
            let normal = zip(w, image).map { $0 - $1 }
            for j in y.indices { gradient[j] += rho * normal[j] }
            value += rho / 2 * dot(normal, normal)
            images.append(image)
            normals.append(normal)
        }
        return Step(point: y, images: images, normals: normals, gradient: gradient, value: value)
    }
}

/// The derivative of the inner problem's gradient, I + rho sum (I - D_i), and its inverse: a matrix for few elements,
/// conjugate gradients for many.
struct Newton {
    private let slopes: [Slope]
    private let rho: Double
    private let matrix: Tensor?

    /// - Parameter points: for each member the point at which its projection is differentiated, in units of `unit`.
    init(
        _ members: [CommonPoint.Member], at points: [[Double]], _ unit: Double, _ rho: Double, _ shape: [Int]
    ) throws {
        slopes = try zip(members, points).map { member, w in
            try member.slope(at: Tensor(w.map { $0 * unit }, shape: shape, .float64))
        }
        self.rho = rho
        let n = points.first?.count ?? 0
        guard n <= 64 else {
            matrix = nil
            return
        }
        var entries = [Double](repeating: 0, count: n * n)
        for j in 0..<n {
            var axis = [Double](repeating: 0, count: n)
            axis[j] = 1
            for (i, entry) in try Newton.product(slopes, rho, axis).enumerated() {
                entries[i * n + j] += entry / 2
                entries[j * n + i] += entry / 2
            }
        }
        matrix = try Tensor(entries, shape: [n, n], .float64)
    }

    private static func product(_ slopes: [Slope], _ rho: Double, _ v: [Double]) throws -> [Double] {
        var result = v
        for slope in slopes {
            let kept = try slope(v)
            for j in v.indices { result[j] += rho * (v[j] - kept[j]) }
        }
        return result
    }

    func solve(_ right: [Double]) throws -> [Double] {
        if right.isEmpty { return [] }
        if let matrix {
            return try matrix.solve(Tensor(right, shape: [right.count, 1], .float64), for: Intersection.operation)
                .toArray()
        }
        let unit = powerOfTwo(near: right.largestMagnitude)
        var result = right.map { _ in 0.0 }
        var rest = right.map { $0 / unit }
        var direction = rest
        var size = dot(rest, rest)
        let start = size
        for _ in 0..<(4 * right.count) where size > 1e-30 * start {
            try Cancellation.check()
            let product = try Newton.product(slopes, rho, direction)
            let length = size / dot(direction, product)
            guard length.isFinite else { break }
            for j in result.indices {
                result[j] += length * direction[j]
                rest[j] -= length * product[j]
            }
            let next = dot(rest, rest)
            for j in direction.indices { direction[j] = rest[j] + next / size * direction[j] }
            size = next
        }
        return result.map { $0 * unit }
    }

    /// ``solve(_:)`` as a recorded operation; the matrix is symmetric and counts as constant.
    func inverse(of right: Variable) throws -> Variable {
        let solution = try Tensor(solve(right.value.toArray()), shape: right.shape, .float64)
        return try .recorded(Intersection.operation, [right], solution, keeps: .nothing) {
            [try inverse(of: $0.cotangent)]
        }
    }
}
