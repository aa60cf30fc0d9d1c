import Autodiff
import Scripting
import Tensors

/// What a run keeps of its steps, each entry with its step's number, so that a run can go back to an earlier step.
struct Recorder {
    let warmup: Int
    let thin: Int
    /// One tensor for each kept step: draws of shape (chains, shape...), log-densities of shape (chains).
    private(set) var draws: [Tensor] = []
    private(set) var logProbs: [Tensor] = []
    /// For every step, the warm-up's too: the mean acceptance probability, and the evaluations since the beginning.
    private(set) var acceptance: [Double] = []
    private(set) var evaluations: [Int] = []
    /// Divergences after the warm-up: step, chain (from 1) and the point at which that step began.
    private(set) var divergent: [(step: Int, chain: Int, point: Tensor)] = []

    init(warmup: Int, thin: Int) { (self.warmup, self.thin) = (warmup, thin) }

    var steps: Int { acceptance.count }

    func isKept(_ step: Int) -> Bool { step > warmup && (step - warmup) % thin == 0 }

    mutating func add(_ move: Move, from before: Points, _ target: Target) throws {
        let step = steps + 1
        acceptance.append(move.acceptance.reduce(0, +) / Double(move.acceptance.count))
        evaluations.append((evaluations.last ?? 0) + target.evaluations)
        target.forgetEvaluations()
        guard step > warmup else { return }
        if move.isDivergent.contains(true) {
            let points = try target.constrained(before.position)
            for (chain, isDivergent) in move.isDivergent.enumerated() where isDivergent {
                divergent.append((step, chain + 1, try points.select(0, chain)))
            }
        }
        guard isKept(step) else { return }
        draws.append(try target.constrained(move.points.position))
        logProbs.append(try Tensor(move.points.logProb, shape: [target.chains], target.dtype))
    }

    /// Forgets what came after a step.
    mutating func goBack(to step: Int) {
        guard step < steps else { return }
        acceptance.removeLast(steps - step)
        evaluations.removeLast(evaluations.count - step)
        let kept = max(0, step - warmup) / thin
        draws.removeLast(draws.count - kept)
        logProbs.removeLast(logProbs.count - kept)
        divergent.removeAll { $0.step > step }
    }

    /// (chains, draws, shape...)
    func samples(_ target: Target) throws -> Tensor {
        if draws.isEmpty { return try Tensor.zeros([target.chains, 0] + target.shape, target.dtype) }
        return try Variable.stack(draws.map { Variable($0) }, 1).value
    }

    func logProb(_ target: Target) throws -> Tensor {
        if logProbs.isEmpty { return try Tensor.zeros([target.chains, 0], target.dtype) }
        return try Variable.stack(logProbs.map { Variable($0) }, 1).value
    }

    /// (divergences, shape...)
    func divergentPoints(_ target: Target) throws -> Tensor {
        if divergent.isEmpty { return try Tensor.zeros([0] + target.shape, target.dtype) }
        return try Variable.stack(divergent.map { Variable($0.point) }, 0).value
    }

    /// The mean probability of acceptance after the warm-up.
    var acceptRate: Double {
        let counted = acceptance.dropFirst(warmup)
        return counted.isEmpty ? .nan : counted.reduce(0, +) / Double(counted.count)
    }

    // The tensors that a checkpoint holds.

    func tensors(_ target: Target) throws -> [(name: String, tensor: Tensor)] {
        [
            ("samples", try samples(target)), ("log_prob_of_samples", try logProb(target)),
            ("acceptance", try Tensor(acceptance, shape: [steps], .float64)),
            ("evaluations", try Tensor(integers: evaluations, shape: [steps])),
            ("divergent_step", try Tensor(integers: divergent.map(\.step), shape: [divergent.count])),
            ("divergent_chain", try Tensor(integers: divergent.map(\.chain), shape: [divergent.count])),
            ("divergent_points", try divergentPoints(target)),
        ]
    }

    /// - Throws: ``Fault`` when something is missing, or is not what ``tensors(_:)`` gives for this target.
    mutating func restore(_ target: Target, _ read: (String) throws -> Tensor) throws {
        let (samples, logProb) = (try read("samples"), try read("log_prob_of_samples"))
        acceptance = try read("acceptance").toArray()
        evaluations = try read("evaluations").toIntegers()
        let kept = max(0, acceptance.count - warmup) / thin
        guard samples.shape == [target.chains, kept] + target.shape, logProb.shape == [target.chains, kept],
            samples.dtype == target.dtype, logProb.dtype == target.dtype, evaluations.count == acceptance.count
        else { throw Fault("the file's draws do not belong to its steps and chains") }
        guard zip([0] + evaluations, evaluations).allSatisfy({ $0 <= $1 }), evaluations.last ?? 0 <= 1 << 53 else {
            throw Fault("the file's numbers of evaluations do not rise from 0 to at most 2^53")
        }
        draws = try (0..<kept).map { try samples.select(1, $0).copy() }
        logProbs = try (0..<kept).map { try logProb.select(1, $0).copy() }
        let (steps, chains) = (try read("divergent_step").toIntegers(), try read("divergent_chain").toIntegers())
        let points = try read("divergent_points")
        guard steps.count == chains.count, points.shape == [steps.count] + target.shape, points.dtype == target.dtype,
            steps.allSatisfy({ warmup < $0 && $0 <= acceptance.count }),
            chains.allSatisfy({ 1...target.chains ~= $0 })
        else { throw Fault("the file's divergences are not of its steps and chains") }
        divergent = try steps.indices.map { (steps[$0], chains[$0], try points.select(0, $0).copy()) }
    }
}
