import Scripting
import Tensors

/// The function that answers when a loop over `host.steps` is paused, as given to `Host.onPause`. The command line
/// installs its prompt here if there is a terminal; without an answer Ctrl-C interrupts at once.
package final class PausePrompt: Service {
    /// Called on the interpreter's thread, inside the run, which waits.
    package var ask: ((PausePoint) throws -> PauseDecision)?

    package init() {}
}

/// The state of a paused loop.
public struct PausePoint {
    /// The script's own table; the loop continues with what is assigned in it.
    public let state: any ScriptTable
    /// The steps done, and their total number.
    public let step: Int
    public let steps: Int
    /// The last value of the trace, and the best one with the step whose state it belongs to.
    public let value: Double?
    public let best: (value: Double, step: Int)?
    /// A message to show first; may be empty.
    public let note: String
    /// What the tensor of a name in the state was after some of the steps before this one, at most as many as asked
    /// for and about evenly apart. Where nothing was put aside, as in a training, there are none.
    package let earlier: (_ name: ByteString, _ most: Int) throws -> [(step: Int, tensor: Tensor)]

    package init(
        state: any ScriptTable, step: Int, steps: Int, value: Double?, best: (value: Double, step: Int)?, note: String,
        earlier: @escaping (_ name: ByteString, _ most: Int) throws -> [(step: Int, tensor: Tensor)] = { _, _ in [] }
    ) {
        (self.state, self.step, self.steps) = (state, step, steps)
        (self.value, self.best, self.note, self.earlier) = (value, best, note, earlier)
    }

    /// A line such as `step 120 of 300, value -1203.4, best -1210.1 of step 97`.
    public var summary: String {
        var text = "step \(step) of \(steps)"
        if let value { text += ", value \(PausePoint.shown(value))" }
        if let best { text += ", best \(PausePoint.shown(best.value)) of step \(best.step)" }
        return text
    }

    /// A number with six significant digits.
    package static func shown(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e6, abs(number) >= 1e-4 || number == 0 else { return "\(number)" }
        var (scale, size) = (1.0, abs(number))
        while size * scale < 1e5 && scale < 1e9 { scale *= 10 }
        size = (number * scale).rounded() / scale
        return size == size.rounded() ? "\(Int(size))" : "\(size)"
    }
}

/// How a paused loop continues.
public enum PauseDecision: Equatable, Sendable {
    /// Goes on as if there had been no pause.
    case resume
    /// Goes back to the state of this step; the text is as typed.
    case rewind(String)
    /// Ends the loop with the best state.
    case stop
    /// Interrupts the run.
    case abort
    /// Exits with this status, as `os.exit` does.
    case exit(Int)
}
