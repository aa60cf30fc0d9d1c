import Autodiff
import RealModule
import Scripting
import Tensors

/// Quantiles found from the tails, for distributions without a closed form.
extension Distribution {
    /// The x with P(X <= x) = q, or P(X > x) = q, accurate to a few units in the last place, with gradients by q and
    /// the parameters.
    func solvedInverse(_ q: Variable, _ side: TailSide) throws -> Variable {
        guard eventShape.isEmpty else {
            throw ScriptError("distribution:icdf", "\(operation) draws vectors and has no icdf")
        }
        let support = try support
        guard support.kind != .integers else {
            throw ScriptError("distribution:icdf", "\(operation) is discrete and has no icdf in closed form")
        }
        let shape = try Shape.broadcast(q.shape, batchShape, for: "distribution:icdf")
        let q = try q.expand(shape)
        let inside = try q.indicator { $0 > 0 && $0 < 1 }
        let safe = try q.choose(inside, q.constant(0.5))
        // Solved by the logarithm of the tail that is at most 1/2.
        let isOwn = try safe.indicator { $0 <= 0.5 }
        let target = try safe.choose(isOwn, 1 - safe).log()
        let isLower = try side == .lower ? isOwn : isOwn.complement()
        // Where the logarithms of tails have no digits left, the root may fall outside of the support: clamped.
        let x = try rooted(target, isLower, support)
            .maximum(support.low.detached().wide.expand(shape)).minimum(support.high.detached().wide.expand(shape))
        let (atZero, atOne) = side == .lower ? (support.low, support.high) : (support.high, support.low)
        let ends = try atZero.detached().wide.expand(shape).choose(
            q.indicator { $0 <= 0 }, atOne.detached().wide.expand(shape))
        return try x.choose(inside, ends + q.constant { $0.isNaN ? $0 : 0 })
    }

    /// The x at which log P(X <= x) is the target where isLower, log P(X > x) elsewhere.
    func rooted(_ target: Variable, _ isLower: Variable, _ support: Support) throws -> Variable {
        let shape = try Shape.broadcast(target.shape, batchShape, for: "distribution:icdf")
        let (target, isLower) = (try target.expand(shape), try isLower.expand(shape))
        return try moved(solve(target.value, isLower.value, support, shape), target, isLower)
    }

    /// Draws x as functions of the parameters at fixed probabilities: dx/dθ is -(∂F/∂θ) / f (Figurnov, Mohamed,
    /// Mnih 2018), and the second derivatives are right, too.
    func reparameterised(_ x: Variable) throws -> Variable {
        guard GradMode.isEnabled else { return x }
        let lower = try tail(x, .lower, .logarithm).detached()
        let upper = try tail(x, .upper, .logarithm).detached()
        let isLower = try lower.indicator(upper) { $0 <= $1 }
        return try moved(x, lower.choose(isLower, upper), isLower)
    }

    /// The logarithms of the tails and of the densities at the points `open` of x. One distribution is asked at these
    /// points only; of a batch, which has one for each point, all are asked.
    private func values(_ x: [Double], _ isLower: [Double], _ shape: [Int], at open: [Int]) throws -> [LogValues] {
        guard batchShape.allSatisfy({ $0 == 1 }) else {
            let at = Variable(try Tensor(x, shape: shape, .float64))
            let logs = try logTail(at, Variable(try Tensor(isLower, shape: shape, .float64))).value.toArray()
            let densities = try logDensity(at).value.toArray()
            return open.map { LogValues(point: $0, tail: logs[$0], density: densities[$0]) }
        }
        return try [TailSide.lower, .upper].flatMap { side in
            let points = open.filter { (isLower[$0] == 1) == (side == .lower) }
            if points.isEmpty { return [LogValues]() }
            let at = Variable(try Tensor(points.map { x[$0] }, shape: [points.count], .float64))
            let logs = try tail(at, side, .logarithm).value.toArray()
            let densities = try logDensity(at).value.toArray()
            return points.indices.map { LogValues(point: points[$0], tail: logs[$0], density: densities[$0]) }
        }
    }

    /// log P(X <= x) where isLower is 1, log P(X > x) where it is 0.
    private func logTail(_ x: Variable, _ isLower: Variable) throws -> Variable {
        let sides = Set(try isLower.value.toArray())
        if sides == [1] { return try tail(x, .lower, .logarithm) }
        if sides == [0] { return try tail(x, .upper, .logarithm) }
        return try tail(x, .lower, .logarithm).choose(isLower, tail(x, .upper, .logarithm))
    }

