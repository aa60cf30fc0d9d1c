import Scripting

/// The minimum of |y - x|^2 / 2 + level sum |y_(i+1) - y_i| consists of runs of equal elements. A run of n elements has
/// the value (mean of x over it) - level * pull / n, where pull is 2 for a run above both neighbours, -2 for one below
/// both, 0 between a lower and a higher one, and 1 or -1 at the ends.
struct EqualRuns {
    /// The number of elements of each run.
    var counts: [Int]
    /// The mean of x over each run.
    private var means: [Double]
    /// For each run but the last, 1 if the next one is larger, else -1.
    private var signs: [Double]

    /// The runs of x for a level >= 0, in time proportional to n as a rule.
    init(of x: [Double], level: Double) {
        // Sums are a few times the largest of these: close to overflow everything is scaled down by a power of two,
        // exactly.
        let scale = max(level, x.largestMagnitude) > 0x1p1000 ? 0x1p-30 : 1
        let smooth = level > 0 && x.count > 1 ? tautString(x.map { $0 * scale }, level * scale) : x
        (counts, means, signs) = ([], [], [])
        for (i, value) in x.enumerated() {
            if let last = counts.indices.last, smooth[i] == smooth[i - 1] {
                counts[last] += 1
                means[last] += (value - means[last]) / Double(counts[last])
                continue
            }
            if i > 0 { signs.append(smooth[i] > smooth[i - 1] ? 1 : -1) }
            counts.append(1)
            means.append(value)
        }
        // Rounding may leave two runs that should be one: neighbours in the wrong order are joined.
        while true {
            let values = values(level: level)
            guard let wrong = signs.indices.first(where: { signs[$0] * (values[$0 + 1] - values[$0]) <= 0 }) else {
                break
            }
            let count = counts[wrong] + counts[wrong + 1]
            means[wrong] += (means[wrong + 1] - means[wrong]) * (Double(counts[wrong + 1]) / Double(count))
            counts[wrong] = count
            counts.remove(at: wrong + 1)
            means.remove(at: wrong + 1)
            signs.remove(at: wrong)
        }
    }

    /// The pull of each run, see above.
    private var pulls: [Double] {
        counts.indices.map { k in (k > 0 ? signs[k - 1] : 0) - (k < signs.count ? signs[k] : 0) }
    }

    private func values(level: Double) -> [Double] {
        zip(zip(means, counts), pulls).map { $0.0 - level * ($1 / Double($0.1)) }
    }

    private func spread(_ values: [Double]) -> [Double] {
        zip(values, counts).flatMap { [Double](repeating: $0, count: $1) }
    }

    /// The minimum.
    func smoothed(level: Double) -> [Double] { spread(values(level: level)) }

    /// Minus the derivative of the result by the level: the gradient of the total variation there.
    var direction: [Double] { spread(zip(pulls, counts).map { $0 / Double($1) }) }

    /// The map that replaces each element by the mean of its run.
    static func means(_ counts: [Int]) -> Slope {
        { v in
            var start = 0
            return counts.flatMap { count in
                let mean = v[start..<start + count].reduce(0) { $0 + $1 / Double(count) }
                start += count
                return [Double](repeating: mean, count: count)
            }
        }
    }
}

/// sum |x_(i+1) - x_i|
func totalVariation(_ x: [Double]) -> Double {
    zip(x, x.dropFirst()).reduce(0) { $0 + ($1.1 - $1.0).magnitude }
}

/// The minimum itself by the taut-string algorithm, which follows the tube around the cumulated sums of x (Condat 2013,
/// algorithm 1). x has two elements at least.
private func tautString(_ x: [Double], _ level: Double) -> [Double] {
    let end = x.count - 1
    var result = x
    // The current position, the start of the run, and the last positions at which its lower and upper value were fixed.
    var (k, start, lowPlace, highPlace) = (0, 0, 0, 0)
    var (low, high) = (x[0] - level, x[0] + level)
    // The distances of the string from the two sides of the tube.
    var (below, above) = (level, -level)
    func fill(to place: Int, _ value: Double) {
        repeat {
            result[start] = value
            start += 1
        } while start <= place
    }
    while true {
        if k == end {
            if below < 0 {
                fill(to: lowPlace, low)
                (k, lowPlace) = (start, start)
                low = x[start]
                below = level
                above = low + level - high
            } else if above > 0 {
                fill(to: highPlace, high)
                (k, highPlace) = (start, start)
                high = x[start]
                above = -level
                below = high - level - low
            } else {
                fill(to: k, low + below / Double(k - start + 1))
                return result
            }
            continue
        }
        below += x[k + 1] - low
        above += x[k + 1] - high
        if below < -level {
            fill(to: lowPlace, low)
            (k, lowPlace, highPlace) = (start, start, start)
            low = x[start]
            high = low + 2 * level
            (below, above) = (level, -level)
        } else if above > level {
            fill(to: highPlace, high)
            (k, lowPlace, highPlace) = (start, start, start)
            high = x[start]
            low = high - 2 * level
            (below, above) = (level, -level)
        } else {
            k += 1
            if below >= level {
                lowPlace = k
                low += (below - level) / Double(k - start + 1)
                below = level
            }
            if above <= -level {
                highPlace = k
                high += (above + level) / Double(k - start + 1)
                above = -level
            }
        }
    }
}
