import RealModule
import Tensors

/// Functions of the particles' log weights.
enum ParticleWeights {
    /// log of the mean of the weights.
    static func logMean(_ logs: [Double]) -> Double {
        guard let largest = logs.max(), largest > -.infinity else { return -.infinity }
        return largest + Double.log(logs.reduce(0) { $0 + Double.exp($1 - largest) } / Double(logs.count))
    }

    /// The effective sample size (sum w)^2 / sum w^2.
    static func ess(_ logs: [Double]) -> Double {
        guard let largest = logs.max(), largest > -.infinity else { return 0 }
        let weights = logs.map { Double.exp($0 - largest) }
        let sum = weights.reduce(0, +)
        return sum * sum / weights.reduce(0) { $0 + $1 * $1 }
    }

    /// The largest inverse temperature up to 1 at which the effective sample size is still at least `least`.
    static func step(_ logLikelihoods: [Double], from inverse: Double, leaving least: Double) -> Double {
        func ess(_ next: Double) -> Double {
            ParticleWeights.ess(logLikelihoods.map { $0 == -.infinity ? -.infinity : (next - inverse) * $0 })
        }
        if ess(1) >= least { return 1 }
        var (low, high) = (inverse, 1.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if ess(middle) >= least { low = middle } else { high = middle }
        }
        // Where even the smallest step leaves a smaller one (most particles have likelihood 0), the smallest step.
        return low > inverse ? low : high
    }

    /// Indices of the particles that live on, each on average in proportion to its weight, from one uniform number
    /// (Kitagawa's systematic resampling).
    static func systematic(_ logs: [Double], _ generator: Generator) -> [Int] {
        let largest = logs.max() ?? 0
        let weights = logs.map { Double.exp($0 - largest) }
        let total = weights.reduce(0, +)
        let (u, count) = (generator.uniform(), Double(logs.count))
        var (result, sum, index) = ([Int](), weights.first ?? 0, 0)
        for k in logs.indices {
            let place = (Double(k) + u) / count * total
            while sum < place, index + 1 < weights.count {
                index += 1
                sum += weights[index]
            }
            result.append(index)
        }
        return result
    }
}
