import Scripting
import Tensors

/// Estimates for each number of a point with their errors and diagnostics: arviz.summary's columns.
final class ChainSummary: TabularObject {
    static let type = ObjectType("chain_summary")
    var scriptType: ObjectType { ChainSummary.type }

    /// The estimates for one number of a point.
    struct Line {
        let name: String
        /// In the order of ``columns``.
        let numbers: [Double]
        let isConstant: Bool
    }

    static let columns = [
        "mean", "sd", "hdi_low", "hdi_high", "mcse_mean", "mcse_sd", "ess_bulk", "ess_tail", "r_hat",
    ]

    let chains: Int
    let draws: Int
    let shape: [Int]
    let probability: Double
    let lines: [Line]
    let divergences: Int

    init(_ draws: ChainDraws, probability: Double) throws {
        let samples = draws.values
        (chains, self.draws, shape) = (samples.shape[0], samples.shape[1], Array(samples.shape.dropFirst(2)))
        (divergences, self.probability) = (draws.divergences, probability)
        let shape = shape
        lines = try ChainSeries.all(of: samples).enumerated().map { index, series in
            try Cancellation.check()
            let (low, high) = ChainSummary.densest(series.values.sorted(), probability)
            return Line(
                name: ChainDraws.name(index, shape),
                numbers: [
                    series.mean, series.deviation, low, high, ChainErrors.mean(series), ChainErrors.deviation(series),
                    Convergence.ess(series, .bulk), Convergence.ess(series, .tail), Convergence.rhatOfSummary(series),
                ], isConstant: series.isConstant)
        }
    }

    /// The shortest interval that holds that share of the draws (highest density interval).
    static func densest(_ sorted: [Double], _ probability: Double) -> (low: Double, high: Double) {
        let inside = Int(probability * Double(sorted.count))
        guard inside < sorted.count, !sorted.contains(where: \.isNaN) else { return (.nan, .nan) }
        var (best, width) = (0, Double.infinity)
        for start in 0..<sorted.count - inside where sorted[start + inside] - sorted[start] < width {
            (best, width) = (start, sorted[start + inside] - sorted[start])
        }
        return (sorted[best], sorted[best + inside])
    }

    /// A column, in the shape of a point.
    func column(_ name: String) throws -> Tensor {
        let index = ChainSummary.columns.firstIndex(of: name) ?? 0
        return try Tensor(lines.map { $0.numbers[index] }, shape: shape, .float64)
    }
}

extension ChainSummary {
    /// A sentence that names what is not to be trusted.
    var verdict: String {
        var says: [String] = []
        func places(_ found: [Line]) -> String {
            found.prefix(3).map(\.name).joined(separator: ", ")
                + (found.count > 3 ? " and \(found.count - 3) more" : "")
        }
        let moving = lines.filter { !$0.isConstant && !$0.numbers[0].isNaN }
        let notNumbers = lines.filter { $0.numbers[0].isNaN }
        if !notNumbers.isEmpty { says.append("\(places(notNumbers)): nan among the draws, nothing can be said") }
        let constant = lines.filter(\.isConstant)
        if !constant.isEmpty {
            says.append("\(places(constant)): all draws are one number; did the chains move?")
        }
        if draws < 4 {
            says.append("\(draws) draws a chain: too few to say anything (4 at least)")
        } else if chains < 2 {
            says.append("one chain: R-hat compares chains and says nothing of one; run several from different starts")
        }
        let apart = moving.filter { $0.numbers[8] > 1.01 }
        if let worst = apart.max(by: { $0.numbers[8] < $1.numbers[8] }) {
            says.append(
                "R-hat \(ChainSummary.text(worst.numbers[8], 3)) > 1.01 (\(places(apart))): the chains disagree; run "
                    + "longer, trust none of these"
            )
        }
        let few = moving.filter { min($0.numbers[6], $0.numbers[7]) < 100 * Double(chains) }
        if let worst = few.min(by: { min($0.numbers[6], $0.numbers[7]) < min($1.numbers[6], $1.numbers[7]) }) {
            let ess = Int(min(worst.numbers[6], worst.numbers[7]))
            says.append(
                "ess \(ess) < \(100 * chains), 100 a chain (\(places(few))): the standard errors themselves are rough")
        }
        if divergences > 0 {
            says.append(
                """
                \(divergences) divergence\(divergences == 1 ? "" : "s"): a region that the chains could not enter; a \
                higher target_accept, or other coordinates
                """)
        }
        return says.isEmpty ? "nothing speaks against these draws" : says.joined(separator: "\n")
    }

    static func text(_ x: Double, _ digits: Int) -> String {
        guard x.isFinite, abs(x) < 1e9 else { return shown(x) }
        if x != 0, abs(x) < 1e-4 || abs(x) >= 1e6 { return Abridged.scientific(x) }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let whole = Int((abs(x) * scale).rounded())
        let (left, right) = whole.quotientAndRemainder(dividingBy: Int(scale))
        let fraction = String(right)
        return (x < 0 && whole > 0 ? "-" : "") + "\(left)." + String(repeating: "0", count: digits - fraction.count)
            + fraction
    }

    /// The first lines, 40 at most, as the prompt shows them.
    var table: ShownTable {
        let percent = ((1 - probability) / 2 * 1000).rounded() / 10
        let heads = [
            "mean", "sd", "hdi_\(shown(percent))%", "hdi_\(shown(100 - percent))%", "mcse_mean", "mcse_sd", "ess_bulk",
            "ess_tail", "r_hat",
        ]
        let rows = lines.prefix(40).map { line in
            [line.name]
                + line.numbers.enumerated().map { index, number in
                    index == 6 || index == 7
                        ? (number.isFinite ? String(Int(number.rounded())) : shown(number))
                        : ChainSummary.text(number, 3)
                }
        }
        let more = lines.count > 40 ? "... \(lines.count - 40) more\n" : ""
        return ShownTable(
            headings: [""] + heads, rows: rows,
            note: more + "\(chains) chain\(chains == 1 ? "" : "s") of \(draws) draws. " + verdict)
    }

    /// The table as text.
    var description: String {
        let table = table
        let rows = [table.headings] + table.rows
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let text = rows.map { row in
            row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
        return text + "\n" + table.note
    }
}

private enum Abridged {
    /// A number in scientific notation: `1.23e-07`.
    static func scientific(_ x: Double) -> String {
        var (exponent, mantissa) = (0, abs(x))
        while mantissa >= 10 {
            mantissa /= 10
            exponent += 1
        }
        while mantissa < 1 {
            mantissa *= 10
            exponent -= 1
        }
        var rounded = (mantissa * 100).rounded() / 100
        if rounded >= 10 { (rounded, exponent) = (1, exponent + 1) }
        return "\(x < 0 ? "-" : "")\(shown(rounded))e\(exponent)"
    }
}
