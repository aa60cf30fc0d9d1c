/// The space that a panel needs around its axes or image for labels.
struct Margins {
    var left = 0.0
    var right = 0.0
    var top = 0.0
    var bottom = 0.0

    /// Above and below, which does not depend on the size.
    init(verticalOf panel: Panel) {
        top = panel.title.isEmpty ? 4 : Typography.height(of: panel.title, first: Typography.title) + 9
        bottom = panel.xlabel.isEmpty ? 2 : Typography.label + 8
        if case .axes(let axes) = panel.content {
            bottom += Typography.tickLength + Typography.tick + 4
            // Half the height of a number above the axis' end.
            top = max(top, Typography.tick / 2 + 2)
            // The power for the axis' numbers is beside the title, or alone.
            if axes.y.ticks(count: 5).power != 0 { top = max(top, Typography.tick + 9) }
        }
    }

    /// Left and right, which depend on the height, as that determines the numbers along the axis.
    mutating func setHorizontal(of panel: Panel, height: Double, on canvas: Canvas) {
        left = panel.ylabel.isEmpty ? 2 : Typography.label + 8
        right = 2
        var bar: ColorBar?
        switch panel.content {
        case .axes(let axes):
            let ticks = canvas.ticks(up: axes.y, length: height)
            left += (ticks.marks.map { canvas.width(of: $0.label) }.max() ?? 0) + Typography.tickLength + 4
            right = 10
            bar = axes.field?.bar
            if axes.legend == .outside {
                let legend = LegendSize(axes.series, on: canvas, height: height, width: .infinity)
                right += legend.width + (legend.width > 0 ? 8 : 0)
            }
        case .picture(let picture): bar = picture.bar
        }
        if let bar {
            let ticks = canvas.ticks(up: bar.axis, length: height)
            right +=
                8 + Typography.barWidth + Typography.tickLength + 3
                + (ticks.marks.map { canvas.width(of: $0.label) }.max() ?? 0)
        }
    }
}

extension Canvas {
    /// The ticks of a vertical axis of this length: as many as fit well.
    func ticks(up axis: Axis, length: Double) -> Ticks {
        axis.ticks(count: min(max(Int(length / 22), 2), 12))
    }

    /// The ticks of a horizontal axis of this length: as many as do not overlap.
    func ticks(across axis: Axis, length: Double) -> Ticks {
        var count = min(max(Int(length / 34), 2), 12)
        while true {
            let ticks = axis.ticks(count: count)
            let words = ticks.marks.reduce(0) { $0 + width(of: $1.label) + 12 }
            if count <= 2 || words <= length { return ticks }
            count -= 1
        }
    }
}
