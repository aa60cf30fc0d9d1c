import Foundation
import Scripting

extension HostFunctions {
    static let steps = NativeFunction(
        "host.steps",
        Documentation(
            "for k in host.steps(n, state, {trace = \"trace\", best = \"lowest\" or \"highest\", value = \"before\" or \"after\", label, note = nil, keep}) do",
            """
            A loop of n steps whose state is a table of the script's: state.x, state.trace, whatever it needs. \
            Every step sets state.k, and a progress bar shows the last value of state.trace. In a terminal Ctrl-C \
            pauses the loop after the step: a prompt shows the fields of the state as variables, which can be \
            assigned, and takes :continue, :rewind K (the state and the global random generator after step K, so \
            that going on repeats the same numbers), :stop (the best state so far is put back, the script goes on \
            behind the loop) and :abort. A field stays what it is, a tensor of its shape or a number: :continue \
            refuses another. Random numbers drawn at the prompt are not the run's: the global generator goes back to \
            where it stood, unless it was seeded anew. The best state is the one with the lowest last value of the trace (best = \
            "highest"); a value that step k adds belongs to the state that step k began with, as in a loop that \
            evaluates before it moves, or with value = "after" to the state it leaves. A state is put aside after \
            every step: numbers of tensors, tables, generators, flows and optimisers, as far as they changed; of \
            the trace its length, so after :rewind it is cut, and after :stop it is whole. Of other lists, too, \
            what was appended is kept once; of one of more than 64 elements (1024 numbers) that grows, changes \
            further from its end than 64 may be seen some steps later, and so may changes of a table with more than 64 \
            fields: a 64th of their number. Past `keep` megabytes (64, or an eighth of the memory limit; never more than half of it) \
            every second one is dropped, never the best, and so it is when memory is short. label stands before the \
            value in the progress bar; note is a field of the state whose text or number stands there in its place. Lua's own math.random is not put aside. An error in the loop's body ends the \
            run: Lua has no way back into a loop that it left.
            """,
            errors: "n that is negative or not whole; a state that is no table; an unknown option",
            example: """
                local state = {x = tensor({4}), trace = {}}
                for k in host.steps(20, state) do
                  state.trace[k] = (state.x ^ 2):sum():item()
                  state.x = state.x - 0.2 * state.x
                end
                assert(state.k == 20 and #state.trace == 20 and state.trace[20] < state.trace[1])
                -- A library's method, one step at a time.
                local f, P = function(x) return ((x - 2) ^ 2):sum() end, projection.Box(0, 1)
                local state = {x = tensor.zeros(1), trace = {}}
                for k in host.steps(10, state) do
                  local x, values = optim.projected_gradient(f, P, state.x, {steps = 1, lr = 0.1})
                  state.x, state.trace[k] = x, values[1]
                end
                assert(math.abs(state.x[{1}] - 1) < 1e-6)
                """)
    ) { arguments -> [Value] in
        try arguments.atMost(3)
        let n = try arguments.integer(1, "n", in: 0...Int.max)
        _ = try arguments.table(2, "state")
        let options = try arguments.options(3, ["trace", "best", "value", "label", "note", "keep"])
        let trace = try options.bytes("trace", default: "trace")
        let best = try options.choice("best", ["lowest", "highest"], default: "lowest")
        let value = try options.choice("value", ["before", "after"], default: "before")
        let keep = 1e6 * (try options.number("keep", default: 64))
        // The script needs memory, too.
        let room = (NativeMemory.current?.limitBytes ?? .max) / (options.has("keep") ? 2 : 8)
        let loop = StepLoop(
            .init(
                steps: n, trace: trace, sign: best == "highest" ? -1 : 1, judgesBefore: value == "before",
                label: try options.string("label", default: ""),
                note: try options.has("note") ? options.string("note", default: "") : nil,
                budget: min(Int(min(max(keep.isNaN ? 0 : keep, 0), 1e15)), room)),
            arguments.context)
        let made = try arguments.context.service(StepLoops.self).make(arguments)
            .call([.object(loop), arguments[2], .string(trace)])
        guard made.count == 2 else { throw arguments.error("is not available in this host") }
        // The closing value is the fourth of a generic for.
        return [made[0], .none, .none, made[1]]
    }
}

extension HostFunctions {
    static let pause = NativeFunction(
        "host.pause",
        Documentation(
            "host.pause() -> boolean",
            """
            Pauses the loop of host.steps after this step, as Ctrl-C does: to look at the state when something is odd. \
            False, and nothing happens, outside such a loop and without a terminal.
            """,
            example: """
                local state = {x = 1, trace = {}}
                for k in host.steps(3, state) do
                  state.x = state.x / 2
                  if state.x ~= state.x then host.pause() end
                end
                assert(state.x == 0.125)
                """)
    ) { arguments in
        try arguments.atMost(0)
        return .boolean(arguments.context.service(ScriptRunner.self).interpreter?.askForPause() ?? false)
    }
}

/// What loops of `host.steps` share: their Lua part, made once.
final class StepLoops: Service {
    private var maker: (any ScriptFunction)?

    init() {}

    func make(_ arguments: Arguments) throws -> any ScriptFunction {
        if let maker { return maker }
        let runner = arguments.context.service(ScriptRunner.self)
        let results = try runner.run(
            StepsPrelude.code, name: "host.steps",
            [Self.advance, Self.answer, Self.finish].map { .closure($0, bound: []) })
        guard case .function(let made)? = results.first else { throw arguments.error("is not available in this host") }
        maker = made
        return made
    }

    private static func loop(_ arguments: Arguments) throws -> StepLoop {
        try arguments.object(1, "loop", as: StepLoop.self, "step loop")
    }

    private static let advance = NativeFunction("host.steps", Documentation("", "")) { arguments -> [Value] in
        try loop(arguments).advance(arguments.table(2, "state"))
    }

    private static let answer = NativeFunction("host.steps", Documentation("", "")) { arguments -> [Value] in
        try loop(arguments).answer(arguments.table(2, "state"))
    }

    private static let finish = NativeFunction("host.steps", Documentation("", "")) { arguments -> [Value] in
        try loop(arguments).finish()
        return []
    }
}
