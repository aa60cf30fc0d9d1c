/// The positions of the panels of a figure. All lengths in points.
struct FigureLayout {
    /// The box of each panel's axes or image, without the labels around it.
    let boxes: [Box]

    /// The panels with legends placed: a legend that would cover data anywhere inside its axes, at the figure's natural
    /// size, is put beside them.
    static func settled(_ panels: [Panel], columns: Int, shares: [Double], on canvas: Canvas) -> [Panel] {
        let natural = naturalSize(panels, columns: columns, on: canvas)
        let layout = FigureLayout(
            panels, columns: columns, shares: shares, width: natural.width, height: natural.height, on: canvas)
        return zip(panels, layout.boxes).map { panel, box in
            guard case .axes(var axes) = panel.content, axes.legend == .auto,
                LegendPainter(axes: AxesPainter(canvas: canvas, box: box, axes: axes)).coversData
            else { return panel }
            axes.legend = .outside
            var panel = panel
            panel.content = .axes(axes)
            return panel
        }
    }

    /// The height of a figure's title above the panels.
    static func header(_ title: String) -> Double {
        title.isEmpty ? 0 : Typography.height(of: title, first: Typography.heading) + 8
    }

    /// The size at which panels have their natural proportions.
    static func naturalSize(_ panels: [Panel], columns: Int, on canvas: Canvas) -> (width: Double, height: Double) {
        let rowHeight = panels.count == 1 ? 300.0 : 215.0
        let rows = rows(panels.count, columns: columns)
        let widths = rows.map { row -> Double in
            let band = Band(panels: row.map { panels[$0] }, height: rowHeight, on: canvas)
            return band.naturalWidth + Typography.gap * Double(row.count - 1)
        }
        return (
            ((widths.max() ?? 0) + 2 * Typography.margin).rounded(.up),
            Double(rows.count) * rowHeight + Double(rows.count - 1) * Typography.gap + 2 * Typography.margin
        )
    }

    /// - Parameter shares: the relative widths of columns; empty for suitable ones.
    init(_ panels: [Panel], columns: Int, shares: [Double] = [], width: Double, height: Double, on canvas: Canvas) {
        let rows = FigureLayout.rows(panels.count, columns: columns)
        let inside = (
            width: width - 2 * Typography.margin,
            height: height - 2 * Typography.margin - Typography.gap * Double(rows.count - 1)
        )
        let rowHeight = max(inside.height / Double(rows.count), 1)
        var bands = rows.map { Band(panels: $0.map { panels[$0] }, height: rowHeight, on: canvas) }
        // Full rows share their columns; a shorter last row takes the whole width.
        let full = bands.indices.filter { rows[$0].count == rows[0].count }
        Band.align(&bands, full)
        var boxes: [Box] = []
        for (index, band) in bands.enumerated() {
            let top = Typography.margin + Double(index) * (rowHeight + Typography.gap) + band.top
            boxes += band.boxes(
                left: Typography.margin, width: inside.width, top: top, bottom: top + band.innerHeight, shares: shares)
        }
        self.boxes = boxes
    }

    /// The indices of the panels, row by row.
    private static func rows(_ count: Int, columns: Int) -> [[Int]] {
        stride(from: 0, to: count, by: columns).map { Array($0..<min($0 + columns, count)) }
    }
}

/// A row of panels.
private struct Band {
    /// A panel in a row: the margins beside it, and its preferred width.
    struct Slot {
        var left: Double
        var right: Double
        var wanted: Double
        /// Whether it takes all available width; images have a fixed shape.
        var stretches: Bool
        let aspect: Double?
    }

    let top: Double
    let innerHeight: Double
    var slots: [Slot]

    init(panels: [Panel], height: Double, on canvas: Canvas) {
        var margins = panels.map { Margins(verticalOf: $0) }
        top = margins.map(\.top).max() ?? 0
        let inner = max(height - top - (margins.map(\.bottom).max() ?? 0), 1)
        innerHeight = inner
        for index in panels.indices { margins[index].setHorizontal(of: panels[index], height: inner, on: canvas) }
        slots = zip(panels, margins).map { panel, margin in
            switch panel.content {
            case .axes(let axes) where axes.isEqual:
                Slot(
                    left: margin.left, right: margin.right, wanted: inner * min(max(axes.aspect, 0.2), 3),
                    stretches: false, aspect: axes.aspect)
            case .axes:
                Slot(left: margin.left, right: margin.right, wanted: inner * 1.5, stretches: true, aspect: nil)
            case .picture(let picture):
                Slot(
                    left: margin.left, right: margin.right, wanted: inner * min(max(picture.aspect, 0.2), 5),
                    stretches: false, aspect: picture.aspect)
            }
        }
    }

    var naturalWidth: Double { slots.reduce(0) { $0 + $1.left + $1.wanted + $1.right } }

    /// Gives the slots of a column the same margins and widths in all rows.
    static func align(_ bands: inout [Band], _ rows: [Int]) {
        guard let first = rows.first else { return }
        for column in bands[first].slots.indices {
            let slots = rows.map { bands[$0].slots[column] }
            for row in rows {
                bands[row].slots[column].left = slots.map(\.left).max() ?? 0
                bands[row].slots[column].right = slots.map(\.right).max() ?? 0
                bands[row].slots[column].wanted = slots.map(\.wanted).max() ?? 0
                bands[row].slots[column].stretches = slots.contains { $0.stretches }
            }
        }
    }

    /// - Parameter shares: of the columns, one per slot; ignored if there are more or fewer.
    func boxes(left: Double, width: Double, top: Double, bottom: Double, shares: [Double]) -> [Box] {
        let gaps = Typography.gap * Double(slots.count - 1)
        let room = max(width - gaps - slots.reduce(0) { $0 + $1.left + $1.right }, Double(slots.count))
        let stretching = slots.filter(\.stretches)
        let rigid = slots.filter { !$0.stretches }.reduce(0) { $0 + $1.wanted }
        // Images shrink until each of the axes has at least an equal share.
        let rigidRoom = room * (1 - Double(stretching.count) / Double(slots.count))
        let shrink = rigid > rigidRoom ? rigidRoom / max(rigid, 1e-9) : 1
        let stretched = stretching.isEmpty ? 0 : (room - rigid * shrink) / Double(stretching.count)
        let spare = stretching.isEmpty ? (room - rigid * shrink) / Double(slots.count) : 0
        let total = shares.reduce(0, +)
        var x = left
        return slots.enumerated().map { index, slot in
            var wide = slot.stretches ? stretched : slot.wanted * shrink + spare
            if shares.count == slots.count, total > 0 { wide = room * shares[index] / total }
            let box = Box(left: x + slot.left, top: top, right: x + slot.left + wide, bottom: bottom)
            x = box.right + slot.right + Typography.gap
            return slot.aspect.map { Band.fit($0, into: box) } ?? box
        }
    }

    /// The largest box of this shape, centred in another.
    private static func fit(_ aspect: Double, into box: Box) -> Box {
        let width = min(box.width, box.height * aspect)
        let height = width / aspect
        let (x, y) = ((box.left + box.right - width) / 2, (box.top + box.bottom - height) / 2)
        return Box(left: x, top: y, right: x + width, bottom: y + height)
    }
}
