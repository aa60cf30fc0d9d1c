import Scripting
import Tensors

/// Several images on one sheet: their positions, and the sheet itself.
struct Grid {
    /// Pixels between cells and around the sheet.
    var padding = 2
    var columns = 8
    /// The factor by which images are enlarged.
    var scale = 1
    /// The shade between the images, from 0 to 1.
    var background = 1.0
    /// The texts under the images; empty for none.
    var captions: [String] = []

    /// The size of captions, in pixels.
    private static let fontSize = 12.0

    /// The sheet: (H, W), or (3, H, W) when an image has colour.
    func sheet(_ pictures: [Tensor], for operation: String) throws -> Tensor {
        guard !pictures.isEmpty else { throw ScriptError(operation, "no pictures given") }
        let shapes = try pictures.enumerated().map { index, picture in
            try PictureShape(picture.shape, for: operation, "picture \(index + 1)")
        }
        guard captions.count <= pictures.count else {
            throw ScriptError(operation, "\(captions.count) captions for \(pictures.count) pictures")
        }
        let texts = try captions.map { try CaptionText($0, size: Grid.fontSize, for: operation) }
        let layout = try GridLayout(
            cell: (
                width: max(shapes.map(\.width).max().map { $0 * scale } ?? 0, texts.map(\.width).max() ?? 0),
                height: (shapes.map(\.height).max() ?? 0) * scale
            ),
            caption: texts.isEmpty ? 0 : (texts.map(\.height).max() ?? 0) + 4,
            count: pictures.count, columns: columns, padding: padding, for: operation)

        let channels = shapes.contains { $0.channels == 3 } ? 3 : 1
        let size = [layout.height, layout.width]
        let sheet = try Tensor.full(channels == 3 ? [3] + size : size, background, .float32)
        let target = sheet.base(Float.self)
        let plane = layout.width * layout.height
        for (index, picture) in pictures.enumerated() {
            try Cancellation.check()
            let shape = shapes[index]
            let cell = layout.origin(index)
            let left = cell.x + (layout.cell.width - shape.width * scale) / 2
            let top = cell.y + (layout.cell.height - shape.height * scale) / 2
            let source = try picture.cast(.float32).contiguous()
            // Held while its memory is read.
            withExtendedLifetime(source) {
                for channel in 0..<channels {
                    let from =
                        source.base(Float.self) + (shape.channels == 3 ? channel : 0) * shape.width * shape.height
                    for y in 0..<shape.height * scale {
                        let row = target + channel * plane + (top + y) * layout.width + left
                        for x in 0..<shape.width * scale { row[x] = from[y / scale * shape.width + x / scale] }
                    }
                }
            }
            if index < texts.count {
                let text = texts[index]
                blend(
                    text, into: target, channels: channels, plane: plane, rowLength: layout.width,
                    x: cell.x + (layout.cell.width - text.width) / 2, y: cell.y + layout.cell.height + 4)
            }
        }
        return withExtendedLifetime(sheet) { sheet }
    }

    private func blend(
        _ text: CaptionText, into target: UnsafeMutablePointer<Float>, channels: Int, plane: Int, rowLength: Int,
        x: Int, y: Int
    ) {
        let ink: Float = background > 0.5 ? 0 : 1
        for row in 0..<text.height {
            for column in 0..<text.width {
                let cover = Float(text.coverage[row * text.width + column]) / 255
                for channel in 0..<channels {
                    let at = channel * plane + (y + row) * rowLength + x + column
                    target[at] += (ink - target[at]) * cover
                }
            }
        }
    }
}

/// The layout of a grid, in pixels.
struct GridLayout {
    let cell: (width: Int, height: Int)
    let caption: Int
    let padding: Int
    let columns: Int
    let width: Int
    let height: Int

    /// - Throws: when the sheet would exceed ``PixelLimits``.
    init(
        cell: (width: Int, height: Int), caption: Int, count: Int, columns: Int, padding: Int, for operation: String
    ) throws {
        self.cell = cell
        self.caption = caption
        self.padding = padding
        self.columns = min(columns, count)
        let rows = (count + self.columns - 1) / self.columns
        // Sides of cells are a few times 20 000 at most, and counts are lengths of tables: nothing overflows.
        width = self.columns * (cell.width + padding) + padding
        height = rows * (cell.height + caption + padding) + padding
        try PixelLimits.check(width: width, height: height, for: operation)
    }

    /// The top left pixel of a cell.
    func origin(_ index: Int) -> (x: Int, y: Int) {
        (
            padding + index % columns * (cell.width + padding),
            padding + index / columns * (cell.height + caption + padding)
        )
    }
}
