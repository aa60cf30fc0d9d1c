import Scripting

/// The module `image`: PNG files, contact sheets, and images in the terminal.
public struct ImageModule: ScriptModule {
    public init() {}

    public let name = "image"
    public let summary = """
        Pictures as tensors of shape (H, W) for grey or (3, H, W) for colour, values from 0 (black) to 1 (white): \
        PNG files, contact sheets, and pictures shown in the terminal.
        """

    /// The catalogue: a new function is one file and one line here.
    public var functions: [NativeFunction] {
        [imageLoad, imageSave, imageGrid, imageShow, imageRender].map { NativeFunction($0) }
    }
}
