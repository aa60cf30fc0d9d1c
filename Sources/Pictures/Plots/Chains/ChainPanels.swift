import Chains
import Scripting

/// The numbers of a point that a figure of chains shows, with their names.
struct ShownChains {
    let draws: ChainDraws
    /// The indices of the numbers, from 1, and their draws.
    let numbers: [Int]
    let series: [ChainSeries]
    let names: [String]

    /// The colour of a chain, from the palette, repeated if necessary.
    static func color(_ chain: Int) -> Color { Palette.color(chain) }
}

extension Parameter<ShownChains> {
    /// The parameters `samples`, `names` and `numbers`.
    /// - Parameter most: how many numbers of a point are shown by default.
    static func shownChains(most: Int) -> Parameter {
        .joined(
            .argument("samples", .draws, "(chains, draws, ...), or what mcmc.sample returns"),
            .option("names", .optional(.labels), "what the numbers of a point are called; x[1], x[2], ..."),
            .option(
                "numbers",
                .optional(
                    .list(of: .integer(from: 1), expected: "a list of whole numbers"), shown: "{1, ..., \(most)}"),
                default: nil, "which numbers of a point, in row-major order")
        ) { (draws: ChainDraws, names: [String]?, numbers: [Int]?) in
            let all = try ChainSeries.all(of: draws.values)
            guard !all.isEmpty else { throw Fault("samples", "points without numbers") }
            let numbers = numbers ?? Array(1...min(all.count, most))
            guard !numbers.isEmpty, numbers.count <= 24 else {
                throw Fault("numbers", "1 to 24 of them expected, got \(numbers.count)")
            }
            if let beyond = numbers.first(where: { $0 > all.count }) {
                throw Fault("numbers", "a point has \(all.count) number\(all.count == 1 ? "" : "s"), got \(beyond)")
            }
            if let names, names.count != numbers.count {
                throw Fault("names", "\(numbers.count) names expected, one for each number shown, got \(names.count)")
            }
            let series = numbers.map { all[$0 - 1] }
            if let bad = series.first(where: { $0.values.contains { !($0.magnitude <= 1e150) } }) {
                let value = bad.values.first { !($0.magnitude <= 1e150) } ?? .nan
                throw Fault("samples", "a draw is \(shown(value)); only numbers up to 1e150 can be drawn")
            }
            let shape = Array(draws.values.shape.dropFirst(2))
            return ShownChains(
                draws: draws, numbers: numbers, series: series,
                names: names ?? numbers.map { ChainDraws.name($0 - 1, shape) })
        }
    }
}
