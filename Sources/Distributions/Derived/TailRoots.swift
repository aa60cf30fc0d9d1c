import Autodiff
import RealModule
import Scripting
import Tensors

/// The points at which the logarithms of tails are given numbers: Newton's method within brackets that are halved in
/// the order of all floating-point numbers, so that it ends whatever the location and scale of the distribution.
///
/// Points of one distribution are evaluated only until they are found; of many, some are found first, and the others
/// begin between two of those.
struct TailRoots {
    private let distribution: any Distribution
    private let shape: [Int]
    /// Whether all points are of one distribution, of which any number of points can be evaluated.
    private let isOne: Bool
    private var roots: [TailRoot] = []

    /// - Parameters:
    ///   - target: of the logarithm of P(X <= x) where isLower is 1, of P(X > x) where it is 0.
    ///   - shape: of both; the distribution's batch broadcasts to it.
    init(_ distribution: any Distribution, _ target: Tensor, _ isLower: Tensor, _ support: Support, _ shape: [Int])
        throws
    {
        (self.distribution, self.shape) = (distribution, shape)
        isOne = distribution.batchShape.allSatisfy { $0 == 1 }
        func numbers(_ x: Variable) throws -> [Double] { try x.wide.value.expand(shape).toArray() }
        let (low, high) = (try numbers(support.low), try numbers(support.high))
        let (targets, sides) = (try target.toArray(), try isLower.toArray())
        roots = low.indices.map { TailRoot(targets[$0], isLower: sides[$0] == 1, from: low[$0], to: high[$0]) }
        // Where moments take longer than some evaluations, or are functions of a script, it goes without.
        guard distribution is any CataloguedDistribution, !(distribution is Truncated),
            let mean = try unlessRefused({ try numbers(distribution.wideMean()) }),
            let deviation = try unlessRefused({ try numbers(distribution.wideStandardDeviation()) })
        else { return }
        for i in roots.indices { roots[i].begin(near: mean[i], deviation[i]) }
    }

    /// The points, of that shape.
    mutating func solve() throws -> Tensor {
        var rest = Array(roots.indices)
        if isOne, rest.count >= 64 { rest = try solveSome() }
        try refine(rest)
        return try Tensor(roots.map(\.best), shape: shape, .float64)
    }

    /// Finds about the square root of all, evenly from the least to the greatest; the others begin between them.
    /// - Returns: the places of those.
    private mutating func solveSome() throws -> [Int] {
        let order = roots.indices.filter { roots[$0].target.isFinite }.sorted { roots[$0].isBefore(roots[$1]) }
        guard order.count >= 64 else { return Array(roots.indices) }
        let parts = Int(Double(order.count).squareRoot())
        let nodes = (0...parts).map { (order.count - 1) * $0 / parts }
        try refine(nodes.map { order[$0] })
        for (first, last) in zip(nodes, nodes.dropFirst()) {
            let (below, above) = (roots[order[first]], roots[order[last]])
            for place in order[(first + 1)..<last] { roots[place].begin(between: below, above) }
        }
        let found = Set(nodes.map { order[$0] })
        return roots.indices.filter { !found.contains($0) }
    }

    private mutating func refine(_ places: [Int]) throws {
        var open = places
        for _ in 0..<400 where !open.isEmpty {
            let values = try values(open)
            var left: [Int] = []
            for (place, value) in zip(open, values) where roots[place].advance(value.log, value.density) {
                left.append(place)
            }
            open = left
        }
    }

    /// The logarithms of the tails at the points of these places, and of the density there.
    private func values(_ places: [Int]) throws -> [(log: Double, density: Double)] {
        var values = [(log: Double, density: Double)](repeating: (0, 0), count: places.count)
        guard isOne else {
            let at = Variable(try Tensor(roots.map(\.x), shape: shape, .float64))
            let densities = try distribution.logDensity(at).value.expand(shape).toArray()
            for side in [TailSide.lower, .upper] {
                let own = places.indices.filter { roots[places[$0]].side == side }
                guard !own.isEmpty else { continue }
                let logs = try distribution.tail(at, side, .logarithm).value.expand(shape).toArray()
                for k in own { values[k] = (logs[places[k]], densities[places[k]]) }
            }
            return values
        }
        for side in [TailSide.lower, .upper] {
            let own = places.indices.filter { roots[places[$0]].side == side }
            guard !own.isEmpty else { continue }
            let at = Variable(try Tensor(own.map { roots[places[$0]].x }, shape: [own.count], .float64))
            let logs = try distribution.tail(at, side, .logarithm).value.toArray()
            let densities = try distribution.logDensity(at).value.toArray()
            for (k, place) in own.enumerated() { values[place] = (logs[k], densities[k]) }
        }
        return values
    }
}

