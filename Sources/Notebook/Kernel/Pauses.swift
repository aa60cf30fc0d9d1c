import LuaFlow
import Repl
import Sessions

extension Kernel {
    /// Interrupt pauses a loop of `host.steps` in this cell if the front end can ask for input: images in its state are
    /// shown below the cell, and the prompt of the pause asks there.
    func offerPauses(to message: Message) {
        guard state.withLock({ $0.canAsk }) else {
            try? host.onPause(nil)
            return
        }
        try? host.onPause { [weak self] point -> PauseDecision in
            guard let self else { return .resume }
            return try decision(at: point, asking: message)
        }
    }

    /// On the interpreter's thread, inside the run.
    private func decision(at point: PausePoint, asking message: Message) throws -> PauseDecision {
        state.withLock { $0.isPaused = true }
        defer { state.withLock { $0.isPaused = false } }
        try showState(point)
        let console = Console(style: Style(isColoured: true), columns: { Session.columns }) { text in
            StandardStream.output.write(text)
        }
        let lines = PauseLines(kernel: self, message)
        return try host.interpreter.whileSomebodyLooks {
            try PauseAtPrompt.ask(host, point, isSession: true, console: console, lines: lines)
        }
    }

    /// What in the state is a picture, as it is and as it was after some earlier steps.
    private func showState(_ point: PausePoint) throws {
        for (key, value) in try point.state.entries() {
            guard case .string(let name) = key,
                let ways = try PicturePreview.filmstrip(value, point.step, earlier: point.earlier(name, 4))
                    ?? PicturePreview.representations(value)
            else { continue }
            StandardStream.output.write("\(name.text) after step \(point.step)\n")
            RunStreams.current?.take(.shown(ways))
        }
    }
}

/// Lines for the prompt of a pause, from the notebook's user.
private final class PauseLines: LineSource {
    private let kernel: Kernel
    private let message: Message

    init(kernel: Kernel, _ message: Message) { (self.kernel, self.message) = (kernel, message) }

    func read(prompt: String, before: String) -> Line {
        if kernel.state.withLock({ $0.isStopping }) { return .end }
        guard let line = kernel.line(message, prompt: prompt) else { return .interrupted }
        return .text(line)
    }

    func remember(_ input: String) {}
}
