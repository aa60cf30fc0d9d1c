import CLineEditor
import Foundation
import Sessions

/// Lines edited in the terminal with libedit.
final class LineEditor: LineSource {
    /// Completes the text up to the cursor, with earlier lines of the input before it.
    typealias Completer = (String) -> Completion

    /// What libedit's callback can access; it must not keep the editor alive.
    private final class Tab {
        var completer: Completer = { _ in Completion() }
        var before = ""
        var columns: () -> Int = { 80 }
        /// The text at the last Tab that had nothing to insert: the next Tab at the same text lists the candidates.
        private var undecided: String?

        func press(_ line: String) -> le_completion {
            let text = before + line
            let completion = completer(text)
            var answer = le_completion()
            if !completion.insertion.isEmpty {
                answer.insert = strdup(completion.insertion)
                undecided = nil
            } else if completion.candidates.count > 1 {
                if undecided == text { answer.list = strdup(completion.list(columns: columns())) }
                undecided = text
            }
            if !completion.note.isEmpty { answer.list = strdup(completion.note) }
            return answer
        }
    }

    private let editor: OpaquePointer
    private let tab: Tab
    private let history: History

    /// Nil if the terminal does not support editing.
    init?(history: History, console: Console, completer: @escaping Completer) {
        let tab = Tab()
        tab.completer = completer
        tab.columns = console.columns
        let context = Unmanaged.passUnretained(tab).toOpaque()
        let opened = le_open(
            "luaflow",
            { context, text, length in
                guard let context, let text else { return le_completion() }
                let line = String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
                return Unmanaged<Tab>.fromOpaque(context).takeUnretainedValue().press(line)
            }, context)
        guard let opened else { return nil }
        editor = opened
        self.tab = tab
        self.history = history
        for entry in history.entries { le_remember(editor, entry) }
    }

    deinit { le_close(editor) }

    func read(prompt: String, before: String) -> Line {
        tab.before = before
        var text: UnsafeMutablePointer<CChar>?
        let outcome = prompt.withCString { le_read(editor, $0, &text) }
        return Line(outcome, text)
    }

    func remember(_ input: String) {
        le_remember(editor, input)
        history.append(input)
    }
}

/// Lines without editing, for terminals that cannot move the cursor (TERM=dumb).
final class PlainLines: LineSource {
    private let history: History

    init(history: History) { self.history = history }

    func read(prompt: String, before: String) -> Line {
        var text: UnsafeMutablePointer<CChar>?
        let outcome = prompt.withCString { le_read_plain($0, &text) }
        return Line(outcome, text)
    }

    func remember(_ input: String) { history.append(input) }
}

extension Line {
    /// Takes over a text from C.
    fileprivate init(_ outcome: le_outcome, _ text: UnsafeMutablePointer<CChar>?) {
        defer { free(text) }
        switch outcome {
        case LE_LINE: self = text.map { .text(String(cString: $0)) } ?? .end
        case LE_INTERRUPTED: self = .interrupted
        default: self = .end
        }
    }
}
