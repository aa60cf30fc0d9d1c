import Scripting
import Tensors

/// When a run may end early: bounds on the smallest bulk effective sample size and the largest R-hat over all numbers
/// of a point that vary.
struct StopRule {
    var ess: Double?
    var rhat: Double?

    var description: String {
        [ess.map { "ess \(shown($0))" }, rhat.map { "R-hat \(shown($0))" }].compactMap(\.self).joined(
            separator: " and ")
            + " reached"
    }

    /// Whether to compute the diagnostics now: after 100 draws, and each time their number has grown by some 20 %.
    func isDue(_ draws: Int) -> Bool {
        var next = 100
        while next < draws { next += max(next / 5, 50) }
        return draws == next
    }

    func isMet(_ samples: Tensor) throws -> Bool {
        let series = try ChainSeries.all(of: samples)
        var isMoving = false
        for one in series where !one.isConstant {
            isMoving = true
            if let rhat, !(Convergence.rhat(one) <= rhat) { return false }
            if let ess, !(Convergence.ess(one, .bulk) >= ess) { return false }
            try Cancellation.check()
        }
        return isMoving
    }
}

extension Domain<StopRule> {
    static var stopRule: Domain {
        .table(
            .option("ess", .optional(.number(above: 0)), "bulk, at least, of every number of a point"),
            .option("rhat", .optional(.number(from: 1)), "at most"), expected: "a table {ess = 400, rhat = 1.01}"
        ) { (ess: Double?, rhat: Double?) in
            guard ess != nil || rhat != nil else { throw Fault("{ess = 400, rhat = 1.01}, or one of both, expected") }
            return StopRule(ess: ess, rhat: rhat)
        }
    }
}
