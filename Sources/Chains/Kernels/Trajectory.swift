import RealModule
import Tensors

/// One chain's point of a trajectory: position, momentum and what is known there.
struct TreePoint {
    var position: [Double]
    var momentum: [Double]
    var gradient: [Double]
    var target: Double
    var logProb: Double

    init(_ phase: Phase, _ row: Int) {
        position = phase.points.position.row(row)
        momentum = phase.momentum.row(row)
        gradient = phase.points.gradient.row(row)
        (target, logProb) = (phase.points.target[row], phase.points.logProb[row])
    }

    func write(to phase: inout Phase, _ row: Int) {
        phase.points.position.set(row, position)
        phase.momentum.set(row, momentum)
        phase.points.gradient.set(row, gradient)
        (phase.points.target[row], phase.points.logProb[row]) = (target, logProb)
    }
}

/// One end of a piece of trajectory: momentum, and the velocity (inverse mass matrix times momentum).
struct TreeEnd {
    var momentum: [Double]
    var velocity: [Double]
}

/// A finished piece of 2^depth points. `first` is the end next to the start of the trajectory, `last` the other.
struct Subtree {
    var depth: Int
    var first: TreeEnd
    var last: TreeEnd
    /// The sum of the momenta.
    var total: [Double]
    /// log of the sum over the piece's points of exp(energy at the start - energy).
    var logWeight: Double
    /// The point drawn from the piece with these weights.
    var chosen: TreePoint
}

/// One chain's trajectory, which doubles forwards or backwards in time until it turns.
struct Trajectory {
    private(set) var isComplete = false
    private(set) var isDivergent = false
    /// Whether the subtree that grows now extends the trajectory forwards in time.
    private(set) var isForward = true
    /// The point from which the next step goes.
    private(set) var front: TreePoint
    /// The point of the trajectory that the chain moves to.
    private(set) var sample: TreePoint

    private let startEnergy: Double
    private let maxDepth: Int
    private var depth = 0
    private var logWeight = 0.0
    private var total: [Double]
    private var (earliest, latest): (TreePoint, TreePoint)
    private var (earlyEnd, lateEnd): (TreeEnd, TreeEnd)
    /// Finished pieces of the subtree that grows, of decreasing depth: two of equal depth are joined at once.
    private var pieces: [Subtree] = []
    private var (leaves, sumOfAcceptance) = (0, 0.0)

    /// The mean over all points reached of min(1, exp(energy at the start - energy)): what the step size is adapted to.
    var acceptance: Double { leaves == 0 ? 0 : sumOfAcceptance / Double(leaves) }

    init(_ start: TreePoint, velocity: [Double], energy: Double, maxDepth: Int, _ generator: Generator) {
        (front, sample, earliest, latest) = (start, start, start, start)
        (startEnergy, self.maxDepth, total) = (energy, maxDepth, start.momentum)
        earlyEnd = TreeEnd(momentum: start.momentum, velocity: velocity)
        lateEnd = earlyEnd
        beginSubtree(generator)
    }

    private mutating func beginSubtree(_ generator: Generator) {
        isForward = generator.uniform() > 0.5
        front = isForward ? latest : earliest
        pieces = []
    }

    /// Adds the next point of the integrator.
    mutating func grow(_ point: TreePoint, velocity: [Double], energy: Double, _ generator: Generator) {
        let change = energy - startEnergy
        leaves += 1
        sumOfAcceptance += change <= 0 ? 1 : Double.exp(-change)
        guard change <= VelocityVerlet.divergence else {
            (isDivergent, isComplete) = (true, true)
            return
        }
        front = point
        let end = TreeEnd(momentum: point.momentum, velocity: velocity)
        var piece = Subtree(
            depth: 0, first: end, last: end, total: point.momentum, logWeight: -change, chosen: point)
        while let before = pieces.last, before.depth == piece.depth {
            pieces.removeLast()
            guard let joined = Trajectory.join(before, piece, generator) else {
                isComplete = true
                return
            }
            piece = joined
        }
        guard piece.depth == depth else {
            pieces.append(piece)
            return
        }
        double(by: piece, generator)
        if !isComplete { beginSubtree(generator) }
    }

    /// Two consecutive pieces as one; nil where the whole or the two at their seam make a U-turn.
    private static func join(_ a: Subtree, _ b: Subtree, _ generator: Generator) -> Subtree? {
        let logWeight = logSum(a.logWeight, b.logWeight)
        let takesSecond = b.logWeight > logWeight || generator.uniform() < Double.exp(b.logWeight - logWeight)
        let total = sum(a.total, b.total)
        guard goesOn(a.first.velocity, b.last.velocity, total),
            goesOn(a.first.velocity, b.first.velocity, sum(a.total, b.first.momentum)),
            goesOn(a.last.velocity, b.last.velocity, sum(b.total, a.last.momentum))
        else { return nil }
        return Subtree(
            depth: a.depth + 1, first: a.first, last: b.last, total: total, logWeight: logWeight,
            chosen: takesSecond ? b.chosen : a.chosen)
    }

    /// Adds a finished subtree to the trajectory, which is then twice as long.
    private mutating func double(by piece: Subtree, _ generator: Generator) {
        depth += 1
        if piece.logWeight > logWeight || generator.uniform() < Double.exp(piece.logWeight - logWeight) {
            sample = piece.chosen
        }
        logWeight = Trajectory.logSum(logWeight, piece.logWeight)
        // The old trajectory and the new subtree in the order of time.
        let (oldEarly, oldLate, oldTotal) = (earlyEnd, lateEnd, total)
        total = Trajectory.sum(total, piece.total)
        let goesOn: Bool
        if isForward {
            (latest, lateEnd) = (front, piece.last)
            goesOn =
                Trajectory.goesOn(oldEarly.velocity, piece.last.velocity, total)
                && Trajectory.goesOn(
                    oldEarly.velocity, piece.first.velocity, Trajectory.sum(oldTotal, piece.first.momentum))
                && Trajectory.goesOn(
                    oldLate.velocity, piece.last.velocity, Trajectory.sum(piece.total, oldLate.momentum))
        } else {
            (earliest, earlyEnd) = (front, piece.last)
            goesOn =
                Trajectory.goesOn(piece.last.velocity, oldLate.velocity, total)
                && Trajectory.goesOn(
                    piece.last.velocity, oldEarly.velocity, Trajectory.sum(piece.total, oldEarly.momentum))
                && Trajectory.goesOn(
                    piece.first.velocity, oldLate.velocity, Trajectory.sum(oldTotal, piece.first.momentum))
        }
        isComplete = !goesOn || depth >= maxDepth
    }

    /// Whether a piece has not turned: the sum of its momenta has a positive product with the velocities at both ends.
    private static func goesOn(_ first: [Double], _ last: [Double], _ total: [Double]) -> Bool {
        var (a, b) = (0.0, 0.0)
        for i in total.indices {
            a += first[i] * total[i]
            b += last[i] * total[i]
        }
        return a > 0 && b > 0
    }

    private static func sum(_ a: [Double], _ b: [Double]) -> [Double] {
        var result = a
        for i in result.indices { result[i] += b[i] }
        return result
    }

    private static func logSum(_ a: Double, _ b: Double) -> Double {
        let largest = max(a, b)
        guard largest > -.infinity else { return largest }
        return largest + Double.log(Double.exp(a - largest) + Double.exp(b - largest))
    }
}
