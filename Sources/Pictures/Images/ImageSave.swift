import Files
import Scripting
import Tensors

let imageSave = Declaration(
    "image.save",
    """
    Writes a PNG file: (H, W) and (1, H, W) as 8-bit grey, (3, H, W) as 8-bit RGB. Values are clamped to [0, 1] \
    and rounded to the nearest of 256 levels, so a picture read from an 8-bit file is written back exactly. The \
    file appears whole or not at all: an older one stays until the new one is on disk.
    """,
    takes: .argument("path", .bytes, "ends in .png"), .argument("x", .plainTensor), .operation, returns: .nothing,
    errors: "the path does not end in .png or cannot be written, the shape is no picture's, or a value is NaN",
    example: """
        local path = os.tmpname()
        image.save(path .. ".png", tensor.full({8, 8}, 0.25))
        assert(math.abs(image.load(path .. ".png")[{1, 1}] - 0.25) < 1 / 255)
        os.remove(path); os.remove(path .. ".png")
        """
) { path, x, operation in
    guard fileExtension(path) == "png" else {
        throw Fault("\(Value.string(path).shown) does not end in .png, the one format of image.save")
    }
    let bytes = try PNGWriter.encode(try Raster(x, for: operation), for: operation)
    try AtomicFile.write(to: path, for: operation) { try $0.write(bytes) }
}

/// A path's extension in lower case; empty if there is none.
func fileExtension(_ path: ByteString) -> String {
    let name = path.splitPath.name.bytes
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return "" }
    return ByteString(name[(dot + 1)...]).text.lowercased()
}
