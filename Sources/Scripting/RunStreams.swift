import Synchronization

/// One way to show a value, named by its MIME type: a text, or bytes such as a PNG's.
public struct Representation: Sendable, Equatable {
    /// What it is made of.
    public enum Content: Sendable, Equatable {
        case text(String)
        /// Of a MIME type that is no text.
        case bytes([UInt8])
    }

    /// `text/plain`, `text/html`, `image/png`, `image/svg+xml`.
    public let mime: String
    /// What a reader of that type is given.
    public let content: Content

    /// A text of this MIME type.
    public init(_ mime: String, _ text: String) { (self.mime, content) = (mime, .text(text)) }
    /// Bytes of this MIME type.
    public init(_ mime: String, bytes: [UInt8]) { (self.mime, content) = (mime, .bytes(bytes)) }
}

/// Who takes what a run writes and shows, and gives what it reads, in the place of the process's own streams: a
/// notebook, a window, a test.
///
///     let streams = RunStreams { piece in if case .text(_, let bytes) = piece { keep(bytes) } }
///     try RunStreams.$current.withValue(streams) { ... }
///
/// What scripts write by `print` and `io` comes here where ``LuaHost/Interpreter/takeStreams()`` was called.
public final class RunStreams: Sendable {
    /// Those of the run in progress; nil for the process's own.
    @TaskLocal public static var current: RunStreams?

    /// One thing that a run does with its output.
    public enum Piece: Sendable, Equatable {
        /// Bytes of a text, maybe of a part of a letter only.
        case text(StandardStream, [UInt8])
        /// A picture, in the ways in which it can be shown.
        case shown([Representation])
        /// Takes the place of what was shown under this name before; the first time it is shown.
        case replaced(id: String, [Representation])
        /// Takes away what was written and shown so far; with `wait` only when the next piece comes.
        case cleared(wait: Bool)
    }

    private let body: @Sendable (Piece) -> Void
    private let line: @Sendable () -> [UInt8]?
    /// What of the last line was not read yet.
    private let rest = Mutex<[UInt8]>([])
    private let shown = Mutex(0)

    /// - Parameters:
    ///   - line: the next line of input with its end, waited for; nil where there are no more.
    ///   - body: is given every piece, in order, on the thread that writes it.
    public init(line: @escaping @Sendable () -> [UInt8]? = { nil }, _ body: @escaping @Sendable (Piece) -> Void) {
        (self.line, self.body) = (line, body)
    }

    /// Hands a piece on to whoever takes them.
    public func take(_ piece: Piece) { body(piece) }

    /// The next bytes of input, at most as many as asked for; none at its end.
    public func read(_ most: Int) -> [UInt8] {
        if rest.withLock({ $0.isEmpty }) {
            // Waited for without the lock.
            guard let next = line() else { return [] }
            rest.withLock { $0 = next }
        }
        return rest.withLock { rest in
            defer { rest.removeFirst(min(most, rest.count)) }
            return Array(rest.prefix(most))
        }
    }

    /// A name for something that will be replaced, of these streams alone.
    public func newName() -> String {
        shown.withLock { number in
            number += 1
            return "luaflow-\(number)"
        }
    }
}

/// An object that is a table of words, shown as one where tables can be drawn.
public protocol TabularObject: ScriptObject {
    /// What it shows.
    var table: ShownTable { get }
}

/// Rows of cells under a row of headings; the first cell of a row is its name.
public struct ShownTable: Sendable, Equatable {
    /// Above the columns; the first is that of the rows' names.
    public let headings: [String]
    /// As many cells each as there are headings.
    public let rows: [[String]]
    /// What stands below.
    public let note: String

    /// Texts as they are: whoever draws them escapes what must be escaped.
    public init(headings: [String], rows: [[String]], note: String = "") {
        (self.headings, self.rows, self.note) = (headings, rows, note)
    }
}
