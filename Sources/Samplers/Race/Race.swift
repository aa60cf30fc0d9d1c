import RealModule
import Scripting
import Tensors

/// How one estimator did: its answers over repetitions, and what they cost.
package struct RaceResult {
    let name: ByteString
    /// For each component of the answer, mean and variance over the repetitions.
    let means: [Double]
    let variances: [Double]
    let repetitions: Int
    let evaluations: Double?
    let seconds: Double

    /// The variances, summed over the components.
    var variance: Double { variances.reduce(0, +) }

    /// (mean - reference) / √(variance / repetitions + error²) of each component: standard normal for an unbiased
    /// estimator.
    func zScores(_ reference: [Double], _ errors: [Double]) -> [Double] {
        means.indices.map { index in
            let difference = means[index] - reference[index]
            let error = (variances[index] / Double(repetitions) + errors[index] * errors[index]).squareRoot()
            return difference == 0 ? 0 : difference / error
        }
    }

    package init(_ name: ByteString, answers: [[Double]], evaluations: Double?, seconds: Double) {
        self.name = name
        repetitions = answers.count
        self.evaluations = evaluations
        self.seconds = seconds
        let columns = (answers.first ?? []).indices.map { column in answers.map { $0[column] } }
        means = columns.map { StandardError.ofMean($0).mean }
        let count = Double(answers.count)
        variances = columns.map { column in
            let error = StandardError.ofMean(column).error
            return error * error * count
        }
    }
}

extension RaceResult {
    /// The results as text, one estimator a line.
    package static func table(_ results: [RaceResult], _ biases: [Double?]) -> String {
        var rows = [["estimator", "bias z", "variance", "evaluations", "seconds", "variance x seconds"]]
        for (result, bias) in zip(results, biases) {
            rows.append([
                result.name.text, bias.map { fixed($0) } ?? "-", significant(result.variance),
                result.evaluations.map { shown($0.rounded()) } ?? "-",
                significant(result.seconds), significant(result.variance * result.seconds),
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// A number with two decimals.
    private static func fixed(_ number: Double) -> String {
        guard abs(number) < 1e6 else { return number.isFinite ? significant(number) : shown(number) }
        let hundredths = Int((abs(number) * 100).rounded())
        let digits = hundredths % 100
        return "\(number < 0 && hundredths > 0 ? "-" : "")\(hundredths / 100).\(digits < 10 ? "0" : "")\(digits)"
    }

    /// A number with three significant digits, as in 1.23e-04.
    private static func significant(_ number: Double) -> String {
        guard number != 0, number.isFinite else { return shown(number) }
        var exponent = Int(Double.log10(abs(number)).rounded(.down))
        // In two steps, as 10^-324 is 0 as a number.
        let half = exponent / 2
        var mantissa = (number / Double.pow(10, half) / Double.pow(10, exponent - half) * 100).rounded()
        if abs(mantissa) >= 1000 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
        let size = exponent.magnitude
        return "\(mantissa / 100)e\(exponent < 0 ? "-" : "+")\(size < 10 ? "0" : "")\(size)"
    }
}
