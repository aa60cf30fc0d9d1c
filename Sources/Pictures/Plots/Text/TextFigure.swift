import Scripting
import Tensors

/// A figure for a terminal: as pixels if it supports them, else as characters.
struct TextFigure {
    let options: TerminalOptions
    let operation: String

    private var columns: Int { options.width ?? Terminal.columns }

    func render(_ figure: Figure) throws -> String {
        options.mode.isGraphic ? try graphic(figure) : try characters(figure)
    }

    private func graphic(_ figure: Figure) throws -> String {
        let encoder = FigureEncoder(figure: figure, operation: operation)
        let size = try encoder.size(width: max(columns * 8, 64), height: nil, scale: nil, format: .png)
        let surface = try encoder.pixels(size)
        switch options.mode {
        case .sixel: return Sixel.encode(try Raster(surface, for: operation))
        case .iterm2:
            let png = try PNGWriter.encode(surface, for: operation)
            return InlineGraphics.iterm2(png: png, width: size.width, height: size.height)
        default: return InlineGraphics.kitty(png: try PNGWriter.encode(surface, for: operation))
        }
    }

    /// Axes below each other; neighbouring images side by side.
    private func characters(_ figure: Figure) throws -> String {
        let chart = TextChart(columns: columns, mode: options.mode, operation: operation)
        var blocks = figure.title.isEmpty ? [] : [chart.title(figure.title)]
        var row: [(picture: Picture, panel: Panel)] = []
        func flush() throws {
            guard !row.isEmpty else { return }
            let renderer = TerminalRenderer(options: options, for: operation)
            blocks.append(
                try renderer.characters(
                    row.map(\.picture.raster),
                    captions: row.map {
                        [$0.panel.title, $0.panel.xlabel].filter { !$0.isEmpty }.joined(separator: " ")
                    }))
            row = []
        }
        for panel in figure.panels {
            switch panel.content {
            case .picture(let picture):
                row.append((picture, panel))
                if row.count == figure.columns { try flush() }
            case .axes(let axes):
                try flush()
                blocks.append(
                    try chart.render(panel, axes))
            }
        }
        try flush()
        return blocks.joined(separator: "\n")
    }
}
