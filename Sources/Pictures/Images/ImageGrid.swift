import Scripting
import Tensors

extension Grid {
    fileprivate static let options = OptionTable(
        { Grid() },
        .option("columns", \.columns, .integer(from: 1, to: 10_000)),
        .option("padding", \.padding, .integer(from: 0, to: 1000), "pixels between cells and around the sheet"),
        .option("scale", \.scale, .integer(from: 1, to: 1000), "how many pixels wide a pixel becomes"),
        .option("background", \.background, .number(from: 0, to: 1), "the shade between cells, from black to white"),
        .option("captions", \.captions, .captions, "in 12-pixel text under the pictures"))
}

let imageGrid = Declaration(
    "image.grid",
    """
    Lays pictures out on one sheet, row by row: (H, W), or (3, H, W) when any of them has colour. Pictures of \
    different sizes are centred in cells of the largest. Captions widen cells they do not fit: use `scale` with them.
    """,
    takes: .argument(
        "pictures", .pictures(batch: true),
        "a table of pictures, or a batch of shape (B, H, W), (B, 1, H, W) or (B, 3, H, W)"),
    Grid.options.parameter, .operation, returns: .plainTensor,
    errors: "there are no pictures, a shape is no picture's, more captions than pictures, or the sheet is too large",
    example: """
        local x = tensor.zeros(28, 28)
        local sheet = image.grid({x, x, x}, {columns = 2, padding = 1})
        assert(sheet.shape[1] == 59 and sheet.shape[2] == 59)
        """
) { pictures, grid, operation in try grid.sheet(pictures, for: operation) }
