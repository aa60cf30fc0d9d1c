import Scripting
import Tensors

/// Means and variances (or the covariance) of draws, updated draw by draw (Welford's method).
struct RunningMoments {
    let width: Int
    let isDense: Bool
    private var count = 0.0
    private var mean: [Double]
    /// Sums of squares of deviations: width, or width x width.
    private var squares: [Double]

    /// - Throws: ``ScriptError`` where there is no memory for the sums, and for the matrices that are made of them.
    init(width: Int, isDense: Bool) throws {
        (self.width, self.isDense) = (width, isDense)
        if isDense {
            let (bytes, overflow) = width.multipliedReportingOverflow(by: 4 * 8)
            try Storage.reserving(width, bytes: overflow ? .max : bytes) {}
        }
        mean = [Double](repeating: 0, count: width)
        squares = [Double](repeating: 0, count: isDense ? width * width : width)
    }

    mutating func add(_ rows: Rows) {
        for row in 0..<rows.count {
            count += 1
            let x = rows.row(row)
            let before = (0..<width).map { x[$0] - mean[$0] }
            for i in 0..<width { mean[i] += before[i] / count }
            let after = (0..<width).map { x[$0] - mean[$0] }
            if isDense {
                for i in 0..<width { for j in 0..<width { squares[i * width + j] += before[i] * after[j] } }
            } else {
                for i in 0..<width { squares[i] += before[i] * after[i] }
            }
        }
    }

    /// The metric that these draws give, shrunk towards small variances as Stan does; nil for too few draws.
    func metric() throws -> Metric? {
        guard count >= 3 else { return nil }
        let share = count / (count + 5)
        if isDense {
            var covariance = squares.map { share * $0 / (count - 1) }
            for i in 0..<width {
                covariance[i * width + i] += 1e-3 * (1 - share)
                for j in 0..<i {
                    let both = (covariance[i * width + j] + covariance[j * width + i]) / 2
                    (covariance[i * width + j], covariance[j * width + i]) = (both, both)
                }
            }
            return try .dense(covariance, width: width)
        }
        return .diagonal(squares.map { (share * $0 / (count - 1) + 1e-3 * (1 - share)).squareRoot() })
    }

    var numbers: [Double] {
        get { [count] + mean + squares }
        set {
            guard newValue.count == 1 + mean.count + squares.count else { return }
            count = newValue[0]
            mean = Array(newValue[1..<(width + 1)])
            squares = Array(newValue[(width + 1)...])
        }
    }
}
