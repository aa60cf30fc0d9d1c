import Scripting

/// What least squares with a penalty on total variation, min |y - x|^2 / 2 + level sum |y_(i+1) - y_i|, makes of x:
/// runs of equal elements. A run of n elements between neighbours is the mean of x there, less level * pull / n, where
/// pull is 2 for a run above both neighbours, -2 below both, 0 in a stair and half of that at the ends.
struct EqualRuns {
    /// How many elements each has.
    var counts: [Int]
    /// The means of x over them.
    private var means: [Double]
    /// By whether each run is followed by a larger or a smaller one.
    private var signs: [Double]

    /// The runs of x for a level from 0, in time near n.
    init(of x: [Double], level: Double) {
        // Sums in it are a few times the largest of these: near the largest number all are made smaller, exactly.
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
        // Rounding may leave neighbours apart that are one.
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

    /// Of each run, see above.
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

    /// How x moves with the level: minus this, which is the gradient of the total variation there.
    var direction: [Double] { spread(zip(pulls, counts).map { $0 / Double($1) }) }

    /// Each run's mean for its elements.
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

/// The minimum itself, by following the tube around the sums of x that its sums stay in (Condat 2013, algorithm 1). x
/// has two elements at least.
private func tautString(_ x: [Double], _ level: Double) -> [Double] {
    let end = x.count - 1
    var result = x
    // The place read, the run's start, and the last places where the lower and the upper value were fixed.
    var (k, start, lowPlace, highPlace) = (0, 0, 0, 0)
    var (low, high) = (x[0] - level, x[0] + level)
    // How far the string may still go to either side of the tube.
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
