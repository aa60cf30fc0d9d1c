import Scripting

/// Reads series: from a call's own options, and from the tables in `series`.
struct SeriesOptions {
    static let names = [
        "x", "y", "yerr", "label", "color", "style", "linewidth", "linestyle", "marker", "markersize", "alpha",
    ]

    let function: String
    /// The style of series that name none.
    let style: Series.Style

    /// All series of a call: its own, if it has data, then those in `series`.
    func all(_ parts: TableParts) throws -> [Series] {
        let own = try one(parts, "", index: 0).map { [$0] } ?? []
        return own + (try listed(parts.options, offset: own.count))
    }

    /// The series in the option `series`.
    /// - Parameter offset: colours already taken.
    func listed(_ options: Options, offset: Int) throws -> [Series] {
        guard options.has("series") else { return [] }
        guard case .table(let table) = options["series"] else {
            throw options.error("series", expected: "a list of tables")
        }
        var series: [Series] = []
        for (index, element) in try table.elements().enumerated() {
            let name = "series \(index + 1): "
            guard case .table(let inner) = element else {
                throw ScriptError(function, "\(name)a table expected, got \(element.shown)")
            }
            let parts: TableParts
            do {
                parts = try TableParts(inner, function: function, positional: 2, known: SeriesOptions.names)
            } catch let error as ScriptError {
                throw ScriptError(function, name + error.message)
            }
            guard let made = try one(parts, name, index: offset + series.count) else {
                throw ScriptError(function, "\(name)no y given")
            }
            series.append(made)
        }
        return series
    }

    /// One series; nil when there is no data. `{y}` and `{x, y}` may stand in place of names.
    private func one(_ parts: TableParts, _ name: String, index: Int) throws -> Series? {
        let (first, second) = (parts.positional.first ?? .none, parts.positional.dropFirst().first ?? .none)
        var (x, y) = (parts.options["x"], parts.options["y"])
        switch (first, second) {
        case (.none, .none): break
        case (let only, .none): y = only
        case (let left, let right): (x, y) = (left, right)
        }
        if case .none = y {
            if case .none = x { return nil }
            throw ScriptError(function, "\(name)x is given, y is not")
        }
        let lists = NumberLists(operation: function)
        let ys = try lists.list(y, name + "y", gaps: true)
        var xs = ys.indices.map { Double($0 + 1) }
        if case .none = x {} else { xs = try lists.list(x, name + "x", gaps: true) }
        guard xs.count == ys.count else {
            throw ScriptError(function, "\(name)x has \(xs.count) numbers, y has \(ys.count)")
        }
        let options = parts.options
        var series = Series(
            x: xs, y: ys, label: try options.string("label", default: ""), color: Palette.color(index), style: style)
        try looks(options, &series)
        series.width = try options.number("linewidth", default: series.width)
        guard series.width > 0, series.width <= 100 else {
            throw options.error("linewidth", expected: "a number above 0, at most 100")
        }
        if options.has("yerr") {
            let errors = try lists.list(options["yerr"], name + "yerr", gaps: true)
            guard errors.count == ys.count else {
                throw ScriptError(function, "\(name)y has \(ys.count) numbers, yerr has \(errors.count)")
            }
            if let bad = errors.firstIndex(where: { $0 < 0 }) {
                throw ScriptError(function, "\(name)yerr[\(bad + 1)] is \(errors[bad]); errors are not negative")
            }
            series.errors = errors
        }
        return series
    }

    /// How a series is drawn: its style, dashes, markers and colour.
    func looks(_ options: Options, _ series: inout Series) throws {
        if options.has("style") {
            // A line's dashes say that it is a line: style = "--".
            let known = Series.Style.allCases.filter { $0 != .bars }.map(\.rawValue)
            let name = try options.choice("style", known + Series.Dashes.names, default: style.rawValue)
            series.style = Series.Style(rawValue: name) ?? .line
            series.dashes = Series.Dashes(named: name) ?? .solid
        }
        if options.has("linestyle") {
            let name = try options.choice("linestyle", Series.Dashes.names, default: "solid")
            series.dashes = Series.Dashes(named: name) ?? .solid
        }
        if options.has("marker") {
            let name = try options.choice("marker", Series.Marker.allCases.map(\.rawValue), default: "o")
            series.marker = Series.Marker(rawValue: name) ?? .disc
            // A line with a marker has its points marked, as one would expect.
            if series.style == .line, !options.has("style") { series.style = .both }
        }
        if options.has("markersize") {
            let size = try options.number("markersize", default: 5)
            guard size > 0, size <= 100 else {
                throw options.error("markersize", expected: "a number above 0, at most 100")
            }
            series.radius = size / 2
        }
        if options.has("color") {
            series.color = try Palette.color(try options.string("color", default: ""), for: function)
        }
        let alpha = try options.number("alpha", default: 1)
        guard alpha >= 0, alpha <= 1 else { throw options.error("alpha", expected: "a number from 0 to 1") }
        if alpha < 1 { series.color = series.color.faded(alpha) }
    }
}