    /// Two recorded steps of Newton's method from the root: they change it by rounding only, but give it the
    /// derivatives of the root by target and parameters, exact up to the third order.
    private func moved(_ x: Variable, _ target: Variable, _ isLower: Variable) throws -> Variable {
        let sign = try isLower.constant { 2 * $0 - 1 }
        var x = x
        for _ in 0..<2 {
            let log = try logTail(x, isLower)
            let hazard = try (logDensity(x) - log).exp()
            // At a pole of the density, and where there is none, x stays.
            let isUsable = try hazard.indicator { $0 > 0 && $0 < .infinity }
            let step = try sign * (target - log) / hazard.choose(isUsable, hazard.constant(1))
            x = try x + step.choose(isUsable, step.constant(0))
        }
        return x
    }

    /// Newton's method on the logarithm of the tail, within brackets that are halved in the order of all floating-point
    /// numbers, so that it ends whatever the location and scale of the distribution.
    private func solve(_ target: Tensor, _ isLower: Tensor, _ support: Support, _ shape: [Int]) throws -> Variable {
        try GradMode.$isEnabled.withValue(false) {
            let (target, lower) = (try target.toArray(), try isLower.toArray())
            let limit = Double.greatestFiniteMagnitude
            var low = try support.low.wide.value.expand(shape).toArray().map { max($0, -limit) }
            var high = try support.high.wide.value.expand(shape).toArray().map { min($0, limit) }
            var x = low.indices.map { FloatOrder.middle(low[$0], high[$0]) }
            var (best, error) = (x, [Double](repeating: .infinity, count: x.count))
            var lastStep = [Double](repeating: .infinity, count: x.count)
            var newtonSteps = [Int](repeating: 0, count: x.count)
            var open = Array(x.indices)
            for _ in 0..<400 where !open.isEmpty {
                var still: [Int] = []
                for value in try values(x, lower, shape, at: open) {
                    let i = value.point
                    // Positive where x is below the root.
                    let gap = (target[i] - value.tail) * (lower[i] == 1 ? 1 : -1)
                    if abs(gap) < error[i] { (best[i], error[i]) = (x[i], abs(gap)) }
                    if gap == 0 || gap.isNaN { continue }
                    if gap > 0 { low[i] = x[i] } else { high[i] = x[i] }
                    let step = gap / Double.exp(value.density - value.tail)
                    let next = x[i] + step
                    // A step of 0 because the hazard overflowed is no sign of convergence: the tail must agree, too.
                    if abs(step) <= x[i].ulp, abs(gap) <= 1e-9 * max(1, abs(target[i])) { continue }
                    // In a far exponential tail every step divides x by about e: from 1e150 that would be for ever.
                    let isNear = newtonSteps[i] < 4 || abs(step) <= 0.25 * abs(x[i])
                    let isNewton =
                        isNear && next > low[i] && next < high[i] && abs(step) <= 0.5 * abs(lastStep[i])
                    let middle = FloatOrder.middle(low[i], high[i])
                    if !isNewton && (middle == low[i] || middle == high[i]) { continue }
                    still.append(i)
                    lastStep[i] = isNewton ? step : .infinity
                    newtonSteps[i] = isNewton ? newtonSteps[i] + 1 : 0
                    x[i] = isNewton ? next : middle
                }
                open = still
            }
            return Variable(try Tensor(best, shape: shape, .float64))
        }
    }
}

/// What Newton's method looks at, for one point of a batch.
private struct LogValues {
    let point: Int
    let tail, density: Double
}

/// The floating-point numbers in increasing order, counted from 0.
enum FloatOrder {
    private static func index(_ x: Double) -> Int64 {
        let bits = Int64(bitPattern: x.magnitude.bitPattern)
        return x < 0 ? -bits : bits
    }

    /// The number half way between two of them, by that count.
    static func middle(_ low: Double, _ high: Double) -> Double {
        let (a, b) = (index(low), index(high))
        let middle = (a >> 1) + (b >> 1) + (a & b & 1)
        let size = Double(bitPattern: UInt64(middle.magnitude))
        return middle < 0 ? -size : size
    }
}
