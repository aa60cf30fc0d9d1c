import Scripting
import Tensors

let imageLoad = Declaration(
    "image.load",
    """
    Reads a PNG file as float32 in [0, 1]: shape (H, W) when the file is greyscale, (3, H, W) when it has colours \
    (RGB or a palette). Transparent parts are laid on white. 16-bit files are read at 8 bits.
    """,
    takes: .argument("path", .bytes), .operation, returns: .plainTensor,
    errors: """
        the file cannot be opened, is no PNG, is damaged or cut short, or claims more than 20000 pixels a side or \
        2^26 in all (refused before memory is taken)
        """,
    example: """
        local path = os.tmpname()
        image.save(path .. ".png", tensor({{0, 1}, {1, 0}}))
        local x = image.load(path .. ".png")
        assert(x.shape[1] == 2 and x.shape[2] == 2 and x[{1, 2}] == 1)
        os.remove(path); os.remove(path .. ".png")
        """
) { path, operation in try PNGReader.load(path, for: operation) }
