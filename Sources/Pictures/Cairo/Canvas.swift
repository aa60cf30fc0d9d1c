import CCairo
import Scripting

/// A Cairo drawing context with the operations that figures need. Lengths are in the context's units; y grows
/// downwards.
///
/// After a failure, Cairo ignores further calls, so drawing needs no checks; ``finish()`` throws at the end.
final class Canvas {
    private let context: OpaquePointer
    private let operation: String

    init(_ surface: OpaquePointer, for operation: String) throws {
        guard let context = cairo_create(surface) else { throw ScriptError(operation, "not enough memory to draw") }
        self.context = context
        self.operation = operation
        // With unhinted metrics, text is as wide in a PNG as in a PDF, at every scale.
        let options = cairo_font_options_create()
        cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
        cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
        cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
        cairo_set_font_options(context, options)
        cairo_font_options_destroy(options)
        select(bold: false)
        cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
        try check(cairo_status(context), operation, "drawing")
    }

    deinit { cairo_destroy(context) }

    /// Throws the first error since the beginning, if there was one.
    func finish() throws { try check(cairo_status(context), operation, "drawing") }

    func scale(_ factor: Double) { cairo_scale(context, factor, factor) }

    // MARK: Text

    /// False when the system has no fonts at all: Cairo then draws its built-in stroke font, which is ASCII only.
    private(set) lazy var hasFonts: Bool =
        cairo_scaled_font_get_type(cairo_get_scaled_font(context)) != CAIRO_FONT_TYPE_USER

    private func select(bold: Bool) {
        cairo_select_font_face(
            context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    }

    func fontMetrics(_ size: Double) -> (ascent: Double, descent: Double) {
        cairo_set_font_size(context, size)
        var extents = cairo_font_extents_t()
        cairo_font_extents(context, &extents)
        return (extents.ascent, extents.descent)
    }

    /// The advance width of the text.
    func width(of text: String, size: Double) -> Double {
        cairo_set_font_size(context, size)
        var extents = cairo_text_extents_t()
        cairo_text_extents(context, text, &extents)
        return extents.x_advance
    }

    /// Draws text whose baseline passes through (x, y).
    func text(
        _ text: String, x: Double, y: Double, size: Double, color: Color, align: Align = .left, turned: Bool = false
    ) {
        let width = width(of: text, size: size)
        let shift = align == .left ? 0 : align == .center ? -width / 2 : -width
        cairo_save(context)
        set(color)
        cairo_translate(context, x, y)
        if turned { cairo_rotate(context, -Double.pi / 2) }
        cairo_move_to(context, shift, 0)
        cairo_show_text(context, text)
        cairo_restore(context)
        cairo_new_path(context)
    }

    enum Align { case left, center, right }

    // MARK: Shapes

    private func set(_ color: Color) {
        cairo_set_source_rgba(context, color.red, color.green, color.blue, color.alpha)
    }

    func fill(_ box: Box, _ color: Color) {
        set(color)
        cairo_rectangle(context, box.left, box.top, box.width, box.height)
        cairo_fill(context)
    }

    func stroke(_ box: Box, _ color: Color, width: Double) {
        set(color)
        cairo_set_line_width(context, width)
        cairo_rectangle(context, box.left, box.top, box.width, box.height)
        cairo_stroke(context)
    }

    func line(_ from: Point, _ to: Point, _ color: Color, width: Double) {
        polyline([from, to], color, width: width)
    }

    /// - Parameters:
    ///   - rounded: whether ends are rounded like joints, so that a line drawn in pieces shows no seams.
    ///   - dashes: lengths of strokes and gaps in turn; empty for a solid line.
    ///   - offset: where in that pattern the line begins.
    func polyline(
        _ points: some Collection<Point>, _ color: Color, width: Double, rounded: Bool = false, dashes: [Double] = [],
        offset: Double = 0
    ) {
        guard let first = points.first else { return }
        set(color)
        cairo_set_line_cap(context, rounded && dashes.isEmpty ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT)
        cairo_set_line_width(context, width)
        if !dashes.isEmpty { cairo_set_dash(context, dashes, Int32(dashes.count), offset) }
        defer { if !dashes.isEmpty { cairo_set_dash(context, nil, 0, 0) } }
        cairo_move_to(context, first.x, first.y)
        for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
        cairo_stroke(context)
    }

    func disc(_ center: Point, radius: Double, _ color: Color) {
        set(color)
        cairo_new_sub_path(context)
        cairo_arc(context, center.x, center.y, radius, 0, 2 * Double.pi)
        cairo_fill(context)
    }

    /// Fills a polygon.
    func polygon(_ points: [Point], _ color: Color) {
        guard let first = points.first else { return }
        set(color)
        cairo_move_to(context, first.x, first.y)
        for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
        cairo_close_path(context)
        cairo_fill(context)
    }

    /// A marker whose radius is about `radius`.
    func marker(_ marker: Series.Marker, at center: Point, radius: Double, _ color: Color) {
        func at(_ x: Double, _ y: Double) -> Point { Point(center.x + x * radius, center.y + y * radius) }
        switch marker {
        case .disc: disc(center, radius: radius, color)
        case .square: polygon([at(-0.9, -0.9), at(0.9, -0.9), at(0.9, 0.9), at(-0.9, 0.9)], color)
        case .up: polygon([at(0, -1.15), at(1.1, 0.85), at(-1.1, 0.85)], color)
        case .down: polygon([at(0, 1.15), at(1.1, -0.85), at(-1.1, -0.85)], color)
        case .diamond: polygon([at(0, -1.3), at(1.3, 0), at(0, 1.3), at(-1.3, 0)], color)
        case .cross:
            let width = max(radius * 0.45, 0.5)
            line(at(-1, -1), at(1, 1), color, width: width)
            line(at(-1, 1), at(1, -1), color, width: width)
        case .plus:
            let width = max(radius * 0.45, 0.5)
            line(at(-1.2, 0), at(1.2, 0), color, width: width)
            line(at(0, -1.2), at(0, 1.2), color, width: width)
        }
    }

    /// Pixels stretched over a box, each one a sharp rectangle.
    func picture(_ raster: Raster, in box: Box) throws {
        var raster = raster
        if isVector {
            // Viewers of SVG and PDF smooth the pixels of small images, but hardly those of large ones.
            let factor = max(1, 640 / max(raster.width, raster.height))
            raster = try raster.resized(width: raster.width * factor, height: raster.height * factor)
        }
        let surface = try PixelSurface(raster, for: operation)
        cairo_save(context)
        cairo_translate(context, box.left, box.top)
        cairo_scale(context, box.width / Double(surface.width), box.height / Double(surface.height))
        cairo_set_source_surface(context, surface.pointer, 0, 0)
        cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST)
        // Without padding, edge pixels fade out when the box does not lie on the pixel grid.
        cairo_pattern_set_extend(cairo_get_source(context), CAIRO_EXTEND_PAD)
        cairo_rectangle(context, 0, 0, Double(surface.width), Double(surface.height))
        cairo_fill(context)
        cairo_restore(context)
    }

    /// Whether the output is a vector format.
    private var isVector: Bool {
        cairo_surface_get_type(cairo_get_target(context)) != CAIRO_SURFACE_TYPE_IMAGE
    }

    /// Draws with everything outside the box clipped.
    func clipped(to box: Box, _ body: () throws -> Void) rethrows {
        cairo_save(context)
        defer { cairo_restore(context) }
        cairo_rectangle(context, box.left, box.top, box.width, box.height)
        cairo_clip(context)
        try body()
    }
}
