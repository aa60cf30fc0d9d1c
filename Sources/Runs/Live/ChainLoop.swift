import Chains
import LuaHost
import Scripting

/// Runs of chains (`mcmc.sample`) as loops of `host.steps`, which Ctrl-C pauses if somebody can answer.
package enum ChainLoop {
    package static func install(in context: Context) {
        context.service(PausableLoop.self).runner = { [weak context] in
            guard let context, context.service(PausePrompt.self).ask != nil else { return nil }
            return { steps, state, step in try run(steps, state, step, context) }
        }
    }

    /// A step of the loop as a script object.
    private final class Step: ScriptObject {
        static let type = ObjectType("step of a loop")
        var scriptType: ObjectType { Step.type }
        let call: (Int, any ScriptTable) throws -> PausableLoop.Answer
        init(_ call: @escaping (Int, any ScriptTable) throws -> PausableLoop.Answer) { self.call = call }
    }

    private static let code = """
        local n, state, steps, step, object = ...
        state.trace = {}
        for k in steps(n, state, {value = "after", best = "highest", label = "log_prob "}) do
          local goes_on, value, fields = step(object, k, state)
          for name, field in next, fields do state[name] = field end
          state.trace[k] = value
          if not goes_on then break end
        end
        """

    private static let stepDeclaration = Declaration(
        "mcmc.sample", "A step.", takes: .argument("step", .object(Step.type)), .argument("k", .integer),
        .argument("state", .table), returns: .values()
    ) { (step: Step, k: Int, state: any ScriptTable) in
        let answer = try step.call(k, state)
        return [.boolean(answer.goesOn), .number(answer.trace), .record(answer.fields)]
    }

    private static func run(
        _ steps: Int, _ state: [(key: String, value: Value)],
        _ step: @escaping (Int, any ScriptTable) throws -> PausableLoop.Answer, _ context: Context
    ) throws {
        let loop = NativeFunction(RunFunctions.steps), call = NativeFunction(stepDeclaration)
        _ = try context.service(ScriptRunner.self).run(
            code, name: "mcmc.sample",
            [
                .integer(steps), .record(state), .closure(loop, bound: []), .closure(call, bound: []),
                .object(Step(step)),
            ])
    }
}
