import Scripting

/// Reads what all kinds of axes have in common, and finds their ranges.
struct AxesOptions {
    static let names = [
        "title", "xlabel", "ylabel", "logx", "logy", "xlim", "ylim", "grid", "legend", "aspect", "xticks", "yticks",
        "xticklabels", "yticklabels",
    ]

    let options: Options

    /// A panel around data.
    /// - Parameters:
    ///   - base: a value of y that must be seen: the foot of bars.
    ///   - words: marks under the axis for want of `xticks`.
    func panel(
        _ series: [Series], field: Field? = nil, contours: [ContourLine] = [], base: Double? = nil,
        words: [Ticks.Mark]? = nil
    ) throws -> Panel {
        let function = options.function
        let logx = try options.boolean("logx", default: false)
        let logy = try options.boolean("logy", default: false)
        for (index, one) in series.enumerated() {
            let name = series.count == 1 ? "" : "series \(index + 1): "
            try positive(one.x, logx, name + "x", "logx")
            // An empty bin has no bar; that is no number below zero.
            try positive(one.style == .bars ? one.y.filter { $0 != 0 } : one.y, logy, name + "y", "logy")
        }
        // Gaps have no place that must be seen.
        var xs = series.flatMap(\.reach).filter(\.isFinite)
        var ys = series.flatMap { one -> [Double] in
            guard let errors = one.errors else { return one.y }
            return one.y + zip(one.y, errors).flatMap { [$0 - $1, $0 + $1] }
        }.filter(\.isFinite)
        if let base, !logy { ys.append(base) }
        if let field {
            if logx || logy { throw ScriptError(function, "a heat map or contours need linear axes") }
            xs += [field.x.low, field.x.high]
            ys += [field.y.low, field.y.high]
        }
        let isBars = series.contains { $0.style == .bars }
        let xMargin = field != nil ? 0 : isBars ? 0.02 : 0.03
        let yMargin = field != nil ? 0 : 0.05
        var x = try axis("xlim", xs, logx, margin: (xMargin, xMargin))
        // Bars stand on the axis.
        var y = try axis("ylim", ys, logy, margin: (base == 0 && !logy && (ys.min() ?? 0) >= 0 ? 0 : yMargin, yMargin))
        let ticks = TickOptions(options: options)
        x.marks = try ticks.marks("xticks", "xticklabels", on: x) ?? words
        y.marks = try ticks.marks("yticks", "yticklabels", on: y)
        let isEqual = try options.choice("aspect", ["auto", "equal"], default: "auto") == "equal"
        if isEqual { try checkEqual(x, y) }
        let place = try options.choice("legend", LegendPlace.allCases.map(\.rawValue), default: "auto")
        return Panel(
            title: try options.string("title", default: ""), xlabel: try options.string("xlabel", default: ""),
            ylabel: try options.string("ylabel", default: ""),
            content: .axes(
                Axes(
                    field: field, contours: contours, series: series, x: x, y: y,
                    hasGrid: try options.boolean("grid", default: true), legend: LegendPlace(rawValue: place) ?? .auto,
                    isEqual: isEqual))
        )
    }

    /// Axes with equal units are as long as their ranges: ranges that differ too much leave no room to see.
    private func checkEqual(_ x: Axis, _ y: Axis) throws {
        if x.isLogarithmic || y.isLogarithmic {
            throw ScriptError(options.function, "option aspect: \"equal\" needs linear axes")
        }
        let ratio = (x.high - x.low) / (y.high - y.low)
        guard ratio >= 0.01, ratio <= 100 else {
            throw ScriptError(
                options.function,
                "option aspect: \"equal\" for x of \(Value.number(x.low).shown) to \(Value.number(x.high).shown) and y of "
                    + "\(Value.number(y.low).shown) to \(Value.number(y.high).shown) leaves a line; give xlim or ylim")
        }
    }

    private func positive(_ values: [Double], _ isLogarithmic: Bool, _ name: String, _ option: String) throws {
        guard isLogarithmic, let bad = values.firstIndex(where: { $0 <= 0 }) else { return }
        throw ScriptError(
            options.function,
            "\(name)[\(bad + 1)] is \(values[bad]): a logarithmic axis (\(option)) shows only positive numbers")
    }

    private func axis(_ name: String, _ values: [Double], _ isLogarithmic: Bool, margin: (Double, Double)) throws
        -> Axis
    {
        guard options.has(name) else { return Axis(showing: values, isLogarithmic: isLogarithmic, margin: margin) }
        let range = try NumberLists(operation: options.function).range(options[name], "option \(name)")
        guard !isLogarithmic || range.low > 0 else {
            throw ScriptError(options.function, "option \(name): a logarithmic axis begins above 0, got \(range.low)")
        }
        guard range.high - range.low > max(1e-9 * max(abs(range.low), abs(range.high)), Axis.narrowest) else {
            throw ScriptError(options.function, "option \(name): the range {\(range.low), \(range.high)} is too narrow")
        }
        return Axis(low: range.low, high: range.high, isLogarithmic: isLogarithmic)
    }
}
