import Foundation
import Scripting

/// A progress bar on standard error. In a terminal it is redrawn in place; elsewhere nothing is written, so that
/// redirected output holds what the script prints and no more.
final class Progress: ScriptObject {
    static let type = ObjectType("progress")
    var scriptType: ObjectType { Progress.type }

    private let total: Int
    private let started = DispatchTime.now()
    private var lastDrawn: UInt64 = 0
    private var isOpen = true
    private let isTerminal: Bool

    init(total: Int) {
        self.total = total
        isTerminal = StandardStream.error.isTerminal
    }

    deinit { finish() }

    /// Draws step `k` with a note, at most thirty times a second, and always the last.
    func update(_ k: Int, _ note: String) {
        guard isOpen, isTerminal else { return }
        let now = DispatchTime.now().uptimeNanoseconds
        guard now - lastDrawn > 33_000_000 || k >= total else { return }
        lastDrawn = now
        let seconds = Double(now - started.uptimeNanoseconds) / 1e9
        let line = Progress.line(k, of: total, seconds: seconds, note: note, columns: Progress.columns)
        StandardStream.error.write("\r\u{1B}[K\(line)")
    }

    /// Ends the line; later updates draw nothing.
    func finish() {
        guard isOpen else { return }
        isOpen = false
        if isTerminal, lastDrawn > 0 { StandardStream.error.write("\n") }
    }

    /// `[########------------] 120/300  1.2 s  -log p -1234.5`, shorter than `columns`: the bar gives way first, then the
    /// note's end, then the time.
    static func line(_ k: Int, of total: Int, seconds: Double, note: String, columns: Int = 80) -> String {
        // The last column stays free: terminals go to the next line behind it.
        let room = max(columns - 1, 1)
        let tenths = Int((min(seconds, 1e15) * 10).rounded())
        let note = clean(note)
        let count = "\(k)/\(total)", time = "  \(tenths / 10).\(tenths % 10) s"
        let rest = count + time + (note.isEmpty ? "" : "  " + note)
        // Wide windows have wide bars.
        let width = min(max(24, room * 3 / 10), 60, room - TerminalText.width(rest) - 3)
        if width >= 8 {
            let fraction = total > 0 ? min(max(Double(k) / Double(total), 0), 1) : 1
            let filled = Int((fraction * Double(width)).rounded(.down))
            return "[" + String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled) + "] " + rest
        }
        if TerminalText.width(rest) <= room || room >= TerminalText.width(count + time) + 8 {
            return TerminalText.beginning(of: rest, columns: room)
        }
        return TerminalText.beginning(of: note.isEmpty ? count : count + "  " + note, columns: room)
    }

    /// Nothing that moves the terminal's pen.
    private static func clean(_ note: String) -> String {
        String(String.UnicodeScalarView(note.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

    /// How wide standard error's terminal is now: windows change their size.
    private static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    static let face = TypeFace(
        type, "A progress bar.",
        methods: [
            NativeFunction(
                "progress:update",
                Documentation("bar:update(k, note = nil) -> bar", "Shows that k steps are done, with a short note (text or a number).", errors: "k that is not whole", example: "local bar = host.progress(3)\nbar:update(1, \"one\"):close()")
            ) { arguments in
                try arguments.atMost(3)
                let progress = try arguments.object(1, "self", as: Progress.self, "progress")
                let k = try arguments.integer(2, "k")
                let note = arguments.isNil(3) ? "" : { if case .string(let text) = arguments[3] { text.text } else { arguments[3].shown } }()
                progress.update(k, note.visible)
                return .object(progress)
            },
            NativeFunction("progress:close", Documentation("bar:close()", "Ends the bar's line.", example: "host.progress(3):close()")) { arguments -> [Value] in
                try arguments.atMost(1)
                try arguments.object(1, "self", as: Progress.self, "progress").finish()
                return []
            },
        ],
        operators: [
            .close: NativeFunction("progress:close", Documentation("local bar <close> = host.progress(n)", "Ends the bar's line when the block is left.", example: "do local bar <close> = host.progress(2) bar:update(2) end")) { arguments -> [Value] in
                try arguments.object(1, "self", as: Progress.self, "progress").finish()
                return []
            }
        ])
}

extension HostFunctions {
    static let progress = NativeFunction(
        "host.progress",
        Documentation("host.progress(n) -> progress", "A progress bar of n steps on standard error: bar:update(k, note), bar:close(). Draws only in a terminal.", errors: "n that is negative or not whole",
            example: "local bar <close> = host.progress(10)\nfor k = 1, 10 do bar:update(k, (\"loss %.2f\"):format(1 / k)) end")
    ) { arguments in
        try arguments.atMost(1)
        return .object(Progress(total: try arguments.integer(1, "n", in: 0...Int.max)))
    }
}
