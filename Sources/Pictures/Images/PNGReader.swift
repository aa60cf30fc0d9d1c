import CCairo
import Scripting
import Tensors

/// Reads PNG files into tensors, decoded by Cairo (libpng).
enum PNGReader {
    /// - Returns: float32 in [0, 1]; (H, W) for a greyscale file, (3, H, W) for others.
    static func load(_ path: some ByteStringConvertible, for operation: String) throws -> Tensor {
        let file = try SequentialFile(path.byteString, for: operation)
        let shown = "\"\(path.byteString)\""
        let header = try PNGHeader(file.head(PNGHeader.length), file: shown, for: operation)
        // Checked before memory is allocated for pixels that the file cannot contain.
        guard file.size >= header.leastFileSize else {
            throw ScriptError(
                operation, "\(shown): \(file.size) bytes cannot hold \(header.width) x \(header.height) pixels")
        }

        // Cairo's decoder allocates as many bytes again as the canvas below.
        let decoding = header.width * header.height * 4
        try NativeMemory.current?.charge(decoding)
        defer { NativeMemory.current?.release(decoding) }
        let decoded = withExtendedLifetime(file) {
            cairo_image_surface_create_from_png_stream(
                { closure, data, length in
                    guard let closure, let data else { return CAIRO_STATUS_READ_ERROR }
                    let file = Unmanaged<SequentialFile>.fromOpaque(closure).takeUnretainedValue()
                    return file.read(into: data, count: Int(length)) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_READ_ERROR
                }, Unmanaged.passUnretained(file).toOpaque())
        }
        defer { cairo_surface_destroy(decoded) }
        let status = cairo_surface_status(decoded)
        if status == CAIRO_STATUS_READ_ERROR && file.ended {
            throw ScriptError(operation, "\(shown) ends too early")
        }
        // libpng's message is not available; Cairo only reports failure.
        guard status == CAIRO_STATUS_SUCCESS,
            cairo_image_surface_get_width(decoded) == Int32(header.width),
            cairo_image_surface_get_height(decoded) == Int32(header.height)
        else { throw ScriptError(operation, "\(shown) is a damaged PNG file") }

        // Painted on white, which handles alpha, and whatever pixel format this version of Cairo uses for 16-bit files.
        let canvas = try PixelSurface(
            CAIRO_FORMAT_RGB24, width: header.width, height: header.height, for: operation)
        let context = cairo_create(canvas.pointer)
        defer { cairo_destroy(context) }
        cairo_set_source_rgb(context, 1, 1, 1)
        cairo_paint(context)
        cairo_set_source_surface(context, decoded, 0, 0)
        cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST)
        cairo_paint(context)
        try check(cairo_status(context), operation, "reading \(shown)")
        return try tensor(canvas, colored: header.isColored, for: operation)
    }

    private static func tensor(_ canvas: PixelSurface, colored: Bool, for operation: String) throws -> Tensor {
        let (width, height) = (canvas.width, canvas.height)
        let result = try Tensor.uninitialized(
            colored ? [3, height, width] : [height, width], .float32, for: operation)
        let values = result.base(Float.self)
        try canvas.colorRows(for: operation) { y, row in
            for x in 0..<width {
                if colored {
                    for (channel, shift) in [UInt32(16), 8, 0].enumerated() {
                        values[(channel * height + y) * width + x] = Float(row[x] >> shift & 0xFF) / 255
                    }
                } else {
                    values[y * width + x] = Float(row[x] & 0xFF) / 255
                }
            }
        }
        return result
    }
}
