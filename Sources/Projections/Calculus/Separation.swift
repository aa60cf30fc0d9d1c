import Scripting
import Tensors

/// Why convex sets have no point in common: for each set a normal n_i at a point p_i, so that n_i . u <= n_i . p_i for
/// all its points u. The n_i sum to 0, but the n_i . p_i to less than 0.
struct Separation {
    let normals: [[Double]]
    let points: [[Double]]

    /// The index of the member with the longest normal.
    var side: Int { normals.indices.max { norm(normals[$0]) < norm(normals[$1]) } ?? 0 }
    /// That normal, of length 1.
    var direction: [Double] {
        let length = norm(normals[side])
        return normals[side].map { $0 / length }
    }
    /// Points of member `side` have direction . u of at most this.
    var most: Double { dot(direction, points[side]) }
    /// Common points of the other members would have at least this.
    var least: Double {
        let length = norm(normals[side])
        return normals.indices.reduce(0) { $1 == side ? $0 : $0 - dot(normals[$1].map { $0 / length }, points[$1]) }
    }
}

extension CommonPoint {
    /// Found where the sum of squared distances to all members is least: there the normals (point minus projection) sum
    /// to 0. Minimised from `start` by proximal steps; nil when it does not converge.
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
            // A gap larger than rounding is required.
            let size = step.images.reduce(0) { max($0, $1.largestMagnitude) }
            return found.least - found.most > 1e-9 * unit * max(size, largest) ? found : nil
        }
        return nil
    }
}
