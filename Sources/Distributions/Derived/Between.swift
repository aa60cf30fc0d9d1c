import Autodiff
import RealModule
import Scripting
import Tensors

extension Distribution {
    /// log P(low < X <= high) of a continuous distribution, in nats, with gradients; accurate for narrow intervals and
    /// far out in the tails. The gradient by an end of the interval is 0 where it is not inside the support.
    /// - Parameter median: the distribution's median, without a gradient.
    func logProbability(from low: Variable, to high: Variable, median: Variable) throws -> Variable {
        let (startLow, endLow) = (try finiteLogTail(low, .lower, median), try finiteLogTail(high, .lower, median))
        let (startUp, endUp) = (try finiteLogTail(low, .upper, median), try finiteLogTail(high, .upper, median))
        let half = Double.log(0.5)
        let isLower = try endLow.indicator { $0 <= half }
        let isUpper = try startUp.indicator(isLower) { $0 <= half && $1 == 0 }
        let isAcross = try (isLower + isUpper).complement()
        // Both ends on one side of the median: log(e^a - e^b) of two values of that tail.
        let lower = try endLow + startLow.lack(from: endLow, where: isLower)
        let upper = try startUp + endUp.lack(from: startUp, where: isUpper)
        // The median between the ends: 1 minus both tails.
        let outside = try startLow.probability(where: isAcross) + endUp.probability(where: isAcross)
        let isLess = try outside.indicator { $0 < 1 }
        let across = try (-outside.choose(isLess, outside.constant(0))).log1p().choose(
            isLess, outside.constant(-Double.infinity))
        let value = try lower.choose(isLower, upper.choose(isUpper, across))
        return try refined(
            value, low, high, median, ratio: startLow.ratio(to: endLow, isLower, endUp, startUp, isUpper, outside))
    }

    /// The x with P(low < X <= x) = q P(low < X <= high), found from the tails of the untruncated distribution: fast,
    /// and near the ends as accurate as those tails are.
    /// - Parameter rest: 1 - q.
    func quantile(
        _ q: Variable, rest: Variable, from low: Variable, to high: Variable, median: Variable, mass: Variable
    ) throws -> Variable {
        let lower = try Variable.logSum(finiteLogTail(low, .lower, median), q.log() + mass)
        let upper = try Variable.logSum(finiteLogTail(high, .upper, median), rest.log() + mass)
        let isLower = try lower.indicator(upper) { $0 <= $1 }
        return try rooted(lower.choose(isLower, upper), isLower, support)
    }

    /// The logarithm of a tail; where it or x is infinite, a constant instead of the formula, whose gradient would be
    /// NaN.
    func finiteLogTail(_ x: Variable, _ side: TailSide, _ median: Variable) throws -> Variable {
        let raw = try GradMode.$isEnabled.withValue(false) { try tail(x, side, .logarithm) }
        let some = try raw.indicator(x) { $0 > -.infinity && !$1.isInfinite || $0.isNaN }
        if try !some.value.toArray().contains(0) { return try tail(x, side, .logarithm) }
        return try tail(x.choose(some, median), side, .logarithm).choose(some, raw)
    }

    /// Where the difference of two tails has lost nearly all digits, the density integrated over the interval
    /// (Gauss-Legendre); not where the two disagree by more than rounding, as they do when the rule misses a narrow
    /// peak.
    private func refined(
        _ value: Variable, _ low: Variable, _ high: Variable, _ median: Variable, ratio: Variable
    ) throws -> Variable {
        let isNarrow = try ratio.indicator { $0 > 0.9999 }
        guard try isNarrow.value.toArray().contains(1) else { return value }
        let (a, b) = (try low.wide.choose(isNarrow, median), try high.wide.choose(isNarrow, median))
        // Split at the median if it lies between, where some densities have a kink.
        let isBetween = try (a.indicator(median) { $0 < $1 }) * (b.indicator(median) { $0 > $1 })
        let middle = try median.choose(isBetween, a)
        let shape = try Shape.broadcast(
            Shape.broadcast(isNarrow.shape, median.shape, for: "distribution"), batchShape, for: "distribution")
        let nodes = GaussLegendre.nodes
        let lead = [nodes.count] + shape.map { _ in 1 }
        let at = Variable(try Tensor(nodes.map { 0.5 * (1 + $0.x) }, shape: lead, .float64))
        let weights = Variable(try Tensor(nodes.map { 0.5 * $0.weight }, shape: lead, .float64))
        let (left, right) = (try middle - a, try b - middle)
        let logs = try Variable.stack(
            [(a, left), (middle, right)].map { try logDensity($0 + $1 * at).expand([nodes.count] + shape) }, 0)
        let peak = try logs.value.reshape([2 * nodes.count] + shape).extremum(0, largest: true, for: "distribution")
            .values
        let top = try Variable(peak.reshape(shape)).constant { $0.isFinite ? $0 : 0 }
        let densities = try ((logs - top).exp() * weights).sum([1])
        let mass = try densities.select(0, 0) * left + densities.select(0, 1) * right
        let some = try mass.indicator { $0 > 0 }
        let integral = try mass.choose(some, mass.constant(1)).log() + top
        // The relative error of the difference: some units in the last place of the logarithms.
        let bound = try ratio.constant { 1e-3 + 1e-13 / max(1 - $0, 1e-16) }
        let isRight =
            try (integral - value).detached().indicator(bound) { !(abs($0) > $1) || $0.isInfinite } * some * isNarrow
        return try integral.choose(isRight, value)
    }

}

extension Variable {
    /// log(e^x + e^y); -inf where both are -inf.
    static func logSum(_ x: Variable, _ y: Variable) throws -> Variable {
        let shape = try Shape.broadcast(x.shape, y.shape, for: "distribution")
        let pair = try Variable.stack([x.expand(shape), y.expand(shape)], shape.count)
        return try pair.constant(1).weighedLogSum(pair)
    }

    /// log(1 - e^(self - whole)) where `isWanted`; where self is -inf, 0.
    fileprivate func lack(from whole: Variable, where isWanted: Variable) throws -> Variable {
        let gap = try self - whole
        let some = try gap.indicator { $0 > -.infinity && $0 < 0 } * isWanted
        let safe = try gap.choose(some, gap.constant(-1))
        return try safe.exponentialLogCDF().choose(some, gap.constant { $0 >= 0 ? -.infinity : 0 })
    }

    /// e^self where `isWanted`; else 0.
    fileprivate func probability(where isWanted: Variable) throws -> Variable {
        let some = try indicator { $0 > -.infinity } * isWanted
        return try choose(some, constant(-1)).exp() * some
    }

    /// How large the part is that is subtracted, relative to what it is subtracted from; without a gradient.
    fileprivate func ratio(
        to whole: Variable, _ isLower: Variable, _ other: Variable, _ otherWhole: Variable, _ isUpper: Variable,
        _ outside: Variable
    ) throws -> Variable {
        let lower = try (detached() - whole.detached()).exp()
        let upper = try (other.detached() - otherWhole.detached()).exp()
        return try lower.choose(isLower, upper.choose(isUpper, outside.detached()))
    }
}
