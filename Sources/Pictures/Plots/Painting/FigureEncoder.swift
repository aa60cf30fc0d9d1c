import CCairo
import Scripting

/// Encodes a figure as a file.
struct FigureEncoder {
    enum Format: String, CaseIterable {
        case png, svg, pdf

        /// Chooses the format by the path's extension.
        init(path: ByteString, for operation: String) throws {
            let ending = fileExtension(path)
            let known = Format.allCases.map(\.rawValue)
            guard let format = Format(rawValue: ending) else {
                throw ScriptError(
                    operation,
                    "\(Value.string(path).shown) does not end in one of the known formats: "
                        + known.map { "." + $0 }.joined(separator: ", ") + suggestion(for: ending, among: known))
            }
            self = format
        }
    }

    /// The size of the drawing: pixels in a PNG, points in SVG and PDF.
    struct Size: Equatable {
        var width: Int
        var height: Int
        /// Pixels or points in the file per point of the figure's natural size, which determines the size of text.
        var scale: Double
    }

    let figure: Figure
    let operation: String

    /// The size for the given options. With neither side given, the natural size (two pixels per point in a PNG, for
    /// print and dense screens); with one, the other follows; with both, the panels fill them.
    func size(width: Int?, height: Int?, scale: Double?, format: Format) throws -> Size {
        let probe = try PixelSurface(CAIRO_FORMAT_A8, width: 1, height: 1, for: operation)
        let canvas = try Canvas(probe.pointer, for: operation)
        var natural = FigureLayout.naturalSize(settled(on: canvas), columns: figure.columns, on: canvas)
        natural.height += FigureLayout.header(figure.title)
        let across = width.map { Double($0) / natural.width }
        let down = height.map { Double($0) / natural.height }
        let fitting = [across, down].compactMap { $0 }.min()
        let scale = scale ?? fitting ?? (format == .png ? 2 : 1)
        func side(_ given: Int?, _ natural: Double) -> Int {
            given ?? Int(min(max((natural * scale).rounded(), 1), 1e6))
        }
        let size = Size(width: side(width, natural.width), height: side(height, natural.height), scale: scale)
        try PixelLimits.check(width: size.width, height: size.height, for: operation)
        return size
    }

    private func settled(on canvas: Canvas) -> [Panel] {
        FigureLayout.settled(figure.panels, columns: figure.columns, shares: figure.shares, on: canvas)
    }

    func encode(_ format: Format, _ size: Size) throws -> [UInt8] {
        switch format {
        case .png: return try PNGWriter.encode(try pixels(size), for: operation)
        case .svg:
            let bytes = try stream(size) { cairo_svg_surface_create_for_stream($0, $1, $2, $3) }
            return SVGNames.renumbered(bytes)
        case .pdf:
            return try stream(size) { write, closure, width, height in
                let surface = cairo_pdf_surface_create_for_stream(write, closure, width, height)
                // The current time would make every file different.
                cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z")
                return surface
            }
        }
    }

    /// The figure as pixels, for PNG files and terminals.
    func pixels(_ size: Size) throws -> PixelSurface {
        let surface = try PixelSurface(CAIRO_FORMAT_RGB24, width: size.width, height: size.height, for: operation)
        try paint(surface.pointer, size)
        return surface
    }

    private func stream(
        _ size: Size,
        _ make: (cairo_write_func_t, UnsafeMutableRawPointer, Double, Double) -> OpaquePointer?
    ) throws -> [UInt8] {
        let sink = ByteSink()
        try withExtendedLifetime(sink) {
            guard let surface = make(ByteSink.write, sink.closure, Double(size.width), Double(size.height)) else {
                throw ScriptError(operation, "not enough memory to draw")
            }
            defer { cairo_surface_destroy(surface) }
            try check(cairo_surface_status(surface), operation, "beginning the file")
            do {
                try paint(surface, size)
            } catch {
                cairo_surface_finish(surface)
                throw error
            }
            cairo_surface_finish(surface)
            try check(cairo_surface_status(surface), operation, "ending the file")
        }
        return sink.bytes
    }

    private func paint(_ surface: OpaquePointer, _ size: Size) throws {
        let canvas = try Canvas(surface, for: operation)
        canvas.scale(size.scale)
        let painter = FigurePainter(canvas: canvas)
        try painter.paint(
            settled(on: canvas), columns: figure.columns, shares: figure.shares, title: figure.title,
            width: Double(size.width) / size.scale, height: Double(size.height) / size.scale)
        try canvas.finish()
    }
}
