import Scripting
import Tensors

private let pictures = Parameter<[Tensor]>.argument(
    "x", .pictures(batch: false),
    "a picture of shape (H, W), (1, H, W) or (3, H, W), a batch (B, C, H, W), or a table of pictures")
private let captions = Parameter<[String]>.option("captions", .captions, default: [], "under the pictures")

let imageShow = Declaration(
    "image.show",
    """
    Shows a picture, or several side by side with captions under them, on standard output. Without `width` a picture \
    takes what it needs, at most the terminal's width. Protocols: kitty, iterm2 and sixel show pixels; blocks draws \
    two pixels a character in 24-bit colour, blocks256 in 256 colours, ascii in plain characters. "auto" picks by what \
    the terminal says of itself in the environment, and ascii when NO_COLOR is set or standard output is no terminal. \
    A notebook shows a PNG.
    """,
    takes: pictures, TerminalOptions.options.parameter, captions, .operation, .context, returns: .nothing,
    errors: "a shape is no picture's, a value is NaN, or pictures do not fit side by side",
    example: """
        image.show({tensor.zeros(4, 4), tensor.ones(4, 4)}, {captions = {"black", "white"}, protocol = "ascii"})
        """
) { pictures, options, captions, operation, context in
    context.service(ShownPictures.self).any = true
    if options.asked == nil, let streams = RunStreams.current {
        return streams.take(
            .shown(try PictureFile.representations(of: pictures, captions: captions, for: operation)))
    }
    Terminal.write(try TerminalRenderer(options: options, for: operation).render(pictures, captions: captions))
}

let imageRender = Declaration(
    "image.render", "What image.show would write, as a string.",
    takes: pictures, TerminalOptions.options.parameter, captions, .operation, returns: .string,
    errors: "as image.show",
    example: """
        local text = image.render(tensor({{0, 1}, {0, 1}}), {protocol = "ascii"})
        assert(text == " @\\n")
        """,
    see: ["image.show"]
) { pictures, options, captions, operation in
    try TerminalRenderer(options: options, for: operation).render(pictures, captions: captions)
}

/// The options that image.show and a figure's show have in common.
struct TerminalOptions {
    /// The number of columns that was asked for, if any.
    var width: Int?
    /// The protocol that was asked for; nil for what the terminal supports.
    var asked: TerminalProtocol?

    var mode: TerminalProtocol { asked ?? Terminal.detected }

    static let options = OptionTable(
        { TerminalOptions() },
        .option("width", \.width, .optional(.integer(from: 1, to: 1000)), "how many character columns it takes"),
        .option("protocol", \.asked, protocols, "how pictures are shown"))

    private static let protocols = Domain<String>.choice(["auto"] + TerminalProtocol.allCases.map(\.rawValue)).map(
        show: { (asked: TerminalProtocol?) in "\"\(asked?.rawValue ?? "auto")\"" },
        { .some(TerminalProtocol(rawValue: $0)) })
}

extension TerminalRenderer {
    init(options: TerminalOptions, for operation: String) {
        self.init(
            mode: options.mode, columns: options.width ?? Terminal.columns, fillsWidth: options.width != nil,
            operation: operation)
    }
}
