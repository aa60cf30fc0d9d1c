/// Where all chains stand, in unconstrained space, and what is known there.
struct Points {
    /// (chains, width)
    var position: Rows
    /// What log_prob gives at the point itself, one number per chain, in nats.
    var logProb: [Double]
    /// The log-density in unconstrained space: log_prob plus the log-determinant of the map to the point.
    var target: [Double]
    /// The gradient of `target`; of width 0 for kernels that need none.
    var gradient: Rows

    /// One chain's point from another set.
    mutating func take(_ row: Int, from other: Points) {
        position.set(row, from: other.position)
        gradient.set(row, from: other.gradient)
        logProb[row] = other.logProb[row]
        target[row] = other.target[row]
    }
}

/// What a step of all chains gives.
struct Move {
    var points: Points
    /// The probability with which each chain's proposal was accepted (of NUTS: its mean over the trajectory).
    var acceptance: [Double]
    var isDivergent: [Bool]
}
