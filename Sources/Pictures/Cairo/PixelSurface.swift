import CCairo
import Scripting

/// Pixels that Cairo draws to or decodes to; their bytes are charged to the host's memory account while they live.
final class PixelSurface {
    let pointer: OpaquePointer
    let width: Int
    let height: Int
    private let memory: NativeMemory?
    private let charged: Int

    /// New pixels, all zero.
    init(_ format: cairo_format_t, width: Int, height: Int, for operation: String) throws {
        try PixelLimits.check(width: width, height: height, for: operation)
        let bytes = width * height * (format == CAIRO_FORMAT_A8 ? 1 : 4)
        let memory = NativeMemory.current
        try memory?.charge(bytes)
        // After a failed allocation Cairo returns an inert surface, never null; its status tells.
        guard let surface = cairo_image_surface_create(format, Int32(width), Int32(height)) else {
            memory?.release(bytes)
            throw ScriptError(operation, "not enough memory for \(width) x \(height) pixels")
        }
        do {
            try Pictures.check(cairo_surface_status(surface), operation, "making \(width) x \(height) pixels")
        } catch {
            cairo_surface_destroy(surface)
            memory?.release(bytes)
            throw error
        }
        pointer = surface
        self.width = width
        self.height = height
        self.memory = memory
        charged = bytes
    }

    deinit {
        cairo_surface_destroy(pointer)
        memory?.release(charged)
    }

    /// Calls `body` with each row, after Cairo has written everything, and tells Cairo of the changes.
    func rows(for operation: String, _ body: (Int, UnsafeMutablePointer<UInt8>) throws -> Void) throws {
        cairo_surface_flush(pointer)
        guard let pixels = cairo_image_surface_get_data(pointer) else {
            throw ScriptError(operation, "Cairo gave no pixels")
        }
        let stride = Int(cairo_image_surface_get_stride(pointer))
        // The optimiser may end an object's life after its last use, while its memory is still being read.
        try withExtendedLifetime(self) {
            for y in 0..<height {
                if y % 256 == 0 { try Cancellation.check() }
                try body(y, pixels + y * stride)
            }
        }
        cairo_surface_mark_dirty(pointer)
    }

    /// ``rows(for:_:)`` for pixels of four bytes, 0xAARRGGBB.
    func colorRows(for operation: String, _ body: (Int, UnsafeMutablePointer<UInt32>) throws -> Void) throws {
        try rows(for: operation) { y, row in
            try body(y, UnsafeMutableRawPointer(row).assumingMemoryBound(to: UInt32.self))
        }
    }
}

/// Limits on the size of images, for mistyped sizes.
enum PixelLimits {
    static let side = 20_000
    static let area = 1 << 26

    static func check(width: Int, height: Int, for operation: String) throws {
        guard width > 0, height > 0 else {
            throw ScriptError(operation, "a picture of \(width) x \(height) pixels has no pixels")
        }
        // Sides are compared first, so that the product cannot overflow.
        guard width <= side, height <= side, width * height <= area else {
            throw ScriptError(
                operation,
                "\(width) x \(height) pixels are too many: at most \(side) a side and \(area) in all")
        }
    }
}
