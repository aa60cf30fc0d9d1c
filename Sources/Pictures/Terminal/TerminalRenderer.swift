import Scripting
import Tensors

/// Converts a row of images with captions to text that makes a terminal show it.
struct TerminalRenderer {
    let mode: TerminalProtocol
    /// The most columns that the row may use.
    let columns: Int
    /// Whether the row is enlarged to all of `columns`; otherwise only images with few pixels are enlarged.
    var fillsWidth = false
    let operation: String

    /// The columns between images.
    private static let gap = 2
    /// The number of pixels per column, for protocols that show pixels.
    private static let pixelsPerColumn = 8

    func render(_ pictures: [Tensor], captions: [String]) throws -> String {
        guard !pictures.isEmpty else { throw ScriptError(operation, "no pictures given") }
        guard captions.count <= pictures.count else {
            throw ScriptError(operation, "\(captions.count) captions for \(pictures.count) pictures")
        }
        if mode.isGraphic { return try graphic(pictures, captions) }
        let rasters = try pictures.enumerated().map { index, picture in
            try Raster(picture, for: operation, pictures.count == 1 ? "x" : "picture \(index + 1)")
        }
        return try characters(rasters, captions: captions)
    }

    // MARK: Pixels

    private func graphic(_ pictures: [Tensor], _ captions: [String]) throws -> String {
        let wanted = columns * TerminalRenderer.pixelsPerColumn
        let widest = pictures.map { $0.shape.last ?? 1 }.max() ?? 1
        let spacing = TerminalRenderer.gap * TerminalRenderer.pixelsPerColumn * (pictures.count - 1)
        let single = pictures.count == 1 && captions.isEmpty
        var grid = Grid()
        grid.columns = pictures.count
        grid.captions = captions
        grid.padding = single ? 0 : TerminalRenderer.pixelsPerColumn
        // Integer factors keep small images sharp; an image that is too wide is reduced below.
        let factor = (wanted - spacing) / max(pictures.count * widest, 1)
        grid.scale = min(max(factor, 1), fillsWidth ? 1000 : 8)
        var raster = try Raster(try grid.sheet(pictures, for: operation), for: operation)
        if raster.width > wanted {
            raster = try raster.resized(width: wanted, height: max(raster.height * wanted / raster.width, 1))
        }
        switch mode {
        case .sixel: return Sixel.encode(raster)
        case .iterm2:
            let png = try PNGWriter.encode(raster, for: operation)
            return InlineGraphics.iterm2(png: png, width: raster.width, height: raster.height)
        default: return InlineGraphics.kitty(png: try PNGWriter.encode(raster, for: operation))
        }
    }

    // MARK: Characters

    func characters(_ pictures: [Raster], captions: [String]) throws -> String {
        let room = columns - TerminalRenderer.gap * (pictures.count - 1)
        guard room >= pictures.count else {
            throw ScriptError(operation, "\(pictures.count) pictures do not fit side by side into \(columns) columns")
        }
        let share = room / pictures.count
        let rasters = try pictures.map { raster in
            let width = fillsWidth ? share : min(raster.width, share)
            let height = max((raster.height * width + raster.width / 2) / raster.width, 1)
            return try raster.resized(width: width, height: min(height, PixelLimits.side))
        }
        let blocks = rasters.map { raster in
            mode == .ascii ? PlainCharacters.rows(raster) : Blocks.rows(raster, trueColor: mode == .blocks)
        }
        let texts = try rasters.indices.map { index in
            try lines(index < captions.count ? captions[index] : "", width: share)
        }
        let widths = zip(rasters, texts).map { max($0.width, $1.map(\.count).max() ?? 0) }
        var text = ""
        let height = blocks.map(\.count).max() ?? 0
        for row in 0..<height {
            let cells = blocks.indices.map { index in
                let side = String(repeating: " ", count: (widths[index] - rasters[index].width) / 2)
                let rest = widths[index] - rasters[index].width - side.count
                // Images of less height keep their column.
                let cell =
                    row < blocks[index].count ? blocks[index][row] : String(repeating: " ", count: rasters[index].width)
                return side + cell + String(repeating: " ", count: rest)
            }
            text += join(cells)
        }
        for row in 0..<(texts.map(\.count).max() ?? 0) {
            text += join(texts.indices.map { centered(row < texts[$0].count ? texts[$0][row] : "", in: widths[$0]) })
        }
        return text
    }

    /// One line, without trailing blanks.
    private func join(_ cells: [String]) -> String {
        var line = cells.joined(separator: String(repeating: " ", count: TerminalRenderer.gap))
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }

    private func centered(_ text: String, in width: Int) -> String {
        let left = (width - text.count) / 2
        return String(repeating: " ", count: left) + text + String(repeating: " ", count: width - text.count - left)
    }

    /// A caption broken between words, and within a word only if it is wider than the image's share of the row.
    private func lines(_ caption: String, width: Int) throws -> [String] {
        guard caption.utf8.count <= 10_000 else {
            throw ScriptError(operation, "a caption of \(caption.utf8.count) bytes is too long")
        }
        // Control characters would move the terminal's cursor.
        let clean = String(caption.map { $0.isNewline || $0.isWhitespace ? " " : $0 })
            .unicodeScalars.filter { $0.properties.generalCategory != .control }
        var lines: [String] = []
        for word in String(String.UnicodeScalarView(clean)).split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
                continue
            }
            var rest = Substring(word)
            while rest.count > width {
                lines.append(String(rest.prefix(width)))
                rest = rest.dropFirst(width)
            }
            if !rest.isEmpty { lines.append(String(rest)) }
        }
        return lines
    }
}