/// One such point, while it is looked for.
struct TailRoot {
    /// What the logarithm of the tail is to be.
    let target: Double
    let isLower: Bool
    /// The ends of the support; infinite ones are the greatest numbers.
    private let bottom, top: Double
    /// The root lies between these.
    private var low, high: Double
    /// Where the tail is looked at next.
    private(set) var x: Double
    /// The point with the smallest distance from the target so far, and that distance.
    private(set) var best: Double
    private var error = Double.infinity
    private var lastStep = Double.infinity
    private var newtonSteps = 0
    /// How far the next step goes where nothing is known beyond x, and how many such steps there were.
    private var (reach, steps) = (0.0, 0)

    init(_ target: Double, isLower: Bool, from start: Double, to end: Double) {
        (self.target, self.isLower) = (target, isLower)
        let limit = Double.greatestFiniteMagnitude
        (bottom, top) = (max(start, -limit), min(end, limit))
        (low, high) = (bottom, top)
        x = FloatOrder.middle(bottom, top)
        best = x
    }

    var side: TailSide { isLower ? .lower : .upper }

    /// Whether its point lies before another's of the same distribution.
    func isBefore(_ other: TailRoot) -> Bool {
        if isLower == other.isLower { return isLower ? target < other.target : target > other.target }
        func share(_ root: TailRoot) -> Double {
            root.isLower ? Double.exp(root.target) : -Double.expMinusOne(root.target)
        }
        return share(self) < share(other)
    }

    /// Begins where a normal distribution of these moments has its quantile, if they say anything.
    mutating func begin(near mean: Double, _ deviation: Double) {
        guard mean.isFinite, deviation.isFinite, deviation > 0 else { return }
        reach = deviation
        // Exactly at the median, where the distribution may be symmetric.
        let size = isMedian ? 0 : Special.normalQuantile(Double.exp(target))
        for guess in [mean + deviation * (isLower ? size : -size), mean] where guess > low && guess < high {
            (x, best) = (guess, guess)
            return
        }
    }

    private var isMedian: Bool { target == Double.log(0.5) }
    private var isFound: Bool { error <= 1e-9 * max(1, abs(target)) }

    /// Begins between two points, if they are found.
    mutating func begin(between a: TailRoot, _ b: TailRoot) {
        guard a.isFound, b.isFound else { return }
        guard a.best < b.best else {
            (x, best) = (a.best, a.best)
            return
        }
        (low, high) = (a.best, b.best)
        if isMedian, x > low, x < high { return }
        let share = a.isLower == b.isLower ? (target - a.target) / (b.target - a.target) : 0.5
        let guess =
            isRatio(low) ? low * Double.exp(share * Double.log(high / low)) : low + share * (high - low)
        x = guess > low && guess < high ? guess : FloatOrder.middle(low, high)
        best = x
    }

    /// Whether the logarithm of the tail is rather a linear function of log x than of x: of numbers above 0, the lower
    /// tail, and the upper one where the root may still lie at any order of magnitude.
    private func isRatio(_ x: Double) -> Bool {
        bottom == 0 && x > 0 && (isLower || low > 0 && high < top && high > 16 * low)
    }

    /// Takes what was found at x and chooses the next one. False when x is found.
    mutating func advance(_ log: Double, _ density: Double) -> Bool {
        // Positive where x is below the root.
        let gap = (target - log) * (isLower ? 1 : -1)
        if abs(gap) < error { (best, error) = (x, abs(gap)) }
        if gap.isNaN || abs(gap) <= target.ulp { return false }
        if gap > 0 { low = x } else { high = x }
        let step = gap / Double.exp(density - log)
        // A step of 0 because the hazard overflowed is no sign of convergence: the tail must agree, too.
        if abs(step) <= x.ulp, abs(gap) <= 1e-9 * max(1, abs(target)) { return false }
        let next = isRatio(x) ? x + x * Double.expMinusOne(step / x) : x + step
        let move = next - x
        // In a far exponential tail every step divides x by about e: from 1e150 that would be for ever.
        let isNear = newtonSteps < 4 || abs(move) <= 0.25 * abs(x)
        if isNear, next > low, next < high, abs(move) <= 0.5 * abs(lastStep) {
            (x, lastStep) = (next, move)
            newtonSteps += 1
            return true
        }
        (lastStep, newtonSteps) = (.infinity, 0)
        let middle = FloatOrder.middle(low, high)
        if middle == low || middle == high { return false }
        x = outside(isAbove: gap > 0) ?? middle
        return true
    }

    /// Some deviations further, where no point beyond x has been looked at; nil when that did not lead there.
    private mutating func outside(isAbove: Bool) -> Double? {
        guard steps < 6, reach > 0, isAbove ? high == top : low == bottom && bottom != 0 else { return nil }
        let next = isAbove ? low + reach : high - reach
        (reach, steps) = (4 * reach, steps + 1)
        return next > low && next < high ? next : nil
    }
}
