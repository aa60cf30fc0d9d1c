import LuaFlow
import Sessions

/// The session of the kernel, for its module.
final class NotebookSession: Service {
    weak var session: Session?
}

/// `require "notebook"`: control of a cell's output. Only available in notebooks.
public struct NotebookModule: ScriptModule {
    public init() {}

    public let name = "notebook"
    public let summary = "What a cell of a notebook does with its output. Only the notebook's kernel has this module."

    public var functions: [NativeFunction] {
        [NativeFunction(NotebookModule.display), NativeFunction(NotebookModule.clear)]
    }

    static let display = Declaration(
        "notebook.display",
        """
        Shows a value below the cell as it would be shown as the cell's value: a picture, a figure, a table, a text. \
        Under an id the next one takes the place of the one before.
        """,
        takes: .argument("value", .anything), .option("id", .optional(.bytes), "a name of what is replaced"),
        .operation, .context, returns: .nothing, example: "notebook.display(tensor{1, 2})"
    ) { value, id, operation, context in
        guard let session = context.service(NotebookSession.self).session, let streams = RunStreams.current else {
            throw Fault("there is no notebook here")
        }
        let ways = try session.representations(of: value)
        streams.take(id.map { .replaced(id: "named " + $0.text, ways) } ?? .shown(ways))
    }

    static let clear = Declaration(
        "notebook.clear", "Takes away what the cell has printed and shown.",
        takes: .argument("wait", .flag, default: false, "only when the next output comes, so that nothing flickers"),
        returns: .nothing, example: "notebook.clear(true)"
    ) { wait in
        guard let streams = RunStreams.current else { throw Fault("there is no notebook here") }
        streams.take(.cleared(wait: wait))
    }
}
