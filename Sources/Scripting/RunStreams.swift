import Synchronization

/// One way to show a value, named by its MIME type: a text, or bytes such as a PNG's.
public struct Representation: Sendable, Equatable {
    /// The contents of a representation.
    public enum Content: Sendable, Equatable {
        /// UTF-8, also for SVG and HTML.
        case text(String)
        /// Bytes of a MIME type that is not text.
        case bytes([UInt8])
    }

    /// `text/plain`, `text/html`, `image/png`, `image/svg+xml`.
    public let mime: String
    /// The contents for a reader of that type.
    public let content: Content

    /// A text of this MIME type.
    public init(_ mime: String, _ text: String) { (self.mime, content) = (mime, .text(text)) }
    /// Bytes of this MIME type.
    public init(_ mime: String, bytes: [UInt8]) { (self.mime, content) = (mime, .bytes(bytes)) }
}

/// Receives what a run writes and shows, and provides its input, instead of the process's own streams: for a notebook,
/// a window, a test.
///
///     let streams = RunStreams { piece in if case .text(_, let bytes) = piece { keep(bytes) } }
///     try RunStreams.$current.withValue(streams) { ... }
///
/// Output of `print` and `io` comes here after ``LuaHost/Interpreter/takeStreams()`` was called.
public final class RunStreams: Sendable {
    /// The streams of the current run; nil for the process's own.
    @TaskLocal public static var current: RunStreams?

    /// A piece of output.
    public enum Piece: Sendable, Equatable {
        /// Bytes of text, which may end within a character.
        case text(StandardStream, [UInt8])
        /// Something shown, such as an image, in several representations.
        case shown([Representation])
        /// Replaces what was last shown under this id; the first time, it is shown.
        case replaced(id: String, [Representation])
        /// Removes all output so far; with `wait`, only when the next piece comes.
        case cleared(wait: Bool)
    }

    private let body: @Sendable (Piece) -> Void
    private let line: @Sendable () -> [UInt8]?
    /// The part of the last input line that was not read yet.
    private let rest = Mutex<[UInt8]>([])
    private let shown = Mutex(0)

    /// - Parameters:
    ///   - line: waits for the next line of input and returns it with its end; nil at the end of input.
    ///   - body: called with every piece, in order, on the thread that writes it.
    public init(line: @escaping @Sendable () -> [UInt8]? = { nil }, _ body: @escaping @Sendable (Piece) -> Void) {
        (self.line, self.body) = (line, body)
    }

    /// Passes a piece to `body`.
    public func take(_ piece: Piece) { body(piece) }

    /// The next bytes of input, at most `most`; empty at the end of input.
    public func read(_ most: Int) -> [UInt8] {
        if rest.withLock({ $0.isEmpty }) {
            // The lock is not held while waiting.
            guard let next = line() else { return [] }
            rest.withLock { $0 = next }
        }
        return rest.withLock { rest in
            defer { rest.removeFirst(min(most, rest.count)) }
            return Array(rest.prefix(most))
        }
    }

    /// A new id for something that will be replaced, unique within these streams.
    public func newName() -> String {
        shown.withLock { number in
            number += 1
            return "luaflow-\(number)"
        }
    }
}

/// An object that can be shown as a table of texts.
public protocol TabularObject: ScriptObject {
    /// The table to show.
    var table: ShownTable { get }
}

/// Rows of cells under a row of headings; the first cell of a row is its name.
public struct ShownTable: Sendable, Equatable {
    /// The headings of the columns, of which the first contains the names of rows.
    public let headings: [String]
    /// Each row has as many cells as there are headings.
    public let rows: [[String]]
    /// A text below the table.
    public let note: String

    /// Plain texts: whoever draws them must escape them.
    public init(headings: [String], rows: [[String]], note: String = "") {
        (self.headings, self.rows, self.note) = (headings, rows, note)
    }
}
