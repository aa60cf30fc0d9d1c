import CCairo
import Scripting

/// A line of text as pixels: the coverage of each by ink, from 0 to 255.
struct CaptionText {
    let width: Int
    let height: Int
    let coverage: [UInt8]

    init(_ text: String, size: Double, for operation: String) throws {
        let probe = try PixelSurface(CAIRO_FORMAT_A8, width: 1, height: 1, for: operation)
        let measuring = try Canvas(probe.pointer, for: operation)
        let font = measuring.fontMetrics(size)
        let advance = measuring.width(of: text, size: size)
        guard advance < Double(PixelLimits.side) else {
            throw ScriptError(operation, "a caption of \(text.count) characters does not fit on a picture")
        }
        width = max(Int(advance.rounded(.up)), 1)
        height = max(Int((font.ascent + font.descent).rounded(.up)), 1)
        let surface = try PixelSurface(CAIRO_FORMAT_A8, width: width, height: height, for: operation)
        let canvas = try Canvas(surface.pointer, for: operation)
        canvas.text(text, x: 0, y: font.ascent, size: size, color: .black)
        try canvas.finish()
        var coverage: [UInt8] = []
        let count = width
        try surface.rows(for: operation) { _, row in
            coverage.append(contentsOf: UnsafeBufferPointer(start: row, count: count))
        }
        self.coverage = coverage
    }
}
