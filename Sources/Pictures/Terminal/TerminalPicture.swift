import Scripting
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

    /// A figure, as `figure:show` would write it.
    /// - Returns: nil for any other object.
    public static func text(figure object: any ScriptObject, columns: Int) throws -> String? {
        guard let figure = object as? Figure else { return nil }
        let options = TerminalOptions(width: min(columns, 1000))
        return try TextFigure(options: options, operation: "figure:show").render(figure)
    }
}
