import Scripting

/// Draws one set of axes and its data.
struct AxesPainter {
    let canvas: Canvas
    let box: Box
    let axes: Axes

    /// The point on the canvas for a pair of values.
    func place(_ x: Double, _ y: Double) -> Point {
        Point(box.left + axes.x.position(x) * box.width, box.bottom - axes.y.position(y) * box.height)
    }

    func paint(_ panel: Panel) throws {
        let across = canvas.ticks(across: axes.x, length: box.width)
        let up = canvas.ticks(up: axes.y, length: box.height)
        if axes.hasGrid && axes.field == nil { grid(across, up) }
        try canvas.clipped(to: box) { try field() }
        // Markers on the edge of the range are drawn completely; lines end at the edge (LinePath).
        let series = SeriesPainter(axes: self)
        for (index, one) in axes.series.enumerated() { try series.paint(one, index) }
        frame(across, up)
        try words(panel, up)
        LegendPainter(axes: self).paint()
    }

    private func grid(_ across: Ticks, _ up: Ticks) {
        for mark in across.marks {
            let x = place(mark.value, axes.y.low).x
            canvas.line(Point(x, box.top), Point(x, box.bottom), .grid, width: Typography.grid)
        }
        for mark in up.marks {
            let y = place(axes.x.low, mark.value).y
            canvas.line(Point(box.left, y), Point(box.right, y), .grid, width: Typography.grid)
        }
    }

    private func field() throws {
        if let field = axes.field {
            let (low, high) = (place(field.x.low, field.y.high), place(field.x.high, field.y.low))
            let target = Box(left: low.x, top: low.y, right: high.x, bottom: high.y)
            try canvas.picture(field.raster.upsideDown, in: target)
        }
        for contour in axes.contours {
            try Cancellation.check()
            for part in contour.parts {
                for seen in LinePath.clipped(part.map { place($0.x, $0.y) }, to: box.inset(-1)) {
                    canvas.polyline(seen, contour.color, width: 1, rounded: true)
                }
            }
        }
    }

    private func frame(_ across: Ticks, _ up: Ticks) {
        let length = Typography.tickLength
        func mark(_ from: Point, _ to: Point) { canvas.line(from, to, .ink, width: Typography.frame) }
        // A script's own labels are shrunk where they would overlap.
        let words = across.marks.map { (at: place($0.value, axes.y.low).x, wide: canvas.width(of: $0.label)) }
            .sorted { $0.at < $1.at }
        let shrink = zip(words, words.dropFirst()).reduce(1.0) { least, pair in
            let (wanted, room) = ((pair.0.wide + pair.1.wide) / 2, pair.1.at - pair.0.at - 4)
            return wanted > 0 && room > -4 ? min(least, max(room, 1) / wanted) : least
        }
        for tick in across.marks {
            let x = place(tick.value, axes.y.low).x
            mark(Point(x, box.bottom), Point(x, box.bottom + length))
            let y = box.bottom + length + Typography.tick + 2
            if axes.x.marks == nil {
                canvas.label(tick.label, x: x, y: y, align: .center)
            } else {
                canvas.fitted(tick.label.base, x: x, y: y, size: Typography.tick * shrink, room: box.width)
            }
        }
        for value in across.minor {
            let x = place(value, axes.y.low).x
            mark(Point(x, box.bottom), Point(x, box.bottom + length * 0.55))
        }
        for tick in up.marks {
            let y = place(axes.x.low, tick.value).y
            mark(Point(box.left - length, y), Point(box.left, y))
            canvas.label(tick.label, x: box.left - length - 3, y: y + Typography.tick * 0.36, align: .right)
        }
        for value in up.minor {
            let y = place(axes.x.low, value).y
            mark(Point(box.left - length * 0.55, y), Point(box.left, y))
        }
        if axes.field != nil {
            canvas.stroke(box, .ink, width: Typography.frame)
        } else {
            canvas.polyline(
                [Point(box.left, box.top), Point(box.left, box.bottom), Point(box.right, box.bottom)], .ink,
                width: Typography.frame)
        }
        if up.power != 0 { canvas.power(up.power, x: box.left, y: box.top - 6, align: .left) }
        if across.power != 0 {
            let y = box.bottom + length + 2 * Typography.tick + 6
            canvas.power(across.power, x: box.right, y: y, align: .right)
        }
    }

    private func words(_ panel: Panel, _ up: Ticks) throws {
        let middle = (box.left + box.right) / 2
        let widest = up.marks.map { canvas.width(of: $0.label) }.max() ?? 0
        // The power above the left end leaves less room for a centred title, on both sides.
        let room = up.power == 0 ? box.width + Typography.gap : box.width - 60
        canvas.title(panel.title, x: middle, y: box.top - 7, room: room)
        canvas.fitted(
            panel.xlabel, x: middle, y: box.bottom + Typography.tickLength + Typography.tick + Typography.label + 7,
            size: Typography.label, room: box.width)
        canvas.fitted(
            panel.ylabel, x: box.left - Typography.tickLength - widest - 9, y: (box.top + box.bottom) / 2,
            size: Typography.label, room: box.height, turned: true)
        if let bar = axes.field?.bar { try canvas.colorBar(bar, beside: box) }
    }
}

extension Raster {
    /// The raster with rows from the last to the first.
    var upsideDown: Raster {
        let row = width * channels
        var turned = self
        turned.samples = (0..<height).reversed().flatMap { samples[$0 * row..<($0 + 1) * row] }
        return turned
    }
}
