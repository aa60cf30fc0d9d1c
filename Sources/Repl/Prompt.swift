import Foundation
import LuaFlow
import Sessions

/// The read-eval-print loop: reads inputs until the prompt is left.
public struct Prompt {
    private let session: PromptSession
    private let lines: any LineSource
    private let prompts: (first: String, more: String)

    /// - Parameter prompts: what precedes a new input, and the further lines of an unfinished one.
    public init(_ session: PromptSession, lines: any LineSource, prompts: (first: String, more: String) = ("> ", ">> "))
    {
        self.session = session
        self.lines = lines
        self.prompts = prompts
    }

    /// Reads and answers inputs until one leaves; says how.
    public func run() -> PromptSession.Departure {
        var input = ""
        while true {
            switch lines.read(
                prompt: input.isEmpty ? prompts.first : prompts.more, before: input.isEmpty ? "" : input + "\n")
            {
            case .end where input.isEmpty: return .end
            case .end, .interrupted:
                // What was typed so far can be recalled from the history.
                if !input.isEmpty { lines.remember(input) }
                input = ""
            case .text(let line):
                if input.isEmpty, line.trimmed.isEmpty { continue }
                // Blank lines inside an unfinished input are part of it: functions are pasted with them.
                input += (input.isEmpty ? "" : "\n") + line
                if line.trimmed.isEmpty { continue }
                let outcome = session.enter(input)
                if outcome == .unfinished { continue }
                lines.remember(input)
                input = ""
                if case .leave(let departure) = outcome { return departure }
            }
        }
    }
}

extension PromptSession {
    /// Lines from the terminal, with this session's completion and the user's history.
    func terminalLines() -> any LineSource {
        let environment = ProcessInfo.processInfo.environment
        let history = History(path: History.standardPath(environment), home: environment["HOME"]) { [console] warning in
            console.line(console.style.faint(Text.wrapped(warning, to: console.columns())))
        }
        let terminal = environment["TERM"] ?? ""
        if terminal != "dumb", !terminal.isEmpty, isatty(STDOUT_FILENO) == 1,
            let editor = LineEditor(
                history: history, console: console,
                completer: { [weak self] in
                    self?.complete($0) ?? Completion()
                })
        {
            return editor
        }
        return PlainLines(history: history)
    }
}
