import LuaHost
import Scripting
import Tensors

/// Ctrl-C as a pause, for loops that can be paused: while one is offered, it asks for it instead of interrupting.
package struct PauseOffer {
    private let context: Context

    package init(_ context: Context) { self.context = context }

    /// Whether somebody would answer.
    package var isPossible: Bool {
        context.service(PausePrompt.self).ask != nil && context.service(ScriptRunner.self).interpreter != nil
    }

    /// Offers a pause when somebody would answer, and says whether one was asked for. A Ctrl-C that comes when no step
    /// follows any more is an interrupt.
    package func set(_ offered: Bool) throws -> Bool {
        guard isPossible, let interpreter = context.service(ScriptRunner.self).interpreter else { return false }
        let asked = interpreter.offerPause(offered)
        if asked, !offered { throw Interrupted() }
        return asked
    }

    /// What is decided at the prompt. Random numbers drawn there are not the run's: unless it was seeded anew, which is
    /// told, the global generator goes back to where it stood.
    /// - Throws: ``Scripting/Interrupted`` and ``Scripting/ExitRequest`` where that was decided.
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
