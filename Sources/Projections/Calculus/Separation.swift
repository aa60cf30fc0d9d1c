import Scripting
import Tensors

/// Why convex sets have no point in common: of each a normal n_i at the point p_i, so that n_i . u <= n_i . p_i for all
/// its points u, and these add up to 0 on the left, but to less than 0 on the right.
struct Separation {
    let normals: [[Double]]
    let points: [[Double]]

    /// The member with the longest normal.
    var side: Int { normals.indices.max { norm(normals[$0]) < norm(normals[$1]) } ?? 0 }
    /// That normal, of length 1.
    var direction: [Double] {
        let length = norm(normals[side])
        return normals[side].map { $0 / length }
    }
    /// Points of `side` have direction . u at most this.
    var most: Double { dot(direction, points[side]) }
    /// Common points of the others would have at least this.
    var least: Double {
        let length = norm(normals[side])
        return normals.indices.reduce(0) { $1 == side ? $0 : $0 - dot(normals[$1].map { $0 / length }, points[$1]) }
    }
}

extension CommonPoint {
    /// Found where the squared distances to all members have the least sum: there what is left to each adds up to 0. By
    /// minimising from `start` on, always near the last point, until that is so; nil when it does not come to be.
    func separation(from start: [Double]) throws -> Separation? {
        var y = start.map { $0 / unit }
        let zeros = members.map { _ in y.map { _ in 0.0 } }
        var sweeps = 0
        for _ in 0..<30 {
            try Cancellation.check()
            let step = try minimize(y, from: y, zeros, 1e7, &sweeps, limit)
            y = step.point
            let total = step.normals.reduce(y.map { _ in 0 }) { zip($0, $1).map { $0 + $1 } }
            let largest = step.normals.reduce(0) { max($0, norm($1)) }
            guard norm(total) <= 1e-8 * largest else { continue }
            let found = Separation(
                normals: step.normals, points: step.images.map { $0.map { $0 * unit } })
            // More than rounding.
            let size = step.images.reduce(0) { max($0, $1.largestMagnitude) }
            return found.least - found.most > 1e-9 * unit * max(size, largest) ? found : nil
        }
        return nil
    }
}
