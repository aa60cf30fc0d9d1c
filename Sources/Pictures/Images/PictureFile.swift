import Scripting
import Tensors

/// Images and figures as files in memory, for a notebook or a window.
public enum PictureFile {
    /// The least side of a small image, in pixels.
    private static let leastSide = 160

    /// A PNG of images side by side, each of a shape that `image.show` takes; small ones are enlarged.
    public static func representations(
        of pictures: [Tensor], captions: [String] = [], for operation: String
    ) throws -> [Representation] {
        let longest = pictures.flatMap { $0.shape.suffix(2) }.max() ?? 1
        var grid = Grid()
        grid.captions = captions
        grid.scale = max((leastSide + longest - 1) / max(longest, 1), 1)
        // Eight in a row, as in a sheet of `image.grid`.
        let sheet = pictures.count == 1 && captions.isEmpty
            ? try enlarged(pictures[0], by: grid, for: operation) : try grid.sheet(pictures, for: operation)
        let png = try PNGWriter.encode(try Raster(sheet, for: operation), for: operation)
        return [Representation("image/png", bytes: png)]
    }

    /// A single image has no border.
    private static func enlarged(_ picture: Tensor, by grid: Grid, for operation: String) throws -> Tensor {
        guard grid.scale > 1 else { return picture }
        var grid = grid
        grid.padding = 0
        return try grid.sheet([picture], for: operation)
    }

    /// A PNG of a figure at its natural size, and SVG unless it is much longer, as with large images in it.
    /// - Returns: nil for other objects.
    public static func representations(
        figure object: any ScriptObject, for operation: String
    ) throws -> [Representation]? {
        guard let figure = object as? Figure else { return nil }
        let encoder = FigureEncoder(figure: figure, operation: operation)
        let png = try encoder.encode(
            .png, encoder.size(width: nil, height: nil, scale: 1.25, format: .png))
        var made = [Representation("image/png", bytes: png)]
        let svg = try encoder.encode(.svg, encoder.size(width: nil, height: nil, scale: nil, format: .svg))
        if svg.count < 200_000 {
            made.append(Representation("image/svg+xml", fitting(String(decoding: svg, as: UTF8.self))))
        }
        return made
    }

    /// Pixels of a notebook's column.
    private static let widest = 740.0

    /// An SVG that is no wider than a notebook's column: a front end would not make it smaller, but cut it off.
    private static func fitting(_ svg: String) -> String {
        // As Cairo writes it, in points of 4/3 pixels.
        guard let size = svg.firstMatch(of: /width="([0-9.]+)(?:pt)?" height="([0-9.]+)(?:pt)?"/),
            let width = Double(size.1), let height = Double(size.2), width * 4 / 3 > widest
        else { return svg }
        return svg.replacingCharacters(
            in: size.range, with: "width=\"\(Int(widest))\" height=\"\(Int(height * widest / width))\"")
    }
}
