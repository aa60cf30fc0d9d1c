import Scripting
import Tensors

let imageShow = NativeFunction(
    "image.show",
    Documentation(
        "image.show(x, {width = columns, protocol = \"auto\" or \"kitty\" or \"iterm2\" or \"sixel\" or \"blocks\" or \"blocks256\" or \"ascii\", captions = {...}})",
        """
        Shows a picture, or several side by side with captions under them, on standard output. `x` is one picture of \
        shape (H, W), (1, H, W) or (3, H, W), a batch (B, C, H, W), or a table of pictures. `width` is how many \
        character columns the row takes; without it a picture takes what it needs, at most the terminal's width. \
        Protocols: kitty, iterm2 and sixel show pixels; blocks draws two pixels a character in 24-bit colour, \
        blocks256 in 256 colours, ascii in plain characters. "auto" picks by what the terminal says of itself in the \
        environment, and ascii when NO_COLOR is set or standard output is no terminal.
        """,
        errors: "a shape is no picture's, a value is NaN, or an option is unknown or out of range",
        example: """
            image.show({tensor.zeros(4, 4), tensor.ones(4, 4)}, {captions = {"black", "white"}, protocol = "ascii"})
            """),
    body: { arguments in
        Terminal.write(try renderedPictures(arguments))
        arguments.context.service(ShownPictures.self).any = true
        return []
    })

let imageRender = NativeFunction(
    "image.render",
    Documentation(
        "image.render(x, {width = columns, protocol = \"auto\" or \"kitty\" or \"iterm2\" or \"sixel\" or \"blocks\" or \"blocks256\" or \"ascii\", captions = {...}}) -> string",
        "What image.show would write, as a string.",
        errors: "as image.show",
        example: """
            local text = image.render(tensor({{0, 1}, {0, 1}}), {protocol = "ascii"})
            assert(text == " @\\n")
            """),
    returning: { arguments in .string(try renderedPictures(arguments)) })

private func renderedPictures(_ arguments: Arguments) throws -> String {
    try arguments.atMost(2)
    let options = try arguments.options(2, ["width", "protocol", "captions"])
    let renderer = TerminalRenderer(options: try TerminalOptions(options), for: arguments.function)
    return try renderer.render(
        try arguments.pictures(1, "x", batch: false), captions: try options.captions())
}

/// The options that image.show and a figure's show have in common.
struct TerminalOptions {
    let mode: TerminalProtocol
    /// Columns asked for, if any were.
    let width: Int?

    init(mode: TerminalProtocol, width: Int?) { (self.mode, self.width) = (mode, width) }

    init(_ options: Options) throws {
        let names = ["auto"] + TerminalProtocol.allCases.map(\.rawValue)
        let name = try options.choice("protocol", names, default: "auto")
        mode = TerminalProtocol(rawValue: name) ?? Terminal.detected
        width = options.has("width") ? try options.integer("width", in: 1...1000, default: 80) : nil
    }
}

extension TerminalRenderer {
    init(options: TerminalOptions, for operation: String) {
        self.init(
            mode: options.mode, columns: options.width ?? Terminal.columns, fillsWidth: options.width != nil,
            operation: operation)
    }
}
