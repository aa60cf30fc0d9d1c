import Tensors

/// Pictures for another program's terminal output: what `image.show` would write.
public enum TerminalPicture {
    /// - Parameters:
    ///   - pictures: each of a shape that `image.show` takes; they are put side by side.
    ///   - columns: the most character columns to take.
    public static func text(_ pictures: [Tensor], columns: Int) throws -> String {
        try TerminalRenderer(mode: Terminal.detected, columns: columns, operation: "image.show")
            .render(pictures, captions: [])
    }
}
