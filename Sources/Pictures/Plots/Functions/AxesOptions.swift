import Scripting

/// Reads what all kinds of axes have in common, and finds their ranges.
struct AxesOptions {
    static let names = ["title", "xlabel", "ylabel", "logx", "logy", "xlim", "ylim", "grid", "legend"]

    let options: Options

    /// A panel around data.
    /// - Parameter base: a value of y that must be seen: the foot of bars.
    func panel(_ series: [Series], field: Field? = nil, contours: [ContourLine] = [], base: Double? = nil) throws
        -> Panel
    {
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
        var xs = series.flatMap(\.x).filter(\.isFinite)
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
        let x = try axis("xlim", xs, logx, margin: (xMargin, xMargin))
        // Bars stand on the axis.
        let y = try axis("ylim", ys, logy, margin: (base == 0 && !logy && (ys.min() ?? 0) >= 0 ? 0 : yMargin, yMargin))
        let place = try options.choice("legend", LegendPlace.allCases.map(\.rawValue), default: "auto")
        return Panel(
            title: try options.string("title", default: ""), xlabel: try options.string("xlabel", default: ""),
            ylabel: try options.string("ylabel", default: ""),
            content: .axes(
                Axes(
                    field: field, contours: contours, series: series, x: x, y: y,
                    hasGrid: try options.boolean("grid", default: true), legend: LegendPlace(rawValue: place) ?? .auto))
        )
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
        guard range.high - range.low > 1e-9 * max(abs(range.low), abs(range.high)) else {
            throw ScriptError(options.function, "option \(name): the range {\(range.low), \(range.high)} is too narrow")
        }
        return Axis(low: range.low, high: range.high, isLogarithmic: isLogarithmic)
    }
}
