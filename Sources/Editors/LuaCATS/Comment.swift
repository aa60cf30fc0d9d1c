import Scripting

/// Documentation as LuaCATS comments.
enum Comment {
    /// The summary, the errors and an example.
    static func text(of documentation: Documentation) -> String {
        var text = lines(documentation.summary)
        if let errors = documentation.errors { text += "---\n" + lines(sentence("Errors: \(errors)")) }
        if let source = documentation.source { text += "---\n" + lines(sentence("Source: \(source)")) }
        if let example = documentation.example {
            text += "---\n---```lua\n" + example.split(separator: "\n").map { "---\($0)\n" }.joined() + "---```\n"
        }
        return text
    }

    private static func sentence(_ text: String) -> String { text.hasSuffix(".") ? text : text + "." }

    /// Prose in one line.
    static func line(_ text: String) -> String { text.split(separator: "\n").joined(separator: " ") }

    static func lines(_ text: String) -> String {
        text.split(separator: "\n").map { "---\($0.hasPrefix("@") ? " " : "")\($0)\n" }.joined()
    }
}
