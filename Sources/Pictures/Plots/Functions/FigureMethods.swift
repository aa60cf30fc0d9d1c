import Files
import Scripting

private let figure = Parameter<Figure>.argument("figure", .figure)
private let side = Domain<Int?>.optional(.integer(from: 16, to: PixelLimits.side))

let figureSave = Declaration(
    "figure:save",
    """
    Writes the figure as PNG, SVG or PDF, by the path's ending. Without sizes the figure has its natural size, a PNG \
    at two pixels a point; with one of them the other follows; with both the panels fill them. The same figure gives \
    the same bytes. The file appears whole or not at all.
    """,
    called: .method,
    takes: figure, .argument("path", .bytes),
    .option("width", side, "pixels of a PNG, points (1/72 inch) of an SVG or PDF"),
    .option("height", side, "as width"),
    .option(
        "scale", .optional(.number(from: 0.05, to: 100)),
        "how large words and lines are: pixels or points of the file for one point of the natural figure"),
    .operation, returns: .nothing,
    errors: "the ending is unknown, the figure has too many pixels, or the file cannot be written",
    example: """
        local path = os.tmpname()
        plot.line{{1, 2, 3}}:save(path .. ".png", {width = 320, height = 240})
        local x = image.load(path .. ".png")
        assert(x.shape[2] == 240 and x.shape[3] == 320)
        os.remove(path); os.remove(path .. ".png")
        """
) { figure, path, width, height, scale, operation in
    let encoder = FigureEncoder(figure: figure, operation: operation)
    let format = try FigureEncoder.Format(path: path, for: operation)
    let size = try encoder.size(width: width, height: height, scale: scale, format: format)
    let bytes = try encoder.encode(format, size)
    try AtomicFile.write(to: path, for: operation) { try $0.write(bytes) }
}

private let misfits = "pictures do not fit side by side"

let figureShow = Declaration(
    "figure:show",
    """
    Shows the figure on standard output: as a picture where the terminal can show pixels (see image.show), else \
    drawn in characters, one panel under the other, pictures side by side. A notebook shows PNG or SVG.
    """,
    called: .method, takes: figure, TerminalOptions.options.parameter, .operation, .context, returns: .nothing,
    errors: misfits,
    example: "plot.line{{1, 4, 9}, title = \"squares\"}:show{protocol = \"ascii\", width = 40}",
    see: ["image.show"]
) { figure, options, operation, context in
    context.service(ShownPictures.self).any = true
    if options.asked == nil, let streams = RunStreams.current,
        let made = try PictureFile.representations(figure: figure, for: operation)
    {
        return streams.take(.shown(made))
    }
    Terminal.write(try TextFigure(options: options, operation: operation).render(figure))
}

let figureRender = Declaration(
    "figure:render", "What figure:show would write, as a string.",
    called: .method, takes: figure, TerminalOptions.options.parameter, .operation, returns: .string, errors: misfits,
    example: """
        local text = plot.line{{1, 4, 9}, title = "squares"}:render{protocol = "ascii", width = 40}
        assert(text:find("squares"))
        """,
    see: ["figure:show"]
) { figure, options, operation in
    try TextFigure(options: options, operation: operation).render(figure)
}

let figureDescribe = Declaration(
    "figure:tostring", "How many panels there are.", called: .symbol("tostring(figure)"), takes: figure,
    returns: .string
) { figure in
    "figure (\(figure.panels.count) panel\(figure.panels.count == 1 ? "" : "s"))"
}
