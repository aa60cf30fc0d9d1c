import CCairo
import Scripting

/// Writes rasters as PNG: 8-bit greyscale or RGB.
enum PNGWriter {
    static func encode(_ raster: Raster, for operation: String) throws -> [UInt8] {
        guard raster.channels == 1 else { return try encode(try PixelSurface(raster, for: operation), for: operation) }
        // Cairo writes its 8-bit alpha format as a greyscale PNG, sample by sample.
        let surface = try PixelSurface(CAIRO_FORMAT_A8, width: raster.width, height: raster.height, for: operation)
        try surface.rows(for: operation) { y, row in
            for x in 0..<raster.width { row[x] = raster.samples[y * raster.width + x] }
        }
        return try encode(surface, for: operation)
    }

    static func encode(_ surface: PixelSurface, for operation: String) throws -> [UInt8] {
        let sink = ByteSink()
        let status = withExtendedLifetime(sink) {
            cairo_surface_write_to_png_stream(surface.pointer, ByteSink.write, sink.closure)
        }
        try check(status, operation, "encoding a PNG")
        return sink.bytes
    }
}
