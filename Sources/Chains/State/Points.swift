/// The positions of all chains in unconstrained space, with log-densities and gradients there.
struct Points {
    /// (chains, width)
    var position: Rows
    /// What log_prob gives at the point itself, one number per chain, in nats.
    var logProb: [Double]
    /// The log-density in unconstrained space: log_prob plus the log-determinant of the map to the point.
    var target: [Double]
    /// The gradient of `target`; of width 0 for kernels that need none.
    var gradient: Rows

    /// Copies one chain's point from another set of points.
    mutating func take(_ row: Int, from other: Points) {
        position.set(row, from: other.position)
        gradient.set(row, from: other.gradient)
        logProb[row] = other.logProb[row]
        target[row] = other.target[row]
    }
}

/// The result of one step of all chains.
struct Move {
    var points: Points
    /// The probability with which each chain's proposal was accepted (of NUTS: its mean over the trajectory).
    var acceptance: [Double]
    var isDivergent: [Bool]
}
