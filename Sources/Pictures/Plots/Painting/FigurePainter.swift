import Scripting

/// Draws the panels of a figure on a canvas with points as units.
struct FigurePainter {
    let canvas: Canvas

    /// - Parameter title: the title above all panels; empty for none.
    func paint(
        _ panels: [Panel], columns: Int, shares: [Double], title: String, width: Double, height: Double
    ) throws {
        canvas.fill(Box(left: 0, top: 0, right: width, bottom: height), .white)
        let header = FigureLayout.header(title)
        let layout = FigureLayout(
            panels, columns: columns, shares: shares, width: width, height: height - header, on: canvas)
        canvas.title(
            title, x: width / 2, y: Typography.margin + header - 8, first: Typography.heading,
            room: width - 2 * Typography.margin)
        for (panel, inner) in zip(panels, layout.boxes) {
            try Cancellation.check()
            let box = Box(left: inner.left, top: inner.top + header, right: inner.right, bottom: inner.bottom + header)
            switch panel.content {
            case .axes(let axes): try AxesPainter(canvas: canvas, box: box, axes: axes).paint(panel)
            case .picture(let picture): try paint(picture, of: panel, in: box)
            }
        }
    }

    private func paint(_ picture: Picture, of panel: Panel, in box: Box) throws {
        try canvas.picture(picture.raster, in: box)
        canvas.stroke(box, .ink, width: Typography.frame)
        let middle = (box.left + box.right) / 2
        // Texts of neighbouring images must not overlap, so they are limited to the image and a little more.
        let room = box.width + Typography.gap
        canvas.title(panel.title, x: middle, y: box.top - 7, room: room)
        canvas.fitted(
            panel.xlabel, x: middle, y: box.bottom + Typography.label + 3, size: Typography.label, room: room)
        canvas.fitted(
            panel.ylabel, x: box.left - 7, y: (box.top + box.bottom) / 2, size: Typography.label, room: box.height,
            turned: true)
        if let bar = picture.bar { try canvas.colorBar(bar, beside: box) }
    }
}

extension Canvas {
    /// Draws a colour scale to the right of a box, with the height of the box.
    func colorBar(_ bar: ColorBar, beside box: Box) throws {
        let strip = Box(
            left: box.right + 8, top: box.top, right: box.right + 8 + Typography.barWidth, bottom: box.bottom)
        var raster = Raster(width: 1, height: 256, channels: 3, filled: 0)
        for y in 0..<256 {
            let color = RGB(bar.map.color(Double(255 - y) / 255))
            raster.samples.replaceSubrange(3 * y..<3 * y + 3, with: [color.red, color.green, color.blue])
        }
        try picture(raster, in: strip)
        stroke(strip, .ink, width: Typography.frame)
        let axis = bar.axis
        let ticks = ticks(up: axis, length: box.height)
        for mark in ticks.marks {
            let y = strip.bottom - axis.position(mark.value) * strip.height
            line(Point(strip.right, y), Point(strip.right + Typography.tickLength, y), .ink, width: Typography.frame)
            label(
                mark.label, x: strip.right + Typography.tickLength + 3, y: y + Typography.tick * 0.36, align: .left)
        }
        if ticks.power != 0 { power(ticks.power, x: strip.left, y: strip.top - 5, align: .left) }
    }
}
