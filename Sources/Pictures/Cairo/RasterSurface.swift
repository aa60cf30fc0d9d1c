import CCairo

extension PixelSurface {
    /// A surface with the pixels of a raster.
    convenience init(_ raster: Raster, for operation: String) throws {
        try self.init(CAIRO_FORMAT_RGB24, width: raster.width, height: raster.height, for: operation)
        try colorRows(for: operation) { y, row in
            for x in 0..<raster.width {
                let color = raster.rgb(x, y)
                row[x] = UInt32(color.red) << 16 | UInt32(color.green) << 8 | UInt32(color.blue)
            }
        }
    }
}

extension Raster {
    /// A raster with the colours of a surface.
    init(_ surface: PixelSurface, for operation: String) throws {
        var samples: [UInt8] = []
        samples.reserveCapacity(surface.width * surface.height * 3)
        try surface.colorRows(for: operation) { _, row in
            for x in 0..<surface.width {
                for shift in [UInt32(16), 8, 0] { samples.append(UInt8(row[x] >> shift & 0xFF)) }
            }
        }
        self.init(width: surface.width, height: surface.height, channels: 3, samples: samples)
    }
}
