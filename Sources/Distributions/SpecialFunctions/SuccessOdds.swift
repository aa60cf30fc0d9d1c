import Autodiff
import RealModule
import Scripting
import Tensors

/// The probability p of success, given as it is or by its logit log p - log(1 - p).
struct SuccessOdds {
    let probs: Variable
    let logits: Variable
    let isByLogits: Bool

    /// - Throws: unless every probability satisfies the constraint.
    init(probs: Variable, _ constraint: Constraint, for operation: String) throws {
        try constraint.check(probs, "probs", for: operation)
        self.probs = try promoted([probs])[0]
        logits = try self.probs.logit()
        isByLogits = false
    }

    /// - Throws: unless every logit is finite.
    init(logits: Variable, for operation: String) throws {
        try Constraint.finite.check(logits, "logits", for: operation)
        self.logits = try promoted([logits])[0]
        probs = try self.logits.logisticCDF()
        isByLogits = true
    }

    private init(_ probs: Variable, _ logits: Variable, _ isByLogits: Bool) {
        (self.probs, self.logits, self.isByLogits) = (probs, logits, isByLogits)
    }

    var wide: SuccessOdds {
        get throws {
            if isByLogits {
                let wide = try logits.wide
                return SuccessOdds(try wide.logisticCDF(), wide, true)
            }
            let wide = try probs.wide
            return SuccessOdds(wide, try wide.logit(), false)
        }
    }

    var shape: [Int] { probs.shape }
    var parameters: [DistributionParameter] {
        let both = [DistributionParameter("probs", probs), DistributionParameter("logits", logits)]
        return isByLogits ? both.reversed() : both
    }

    /// 1 - p.
    var rest: Variable { get throws { try isByLogits ? (-logits).logisticCDF() : 1 - probs } }
    var logProbs: Variable { get throws { try isByLogits ? logits.logisticLogCDF() : probs.log() } }
    var logRest: Variable { get throws { try isByLogits ? (-logits).logisticLogCDF() : (-probs).log1p() } }
    /// p / (1 - p).
    var odds: Variable { get throws { try isByLogits ? logits.exp() : probs / (1 - probs) } }

    /// log of binomial(a + b, a) p^a (1 - p)^b for counts a and b.
    func logMass(_ a: Variable, _ b: Variable) throws -> Variable {
        try isByLogits ? .choiceLogMass(a, b, logits: logits) : .choiceLogMass(a, b, probs: probs)
    }

    /// I_p(a, b), the regularised incomplete beta function, or its complement; computed from p or 1 - p, whichever is
    /// small.
    func tail(_ side: TailSide, _ form: TailForm, _ a: Variable, _ b: Variable) throws -> Variable {
        guard isByLogits else { return try .tail(.beta, side, form, [a, b, probs]) }
        let isSmall = try logits.indicator { $0 < 0 }
        let zero = try logits.constant(0)
        let small = try Variable.tail(.beta, side, form, [a, b, logits.choose(isSmall, zero).logisticCDF()])
        let large = try Variable.tail(
            .beta, side.other, form, [b, a, (-logits.choose(isSmall.complement(), zero)).logisticCDF()])
        return try small.choose(isSmall, large)
    }
}

extension Variable {
    fileprivate static func choiceLogMass(_ a: Variable, _ b: Variable, probs: Variable) throws -> Variable {
        try elementwise(
            "choice_log_mass", [a, b, probs],
            slopes: [
                { try betaScore($0[0] + 1, $0[1], $0[2]) }, { try betaScoreB($0[0], $0[1] + 1, $0[2]) },
                { try betaDensitySlope($0[0] + 1, $0[1] + 1, $0[2]) },
            ]
        ) { Special.choiceLogMass($0[0], $0[1], Special.BetaPoint($0[0], $0[1], $0[2])) }
    }

    fileprivate static func choiceLogMass(_ a: Variable, _ b: Variable, logits: Variable) throws -> Variable {
        try elementwise(
            "choice_log_mass", [a, b, logits],
            slopes: [
                { try $0[2].logisticLogCDF() + digammaDifference($0[0] + $0[1] + 1, $0[0] + 1) },
                { try (-$0[2]).logisticLogCDF() + digammaDifference($0[0] + $0[1] + 1, $0[1] + 1) },
                { try oddsGap($0[0], $0[1], $0[2]) },
            ]
        ) { point in
            let (a, b, l) = (point[0], point[1], point[2])
            let tail = Double.exp(-Swift.abs(l))
            let (small, large) = (tail / (1 + tail), 1 / (1 + tail))
            let (x, y) = l < 0 ? (small, large) : (large, small)
            let log = -Double.log(onePlus: tail)
            let at = Special.BetaPoint(
                x: x, y: y, logX: log + Swift.min(l, 0), logY: log - Swift.max(l, 0), gap: a * y - b * x)
            return Special.choiceLogMass(a, b, at)
        }
    }

    /// a (1 - p) - b p for a logit.
    private static func oddsGap(_ a: Variable, _ b: Variable, _ logit: Variable) throws -> Variable {
        try elementwise(
            "odds_gap", [a, b, logit],
            slopes: [
                { try (-$0[2]).logisticCDF() }, { try -$0[2].logisticCDF() },
                { try -(($0[0] + $0[1]) * $0[2].logitVariance()) },
            ]
        ) { $0[0] / (1 + Double.exp($0[2])) - $0[1] / (1 + Double.exp(-$0[2])) }
    }
}

extension Special {
    /// log of binomial(a + b, a) x^a y^b with y = 1 - x, without cancelling values of log Γ: the binomial coefficient
    /// is (a + b) / (a b B(a, b)).
    static func choiceLogMass(_ a: Double, _ b: Double, _ at: BetaPoint) -> Double {
        if a.isNaN || b.isNaN || at.x.isNaN { return .nan }
        if a == 0 { return b == 0 ? 0 : b * at.logY }
        if b == 0 { return a * at.logX }
        if at.x <= 0 || at.y <= 0 { return -.infinity }
        return betaFactor(a, b, at) - Double.log(Swift.min(a, b)) - logShare(Swift.max(a, b), Swift.min(a, b))
    }
}
