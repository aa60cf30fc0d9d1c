import Scripting

let plotBar = Declaration(
    "plot.bar",
    """
    Bars from 0 to `y` around `x`. `plot.bar{y}` and `plot.bar{x, y}` are short forms. Several series share the x and \
    stand side by side. Options of panels as plot.line's.
    """,
    by: .table,
    takes: .pair(
        .argument("y", .optional(.coordinates(gaps: true)), "a tensor of shape (N) or a list of numbers"),
        after: .argument("x", .optional(.barPlaces), "numbers, or texts that stand under the bars; else 1, 2, ...")),
    .option("width", .optional(.number(above: 0, to: 1e150)), "of all bars around one x; 0.8 of the least distance"),
    SeriesBasics.options.parameter, .option("series", .list(of: .bars), default: [], "{{y = , label = }, ...}"),
    AxesOptions.options.parameter, returns: .figure,
    errors: "there is no data, lengths differ, or a logarithmic axis meets a number below zero",
    example: """
        local path = os.tmpname()
        plot.bar{x = {"plain", "antithetic"}, y = {4, 1.5}, yerr = {0.3, 0.2}, ylabel = "variance"}:save(path .. ".png")
        plot.bar{series = {{y = {1, 2, 3}, label = "a"}, {y = {3, 2, 1}, label = "b"}}}:save(path .. ".png")
        os.remove(path); os.remove(path .. ".png")
        """,
    see: ["plot.line"]
) { (data: ([Double]?, BarPlaces?), width: Double?, basics: SeriesBasics, listed: [Bars], axes: AxesOptions) in
    let all = (data.0.map { [Bars(y: $0, basics: basics)] } ?? []) + listed
    guard let count = all.first?.y.count else { throw Fault("no bars given: y, or series = {{y = ...}, ...}") }
    if let odd = all.first(where: { $0.y.count != count }) {
        throw Fault("series have \(count) and \(odd.y.count) bars")
    }
    let places = data.1 ?? .numbers((0..<count).map { Double($0 + 1) })
    return Figure([try axes.panel(try sideBySide(all, at: places, width: width), base: 0, words: places.words)])
}

/// One series of bars, independent of their positions.
private struct Bars {
    let y: [Double]
    let basics: SeriesBasics
}

extension Domain<Bars> {
    fileprivate static var bars: Domain {
        .table(.argument("y", .coordinates(gaps: true)), SeriesBasics.options.parameter) { Bars(y: $0, basics: $1) }
    }
}

/// The positions of bars.
private enum BarPlaces {
    case numbers([Double])
    /// Labels of bars at 1, 2, ...
    case texts([String])

    var numbers: [Double] {
        switch self {
        case .numbers(let numbers): numbers
        case .texts(let texts): texts.indices.map { Double($0 + 1) }
        }
    }

    var words: [Ticks.Mark]? {
        guard case .texts(let texts) = self else { return nil }
        return zip(numbers, texts).map { Ticks.Mark(value: $0, label: Ticks.Label($1)) }
    }

    var kind: String { if case .texts = self { "texts" } else { "numbers" } }
}

extension Domain<BarPlaces> {
    fileprivate static var barPlaces: Domain {
        let numbers = Domain<[Double]>.coordinates
        let type = ScriptType.either(numbers.type.choices + [.list(.string)])
        return Domain(type, expected: "numbers or texts", show: { _ in "numbers" }) { value in
            if case .table(let table) = value, case .string? = try table.elements().first {
                return try Domain<[String]>.labels.read(value).map { .texts($0) }
            }
            return try numbers.read(value).map { .numbers($0) }
        }
    }
}

/// - Parameters:
///   - all: series with equal numbers of bars.
///   - width: the width of all bars at one position, in units of x.
private func sideBySide(_ all: [Bars], at places: BarPlaces, width: Double?) throws -> [Series] {
    let x = places.numbers
    if let first = all.first, first.y.count != x.count {
        throw Fault("x has \(x.count) \(places.kind), y has \(first.y.count) numbers")
    }
    let sorted = x.sorted()
    let least = zip(sorted.dropFirst(), sorted).map { $0 - $1 }.filter { $0 > 0 }.min() ?? 1
    let each = (width ?? 0.8 * least) / Double(all.count)
    return try all.enumerated().map { index, bars in
        let shift = (Double(index) - Double(all.count - 1) / 2) * each
        var series = try bars.basics.series(x: x.map { $0 + shift }, y: bars.y, index: index, style: .bars)
        series.barWidth = each
        return series
    }
}
