import Autodiff
import Scripting
import Tensors

/// The log-density that chains sample, on unconstrained space: a script's log_prob of the batch, and the
/// log-determinant of the map into the support.
final class Target {
    let chains: Int
    /// The shape of one point, as the script sees it.
    let shape: [Int]
    /// The dtype in which the script gets points: that of x0.
    let dtype: DType
    let support: any Bijection
    /// Numbers of one point in unconstrained space.
    let width: Int
    private let density: (Variable) throws -> Variable
    /// Whether points get their gradients.
    let usesGradient: Bool
    private let operation: String
    /// The ranks that share the chains: each evaluates its part of every batch.
    private let ranks: any Communicator
    /// Where the run is, for messages: `at step 17`.
    var place = "at the start"
    /// How many rows had their gradient evaluated (for kernels without gradients: their density), summed over chains.
    private(set) var evaluations = 0
    /// Positions of known finite density: they fill the rows of chains whose values are not needed.
    private var standIn: Rows

    /// - Parameters:
    ///   - density: of (chains, shape...), one number per chain.
    ///   - start: x0 in unconstrained space.
    init(
        _ density: @escaping (Variable) throws -> Variable, from start: Rows, shape: [Int], dtype: DType,
        support: any Bijection, usesGradient: Bool, ranks: any Communicator = SingleProcess(), for operation: String
    ) {
        self.ranks = ranks
        (self.density, self.shape, self.dtype, self.support) = (density, shape, dtype, support)
        (self.usesGradient, self.operation, standIn) = (usesGradient, operation, start)
        (chains, width) = (start.count, start.width)
    }

    func forgetEvaluations() { evaluations = 0 }

    /// The points themselves, (chains, shape...), in the script's dtype.
    func constrained(_ position: Rows) throws -> Tensor {
        try withoutRecording { try constrain(Variable(tensor(position))).x.value }
    }

    private func tensor(_ rows: Rows) throws -> Tensor {
        try Tensor(rows.values, shape: [rows.count, rows.width], .float64)
    }

    private func constrain(_ u: Variable) throws -> (x: Variable, logDeterminant: Variable?) {
        let (x, logDeterminant) = try support.constrain(u, shape)
        return (try support.inside(x.converted(to: dtype)), logDeterminant)
    }

    /// The log-densities (and gradients) at positions.
    /// - Parameter needed: the chains whose values are wanted; the rows of the others are those of a stand-in.
    func evaluate(_ position: Rows, _ needed: [Bool]? = nil) throws -> Points {
        let needed = needed ?? [Bool](repeating: true, count: chains)
        // A chain whose position overflows has density 0; the script's function is not called with such numbers.
        let isOut = try isOutOfNumbers(position)
        let isLost = (0..<chains).map { needed[$0] && isOut[$0] }
        var asked = position
        for row in 0..<chains where !needed[row] || isLost[row] { asked.set(row, from: standIn) }
        evaluations += needed.lazy.filter { $0 }.count
        var points = try ranks.size > 1 ? sharedValues(at: asked) : values(at: asked)
        points.position = position
        for row in 0..<chains where needed[row] {
            if isLost[row] {
                (points.target[row], points.logProb[row]) = (-.infinity, -.infinity)
            } else {
                try check(&points, row)
            }
        }
        return points
    }

    /// The values for all chains; each rank computes those of its own chains.
    private func sharedValues(at asked: Rows) throws -> Points {
        let part = ranks.part(of: chains)
        // One row per chain: log_prob, the target, the gradient. Ranks with one chain less leave a row empty.
        let columns = 2 + (usesGradient ? width : 0)
        let most = ranks.part(of: chains, rank: 0).count
        var own = Rows(most, columns)
        try ranks.sharingErrors(for: operation) {
            guard !part.isEmpty else { return }
            let rows = try Rows(
                Array(asked.values[part.lowerBound * width..<part.upperBound * width]), count: part.count, width: width)
            let points = try values(at: rows)
            for row in 0..<part.count {
                own.set(row, [points.logProb[row], points.target[row]] + points.gradient.row(row))
            }
        }
        let all = try ranks.allgather(Tensor(own.values, shape: [most, columns], .float64), for: operation).toArray()
        var points = Points(
            position: asked, logProb: [], target: [], gradient: Rows(chains, usesGradient ? width : 0))
        for rank in 0..<ranks.size {
            for (place, chain) in ranks.part(of: chains, rank: rank).enumerated() {
                let row = all[((rank * most + place) * columns)..<((rank * most + place + 1) * columns)]
                points.logProb.append(row[row.startIndex])
                points.target.append(row[row.startIndex + 1])
                points.gradient.set(chain, Array(row.dropFirst(2)))
            }
        }
        return points
    }

