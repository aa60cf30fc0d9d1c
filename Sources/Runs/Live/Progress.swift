import Foundation
import Scripting

/// A progress bar on standard error. On a terminal, and in streams that a client provides (a notebook), it is redrawn
/// in place; elsewhere nothing is written, so that redirected output only contains what the script prints.
package final class Progress: ScriptObject {
    static let type = ObjectType("progress")
    package var scriptType: ObjectType { Progress.type }

    private let total: Int
    private let started = DispatchTime.now()
    private var lastDrawn: UInt64 = 0
    private var isOpen = true
    /// Whether anything is drawn.
    package var isTerminal: Bool { isOnTerminal || streams != nil }
    private let isOnTerminal: Bool
    /// Streams that show the bar instead of a terminal, and its id there.
    private let streams: RunStreams?
    private let name: String

    package init(total: Int) {
        self.total = total
        isOnTerminal = StandardStream.error.isTerminal
        streams = RunStreams.current
        name = streams?.newName() ?? ""
    }

    deinit { finish() }

    /// Draws step `k` with a note, at most thirty times a second (ten in a notebook), and always the last step.
    package func update(_ k: Int, _ note: String) {
        guard isOpen, isTerminal else { return }
        let now = DispatchTime.now().uptimeNanoseconds
        guard now - lastDrawn > (streams == nil ? 33_000_000 : 100_000_000) || k >= total else { return }
        lastDrawn = now
        let seconds = Double(now - started.uptimeNanoseconds) / 1e9
        if let streams {
            let line = Progress.line(k, of: total, seconds: seconds, note: note, columns: 100)
            return streams.take(.replaced(id: name, [Representation("text/plain", line)]))
        }
        let line = Progress.line(k, of: total, seconds: seconds, note: note, columns: Progress.columns)
        StandardStream.error.write("\r\u{1B}[K\(line)")
    }

    /// Ends the line; later updates draw nothing.
    package func finish() {
        guard isOpen else { return }
        isOpen = false
        if isOnTerminal, lastDrawn > 0 { StandardStream.error.write("\n") }
    }

    /// The bar, `[########------------] 120/300  1.2 s  -log p -1234.5`, shorter than `columns`: the bar is shortened
    /// first, then the note, then the time.
    static func line(_ k: Int, of total: Int, seconds: Double, note: String, columns: Int = 80) -> String {
        // The last column is left free, as terminals move to the next line after it.
        let room = max(columns - 1, 1)
        let tenths = Int((min(seconds, 1e15) * 10).rounded())
        let note = clean(note)
        let count = "\(k)/\(total)"
        let time = "  \(tenths / 10).\(tenths % 10) s"
        let rest = count + time + (note.isEmpty ? "" : "  " + note)
        // Wider windows have wider bars.
        let width = min(max(24, room * 3 / 10), 60, room - TerminalText.width(rest) - 3)
        if width >= 8 {
            let fraction = total > 0 ? min(max(Double(k) / Double(total), 0), 1) : 1
            let filled = Int((fraction * Double(width)).rounded(.down))
            return "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled) + "] "
                + rest
        }
        if TerminalText.width(rest) <= room || room >= TerminalText.width(count + time) + 8 {
            return TerminalText.beginning(of: rest, columns: room)
        }
        return TerminalText.beginning(of: note.isEmpty ? count : count + "  " + note, columns: room)
    }

    /// The note without control characters.
    private static func clean(_ note: String) -> String {
        String(
            String.UnicodeScalarView(note.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

    /// The width of standard error's terminal now, as windows change their size.
    private static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static let bar = Parameter<Progress>.argument("bar", .object(type))

    package static let binding = TypeBinding(
        type, "A progress bar.",
        methods: [
            NativeFunction(
                Declaration(
                    "progress:update", "Shows that k steps are done.",
                    called: .method,
                    takes: bar, .argument("k", .integer), .argument("note", .anything, "a short text or a number"),
                    returns: .object(type), example: "local bar = host.progress(3)\nbar:update(1, \"one\"):close()"
                ) { bar, k, note in
                    let text =
                        switch note {
                        case .none: ""
                        case .string(let text): text.text
                        default: note.shown
                        }
                    bar.update(k, text.visible)
                    return bar
                }),
            NativeFunction(
                Declaration(
                    "progress:close", "Ends the bar's line.", called: .method, takes: bar, returns: .nothing,
                    example: "host.progress(3):close()"
                ) { bar in bar.finish() }),
        ],
        operators: [
            .close: NativeFunction(
                Declaration(
                    "progress:close", "Ends the bar's line when the block is left.",
                    called: .symbol("local bar <close> = host.progress(n)"), takes: bar, .rest("", .anything),
                    returns: .nothing, example: "do local bar <close> = host.progress(2) bar:update(2) end"
                ) { (bar: Progress, _: [Value]) in bar.finish() })
        ])
}

extension RunFunctions {
    package static let progress = Declaration(
        "host.progress",
        "A progress bar of n steps on standard error: bar:update(k, note), bar:close(). Draws only in a terminal or "
            + "notebook.",
        takes: .argument("n", .integer(from: 0)), returns: .object(Progress.type),
        example: """
            local bar <close> = host.progress(10)
            for k = 1, 10 do bar:update(k, ("loss %.2f"):format(1 / k)) end
            """
    ) { n in Progress(total: n) }
}
