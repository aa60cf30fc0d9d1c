import Scripting

private let names =
    ["x", "y", "width", "yerr", "label", "color", "alpha", "series"] + AxesOptions.names
private let options = names.map { "\($0) =" }.joined(separator: ", ")

let plotBar = NativeFunction(
    "plot.bar",
    Documentation(
        "plot.bar{\(options)} -> figure",
        """
        Bars from 0 to `y` (shape (N)) around `x`: numbers, or texts that stand under the bars; without `x` it is 1, 2, \
        ..., N. `plot.bar{y}` and `plot.bar{x, y}` are short forms. `width` is that of all bars around one x, in its \
        units, by default 0.8 of the least distance. Several series, `series = {{y = , label = , color = , yerr = , alpha = }, ...}`, \
        share the x and stand side by side. `yerr` are half lengths of error bars. Panel options as plot.line's.
        """,
        errors: """
            there is no data, lengths differ, no number is finite, a width is not above 0, a logarithmic axis meets a \
            number below zero, or an option is unknown
            """,
        example: """
            local path = os.tmpname()
            plot.bar{x = {"plain", "antithetic"}, y = {4, 1.5}, yerr = {0.3, 0.2}, ylabel = "variance"}:save(path .. ".png")
            plot.bar{series = {{y = {1, 2, 3}, label = "a"}, {y = {3, 2, 1}, label = "b"}}}:save(path .. ".png")
            os.remove(path); os.remove(path .. ".png")
            """),
    returning: { arguments in
        let function = arguments.function
        let parts = try TableParts(arguments, positional: 2, known: names)
        let options = parts.options
        let (first, second) = (parts.positional[0], parts.positional[1])
        var (x, y) = (options["x"], options["y"])
        switch (first, second) {
        case (.none, .none): break
        case (let only, .none): y = only
        case (let left, let right): (x, y) = (left, right)
        }
        var own: [Series] = []
        if case .none = y {} else { own = [try BarSeries(function).series(y, options, "", index: 0)] }
        let series = own + (try BarSeries(function).listed(options, offset: own.count))
        guard let count = series.first?.y.count else {
            throw arguments.error("no bars given: y, or series = {{y = ...}, ...}")
        }
        let (places, words) = try BarSeries(function).places(x, count: count)
        return .object(
            Figure([
                try AxesOptions(options: options).panel(
                    try BarSeries(function).sideBySide(series, at: places, width: options), base: 0, words: words)
            ]))
    })

/// Reads the series of a bar chart, and puts them beside each other.
private struct BarSeries {
    let function: String

    init(_ function: String) { self.function = function }

    func series(_ y: Value, _ options: Options, _ name: String, index: Int) throws -> Series {
        let lists = NumberLists(operation: function)
        let heights = try lists.list(y, name + "y", gaps: true)
        var series = Series(
            x: [], y: heights, label: try options.string("label", default: ""), color: Palette.color(index), style: .bars)
        if options.has("color") {
            series.color = try Palette.color(try options.string("color", default: ""), for: function)
        }
        let alpha = try options.number("alpha", default: 1)
        guard alpha >= 0, alpha <= 1 else { throw options.error("alpha", expected: "a number from 0 to 1") }
        if alpha < 1 { series.color = series.color.faded(alpha) }
        if options.has("yerr") {
            let errors = try lists.list(options["yerr"], name + "yerr", gaps: true)
            guard errors.count == heights.count else {
                throw ScriptError(function, "\(name)y has \(heights.count) numbers, yerr has \(errors.count)")
            }
            if let bad = errors.firstIndex(where: { $0 < 0 }) {
                throw ScriptError(function, "\(name)yerr[\(bad + 1)] is \(errors[bad]); errors are not negative")
            }
            series.errors = errors
        }
        return series
    }

    func listed(_ options: Options, offset: Int) throws -> [Series] {
        guard options.has("series") else { return [] }
        guard case .table(let table) = options["series"] else {
            throw options.error("series", expected: "a list of tables")
        }
        return try table.elements().enumerated().map { index, element in
            let name = "series \(index + 1): "
            guard case .table(let inner) = element else {
                throw ScriptError(function, "\(name)a table expected, got \(element.shown)")
            }
            let parts: TableParts
            do {
                parts = try TableParts(
                    inner, function: function, positional: 1, known: ["y", "label", "color", "yerr", "alpha"])
            } catch let error as ScriptError {
                throw ScriptError(function, name + error.message)
            }
            return try series(parts.value(1, "y"), parts.options, name, index: offset + index)
        }
    }

    /// Where the bars stand, and what is written under them when `x` holds texts.
    func places(_ x: Value, count: Int) throws -> ([Double], [Ticks.Mark]?) {
        let counted = (0..<count).map { Double($0 + 1) }
        if case .none = x { return (counted, nil) }
        if case .table(let table) = x, case .string? = try table.elements().first {
            let texts = try TickOptions.texts(table, "x", for: function)
            guard texts.count == count else { throw different("x has \(texts.count) texts, y has \(count) numbers") }
            return (counted, zip(counted, texts).map { Ticks.Mark(value: $0, label: Ticks.Label($1)) })
        }
        let numbers = try NumberLists(operation: function).list(x, "x")
        guard numbers.count == count else { throw different("x has \(numbers.count) numbers, y has \(count)") }
        return (numbers, nil)
    }

    private func different(_ text: String) -> ScriptError { ScriptError(function, text) }

    func sideBySide(_ series: [Series], at places: [Double], width options: Options) throws -> [Series] {
        let sorted = places.sorted()
        let least = zip(sorted.dropFirst(), sorted).map { $0 - $1 }.filter { $0 > 0 }.min() ?? 1
        let whole = try options.number("width", default: 0.8 * least)
        guard whole > 0, whole <= 1e150 else { throw options.error("width", expected: "a number above 0, at most 1e150") }
        let each = whole / Double(series.count)
        return try series.enumerated().map { index, one in
            guard one.y.count == places.count else {
                throw different("series have \(places.count) and \(one.y.count) bars")
            }
            var one = one
            let shift = (Double(index) - Double(series.count - 1) / 2) * each
            one.x = places.map { $0 + shift }
            one.barWidth = each
            return one
        }
    }
}
