import Scripting
import Tensors

let imageGrid = NativeFunction(
    "image.grid",
    Documentation(
        "image.grid(pictures, {columns = 8, padding = 2, scale = 1, background = 1, captions = {...}}) -> tensor",
        """
        Lays pictures out on one sheet, row by row: (H, W), or (3, H, W) when any of them has colour. `pictures` is a \
        table of pictures or a batch of shape (B, H, W), (B, 1, H, W) or (B, 3, H, W). Pictures of different sizes are \
        centred in cells of the largest; `scale` makes a pixel that many pixels wide; `padding` pixels of the shade \
        `background` lie between cells and around the sheet. Captions of 12-pixel text stand under the pictures and \
        widen cells they do not fit: use `scale` with them.
        """,
        errors:
            "there are no pictures, a shape is no picture's, more captions than pictures, or the sheet is too large",
        example: """
            local x = tensor.zeros(28, 28)
            local sheet = image.grid({x, x, x}, {columns = 2, padding = 1})
            assert(sheet.shape[1] == 59 and sheet.shape[2] == 59)
            """),
    returning: { arguments in
        try arguments.atMost(2)
        let options = try arguments.options(2, ["columns", "padding", "scale", "background", "captions"])
        var grid = Grid()
        grid.columns = try options.integer("columns", in: 1...10_000, default: grid.columns)
        grid.padding = try options.integer("padding", in: 0...1000, default: grid.padding)
        grid.scale = try options.integer("scale", in: 1...1000, default: grid.scale)
        grid.background = try options.number("background", default: grid.background)
        guard grid.background >= 0, grid.background <= 1 else {
            throw options.error("background", expected: "a number from 0 to 1")
        }
        grid.captions = try options.captions()
        return .tensor(try grid.sheet(try arguments.pictures(1, "pictures", batch: true), for: arguments.function))
    })
