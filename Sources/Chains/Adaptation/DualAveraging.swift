import RealModule

/// Nesterov's dual averaging for the logarithm of a step size (Hoffman and Gelman 2014, section 3.2, with their
/// constants).
struct DualAveraging {
    private(set) var size: Double
    private var center: Double
    private var count = 0.0
    private var meanError = 0.0
    private var meanLog = 0.0

    init(size: Double) {
        self.size = size
        center = Double.log(10 * size)
    }

    /// The size that a run goes on with after the warm-up: exp of the weighted mean of log sizes.
    var averaged: Double { count > 0 ? Double.exp(meanLog) : size }

    /// - Parameter acceptance: the acceptance probability of the last step, averaged over the chains.
    mutating func update(acceptance: Double, goal: Double) {
        count += 1
        let weight = 1 / (count + 10)
        meanError += weight * (goal - acceptance - meanError)
        let log = min(max(center - count.squareRoot() / 0.05 * meanError, -700), 700)
        let share = Double.pow(count, -0.75)
        meanLog = share * log + (1 - share) * meanLog
        size = Double.exp(log)
    }

    var numbers: [Double] {
        get { [size, center, count, meanError, meanLog] }
        set {
            guard newValue.count == 5 else { return }
            (size, center, count, meanError, meanLog) = (
                newValue[0], newValue[1], newValue[2], newValue[3], newValue[4]
            )
        }
    }
}