    /// The values at some chains' points.
    private func values(at asked: Rows) throws -> Points {
        var logProb: Variable?
        var targets: Variable?
        func compute(_ u: Variable) throws -> Variable {
            let (x, logDeterminant) = try constrain(u)
            let given = try density(x)
            if usesGradient, x.requiresGrad, !given.requiresGrad, try varies(given.value) {
                throw ScriptError(
                    operation,
                    "log_prob depends on x by other ways than recorded operations (detach, item): it has no gradient")
            }
            let own = try given.converted(to: .float64)
            let all = try logDeterminant.map { try own + $0 } ?? own
            (logProb, targets) = (own, all)
            return all
        }
        let u = Variable(try tensor(asked))
        var gradient = Rows(asked.count, 0)
        if usesGradient {
            let (_, gradients) = try withoutRecording {
                try Transform.valueAndGradient(of: { [try compute($0[0]).sum()] }, at: [u], for: operation)
            }
            gradient = try Rows(gradients[0].value.toArray(), count: asked.count, width: width)
        } else {
            _ = try withoutRecording { try compute(u) }
        }
        return Points(
            position: asked, logProb: try logProb?.value.toArray() ?? [], target: try targets?.value.toArray() ?? [],
            gradient: gradient)
    }

    /// Which chains have a position that is too large: itself, or exp(u) in the constrained space, which overflows much
    /// earlier.
    private func isOutOfNumbers(_ position: Rows) throws -> [Bool] {
        var isOut = (0..<chains).map { !position.isFinite(row: $0) }
        // exp(80) and 1e38 are finite in float32, too. Positions below the limit need no further check.
        let limit = support is Unbounded ? 1e38 : 80.0
        let isLarge = (0..<chains).map { row in
            !isOut[row] && position.values[position.range(row)].contains { abs($0) > limit }
        }
        guard isLarge.contains(true) else { return isOut }
        var asked = position
        for row in 0..<chains where isOut[row] { asked.set(row, from: standIn) }
        let x = try constrained(asked).toArray()
        let each = x.count / max(chains, 1)
        for row in 0..<chains where isLarge[row] {
            isOut[row] = !x[row * each..<(row + 1) * each].allSatisfy(\.isFinite)
        }
        return isOut
    }

    /// Whether the values are finite and differ between points, from which follows that they depend on the point.
    private func varies(_ values: Tensor) throws -> Bool {
        let values = try values.toArray()
        return values.allSatisfy(\.isFinite) && Set(values).count > 1
    }

    /// Throws for a log-density that is NaN or +inf and for a gradient that is NaN. Where NaN comes from a point so
    /// large that its square overflows, the density counts as 0.
    private func check(_ points: inout Points, _ row: Int) throws {
        let (value, target) = (points.logProb[row], points.target[row])
        if value == .infinity || value.isNaN {
            let limit = dtype == .float64 ? 1e154 : 1e19
            if value.isNaN {
                let u = points.position.row(row)
                let x = try constrained(Rows(u, count: 1, width: width)).toArray()
                if (u + x).contains(where: { abs($0) > limit }) {
                    (points.target[row], points.logProb[row]) = (-.infinity, -.infinity)
                    return
                }
            }
            throw error("log_prob is \(shown(value))", points.position, row, "a number or -inf (no density) expected")
        }
        if target.isNaN || target == .infinity { points.target[row] = -.infinity }
        guard points.target[row] > -.infinity, usesGradient else { return }
        if points.gradient.values[points.gradient.range(row)].contains(where: \.isNaN) {
            throw error(
                "the gradient of log_prob is nan where log_prob is \(shown(value)),", points.position, row,
                "an operation without a derivative there?")
        }
    }

    /// `log_prob is nan at step 17, chain 2, x = {1.5, -3}; ...`
    func error(_ what: String, _ position: Rows, _ row: Int, _ hint: String) -> ScriptError {
        let all = (try? constrained(position).select(0, row).toArray()) ?? []
        let numbers = all.prefix(8).map { shown($0) }.joined(separator: ", ") + (all.count > 8 ? ", ..." : "")
        return ScriptError(operation, "\(what) \(place), chain \(row + 1), x = {\(numbers)}; \(hint)")
    }

    /// The points at the start, each with a density above 0.
    func start(_ position: Rows) throws -> Points {
        let points = try evaluate(position)
        for row in 0..<chains {
            guard points.target[row] > -.infinity else {
                throw error("log_prob is -inf", position, row, "a start with a density expected")
            }
            guard points.gradient.isFinite(row: row) else {
                throw error("the gradient of log_prob is infinite", position, row, "another start expected")
            }
        }
        standIn = position
        return points
    }
}

/// Runs `body` without recording on the tape.
func withoutRecording<Result>(_ body: () throws -> Result) rethrows -> Result {
    try GradMode.$isEnabled.withValue(false) { try body() }
}
