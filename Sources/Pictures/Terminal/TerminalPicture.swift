import Scripting
import Tensors

/// Images for another part of the program to print: what `image.show` would write.
public enum TerminalPicture {
    /// - Parameters:
    ///   - pictures: images of shapes that `image.show` takes, put side by side.
    ///   - columns: the most columns to use.
    public static func text(_ pictures: [Tensor], columns: Int) throws -> String {
        try TerminalRenderer(mode: Terminal.detected, columns: columns, operation: "image.show")
            .render(pictures, captions: [])
    }

    /// A figure, as `figure:show` would write it.
    /// - Returns: nil for other objects.
    public static func text(figure object: any ScriptObject, columns: Int) throws -> String? {
        guard let figure = object as? Figure else { return nil }
        let options = TerminalOptions(width: min(columns, 1000))
        return try TextFigure(options: options, operation: "figure:show").render(figure)
    }
}
