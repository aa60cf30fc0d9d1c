import LuaHost
import Scripting
import Tensors

/// Pausing by Ctrl-C, for loops that can be paused: while a pause is offered, Ctrl-C asks for it instead of
/// interrupting.
package struct PauseOffer {
    private let context: Context

    package init(_ context: Context) { self.context = context }

    /// Whether somebody can answer.
    package var isPossible: Bool {
        context.service(PausePrompt.self).ask != nil && context.service(ScriptRunner.self).interpreter != nil
    }

    /// Offers a pause if somebody can answer, and returns whether one was asked for. A Ctrl-C after the last step is an
    /// interrupt.
    package func set(_ offered: Bool) throws -> Bool {
        guard isPossible, let interpreter = context.service(ScriptRunner.self).interpreter else { return false }
        let asked = interpreter.offerPause(offered)
        if asked, !offered { throw Interrupted() }
        return asked
    }

    /// The decision made at the prompt. Random numbers drawn there do not affect the run: unless the global generator
    /// was seeded again, which is reported, it is set back.
    /// - Throws: ``Scripting/Interrupted`` and ``Scripting/ExitRequest`` if these were decided.
    package func decision(at point: PausePoint) throws -> (decision: PauseDecision, wasReseeded: Bool) {
        guard let ask = context.service(PausePrompt.self).ask else { return (.resume, false) }
        let generator = context.service(GlobalGenerator.self).generator
        let before = generator.state
        let decision = try ask(point)
        let after = generator.state
        let isSame = after.seed == before.seed && after.stream == before.stream && after.drawn >= before.drawn
        if isSame { generator.restore(before) }
        switch decision {
        case .abort: throw Interrupted()
        case .exit(let status): throw ExitRequest(code: status)
        case .resume, .rewind, .stop: return (decision, !isSame)
        }
    }
}
