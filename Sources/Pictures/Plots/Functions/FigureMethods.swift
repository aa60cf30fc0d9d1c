import Scripting
import Storage
import Tensors

extension Arguments {
    /// The figure a method is called on.
    func figure() throws -> Figure { try object(1, "figure", as: Figure.self, "figure") }
}

let figureSave = NativeFunction(
    "figure:save",
    Documentation(
        "figure:save(path, {width =, height =, scale =})",
        """
        Writes the figure as PNG, SVG or PDF, by the path's ending. `width` and `height` are pixels of a PNG, points \
        (1/72 inch) of an SVG or PDF. Without them the figure has its natural size, a PNG at two pixels a point; with \
        one of them the other follows; with both the panels fill them. `scale` is the size of words and lines: pixels \
        or points of the file for one point of the natural figure. The same figure gives the same bytes. The file \
        appears whole or not at all.
        """,
        errors: "the ending is unknown, a size is out of range, or the file cannot be written",
        example: """
            local path = os.tmpname()
            plot.line{{1, 2, 3}}:save(path .. ".png", {width = 320, height = 240})
            local x = image.load(path .. ".png")
            assert(x.shape[2] == 240 and x.shape[3] == 320)
            os.remove(path); os.remove(path .. ".png")
            """),
    body: { arguments in
        try arguments.atMost(3)
        let operation = arguments.function
        let encoder = FigureEncoder(figure: try arguments.figure(), operation: operation)
        let path = try arguments.bytes(2, "path")
        let format = try FigureEncoder.Format(path: path, for: operation)
        let options = try arguments.options(3, ["width", "height", "scale"])
        func side(_ name: String) throws -> Int? {
            options.has(name) ? try options.integer(name, in: 16...PixelLimits.side, default: 16) : nil
        }
        let scale = options.has("scale") ? try options.number("scale", default: 1) : nil
        if let scale, !(scale >= 0.05 && scale <= 100) {
            throw options.error("scale", expected: "a number from 0.05 to 100")
        }
        let size = try encoder.size(width: try side("width"), height: try side("height"), scale: scale, format: format)
        let bytes = try encoder.encode(format, size)
        try AtomicFile.write(to: path, for: operation) { try $0.write(bytes) }
        return []
    })

let figureShow = NativeFunction(
    "figure:show",
    Documentation(
        "figure:show({width = columns, protocol = \"auto\" or \"kitty\" or \"iterm2\" or \"sixel\" or \"blocks\" or \"blocks256\" or \"ascii\"})",
        """
        Shows the figure on standard output: as a picture where the terminal can show pixels (see image.show), else \
        drawn in characters, one panel under the other, pictures side by side.
        """,
        errors: "an option is unknown or out of range",
        example: "plot.line{{1, 4, 9}, title = \"squares\"}:show{protocol = \"ascii\", width = 40}"),
    body: { arguments in
        Terminal.write(try renderedFigure(arguments))
        arguments.context.service(ShownPictures.self).any = true
        return []
    })

let figureRender = NativeFunction(
    "figure:render",
    Documentation(
        "figure:render({width = columns, protocol = \"auto\" or \"kitty\" or \"iterm2\" or \"sixel\" or \"blocks\" or \"blocks256\" or \"ascii\"}) -> string",
        "What figure:show would write, as a string.", errors: "as figure:show",
        example: """
            local text = plot.line{{1, 4, 9}, title = "squares"}:render{protocol = "ascii", width = 40}
            assert(text:find("squares"))
            """),
    returning: { .string(try renderedFigure($0)) })

let figureDescribe = NativeFunction(
    "figure:tostring",
    Documentation("tostring(figure) -> string", "How many panels there are."),
    returning: { arguments in
        let count = try arguments.figure().panels.count
        return .string("figure (\(count) panel\(count == 1 ? "" : "s"))")
    })

private func renderedFigure(_ arguments: Arguments) throws -> String {
    try arguments.atMost(2)
    let figure = try arguments.figure()
    let options = try TerminalOptions(try arguments.options(2, ["width", "protocol"]))
    return try TextFigure(options: options, operation: arguments.function).render(figure)
}
