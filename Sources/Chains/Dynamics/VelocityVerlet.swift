/// Positions, momenta and what is known at the positions: the state of Hamiltonian dynamics.
struct Phase {
    var points: Points
    var momentum: Rows
}

/// The integrator of Hamiltonian dynamics, also called leapfrog: half a step of momentum, a step of position, half a
/// step of momentum. It preserves volume, and a step of the opposite size undoes it.
enum VelocityVerlet {
    /// One step of the chains that are `moving`; the others stay.
    /// - Parameter sizes: one for each chain, negative backwards in time.
    static func step(_ phase: inout Phase, sizes: [Double], moving: [Bool], _ metric: Metric, _ target: Target) throws {
        let width = phase.momentum.width
        func kick(_ momentum: inout Rows, _ gradient: Rows) {
            for row in 0..<momentum.count where moving[row] {
                for i in row * width..<(row + 1) * width { momentum.values[i] += 0.5 * sizes[row] * gradient.values[i] }
            }
        }
        kick(&phase.momentum, phase.points.gradient)
        let velocity = metric.velocity(phase.momentum)
        var position = phase.points.position
        for row in 0..<position.count where moving[row] {
            for i in row * width..<(row + 1) * width { position.values[i] += sizes[row] * velocity.values[i] }
        }
        let next = try target.evaluate(position, moving)
        for row in 0..<position.count where moving[row] { phase.points.take(row, from: next) }
        kick(&phase.momentum, phase.points.gradient)
    }

    /// Potential plus kinetic energy of every chain, in nats; infinite where the density is 0.
    static func energies(_ phase: Phase, _ velocity: Rows) -> [Double] {
        (0..<phase.momentum.count).map { row in
            let energy = 0.5 * phase.momentum.dot(velocity, row: row) - phase.points.target[row]
            return energy.isNaN ? .infinity : energy
        }
    }

    /// A trajectory whose energy has grown by more than this is divergent; in nats (Stan's value).
    static let divergence = 1000.0
}
