import Scripting

/// The options of all kinds of axes, from which ranges follow.
struct AxesOptions {
    enum Aspect: String, CaseIterable { case auto, equal }

    var title = ""
    var xlabel = ""
    var ylabel = ""
    var logx = false
    var logy = false
    var xlim: Limits?
    var ylim: Limits?
    var grid = true
    var legend = LegendPlace.auto
    var aspect = Aspect.auto
    var xticks: TickOptions?
    var yticks: TickOptions?
    var xticklabels: [String]?
    var yticklabels: [String]?

    static let options = OptionTable(
        { AxesOptions() },
        .option(
            "title", \.title, .title,
            "a text, or a table of one and settings: {\"SGD\", lr = 0.1} has them on a second line"),
        .option("xlabel", \.xlabel, .words, "letters of mathematics as in \"$\\\\sigma^2$\""),
        .option("ylabel", \.ylabel, .words),
        .option("logx", \.logx, .flag),
        .option("logy", \.logy, .flag),
        .option("xlim", \.xlim, .optional(.limits), "{low, high}; by default what shows all data"),
        .option("ylim", \.ylim, .optional(.limits), "{low, high}; by default what shows all data"),
        .option("grid", \.grid, .flag),
        .option(
            "legend", \.legend, .choice(),
            "by default where it hides no data: beside the axes (\"outside\") if there is no room in them"),
        .option("aspect", \.aspect, .choice(), "\"equal\": a unit of x is as long as one of y"),
        .option("xticks", \.xticks, .optional(TickOptions.domain), "{0, 1} or {{0, 1}, {\"no\", \"yes\"}}"),
        .option("yticks", \.yticks, .optional(TickOptions.domain), "as xticks"),
        .option("xticklabels", \.xticklabels, .optional(.labels), "what stands at the xticks, in place of numbers"),
        .option("yticklabels", \.yticklabels, .optional(.labels), "what stands at the yticks, in place of numbers"))

    /// A panel for data.
    /// - Parameters:
    ///   - base: a value of y that must be visible: the foot of bars.
    ///   - words: labels under the axis, unless `xticks` is given.
    func panel(
        _ series: [Series], field: Field? = nil, contours: [ContourLine] = [], base: Double? = nil,
        words: [Ticks.Mark]? = nil
    ) throws -> Panel {
        for (index, one) in series.enumerated() {
            let name = series.count == 1 ? "" : "series \(index + 1): "
            try positive(one.x, logx, name + "x", "logx")
            // An empty bin has no bar; its 0 is no error on a logarithmic axis.
            try positive(one.style == .bars ? one.y.filter { $0 != 0 } : one.y, logy, name + "y", "logy")
        }
        // Gaps need not be visible.
        var xs = series.flatMap(\.reach).filter(\.isFinite)
        var ys = series.flatMap { one -> [Double] in
            guard let errors = one.errors else { return one.y }
            return one.y + zip(one.y, errors).flatMap { [$0 - $1, $0 + $1] }
        }.filter(\.isFinite)
        if let base, !logy { ys.append(base) }
        if let field {
            if logx || logy { throw Fault("a heat map or contours need linear axes") }
            xs += [field.x.low, field.x.high]
            ys += [field.y.low, field.y.high]
        }
        let isBars = series.contains { $0.style == .bars }
        let xMargin = field != nil ? 0 : isBars ? 0.02 : 0.03
        let yMargin = field != nil ? 0 : 0.05
        var x = try axis(xlim, "xlim", xs, logx, margin: (xMargin, xMargin))
        // Bars begin on the axis.
        let foot = base == 0 && !logy && (ys.min() ?? 0) >= 0 ? 0 : yMargin
        var y = try axis(ylim, "ylim", ys, logy, margin: (foot, yMargin))
        x.marks = try marks(xticks, "xticks", xticklabels, "xticklabels", on: x) ?? words
        y.marks = try marks(yticks, "yticks", yticklabels, "yticklabels", on: y)
        if aspect == .equal { try checkEqual(x, y) }
        return Panel(
            title: title, xlabel: xlabel, ylabel: ylabel,
            content: .axes(
                Axes(
                    field: field, contours: contours, series: series, x: x, y: y, hasGrid: grid, legend: legend,
                    isEqual: aspect == .equal)))
    }

    private func marks(
        _ ticks: TickOptions?, _ name: String, _ labels: [String]?, _ labelName: String, on axis: Axis
    ) throws -> [Ticks.Mark]? {
        if ticks == nil, labels != nil { throw Fault(labelName, "the labels of \(name), which are not given") }
        return try ticks?.marks(name, labels, labelName, on: axis)
    }

    /// Axes with equal units are as long as their ranges; ranges that differ too much are refused.
    private func checkEqual(_ x: Axis, _ y: Axis) throws {
        if x.isLogarithmic || y.isLogarithmic { throw Fault("aspect", "\"equal\" needs linear axes") }
        let ratio = (x.high - x.low) / (y.high - y.low)
        guard ratio >= 0.01, ratio <= 100 else {
            throw Fault(
                "aspect",
                "\"equal\" for x of \(shown(x.low)) to \(shown(x.high)) and y of \(shown(y.low)) to \(shown(y.high)) "
                    + "leaves a line; give xlim or ylim")
        }
    }

    private func positive(_ values: [Double], _ isLogarithmic: Bool, _ name: String, _ option: String) throws {
        guard isLogarithmic, let bad = values.firstIndex(where: { $0 <= 0 }) else { return }
        throw Fault("\(name)[\(bad + 1)] is \(values[bad]): a logarithmic axis (\(option)) shows only positive numbers")
    }

    private func axis(
        _ limits: Limits?, _ name: String, _ values: [Double], _ isLogarithmic: Bool, margin: (Double, Double)
    ) throws -> Axis {
        guard let limits else { return Axis(showing: values, isLogarithmic: isLogarithmic, margin: margin) }
        let (low, high) = (limits.low, limits.high)
        guard !isLogarithmic || low > 0 else { throw Fault(name, "a logarithmic axis begins above 0, got \(low)") }
        guard high - low > max(1e-9 * max(abs(low), abs(high)), Axis.narrowest) else {
            throw Fault(name, "the range {\(low), \(high)} is too narrow")
        }
        return Axis(low: low, high: high, isLogarithmic: isLogarithmic)
    }
}
