import Foundation
import LuaHost
import Scripting

extension RunFunctions {
    package static let steps = Declaration(
        "host.steps",
        """
        A loop of n steps whose state is a table of the script's: state.x, state.trace, whatever it needs. \
        Every step sets state.k, and a progress bar shows the last value of state.trace. In a terminal Ctrl-C \
        pauses the loop after the step: a prompt shows the fields of the state as variables, which can be \
        assigned, and takes :continue, :rewind K (the state and the global random generator after step K, so \
        that going on repeats the same numbers), :stop (the best state so far is put back, the script goes on \
        behind the loop) and :abort. A field stays what it is, a tensor of its shape or a number: :continue \
        refuses another. Random numbers drawn at the prompt are not the run's: the global generator goes back to \
        where it stood, unless it was seeded anew. A state is put aside after every step: numbers of tensors, \
        tables, generators, flows and optimisers, as far as they changed; of the trace its length, so after :rewind \
        it is cut, and after :stop it is whole. Of other lists, too, what was appended is kept once. \
        A state that is put aside is exact if its tables have at most 64 fields and its long lists do not grow. Others \
        are not looked through after every step, since Lua tells nobody what a script changes in a table. Of a table \
        with n > 64 fields, those that came after the first 64 are looked at once in n/64 steps: of 6400, a change may \
        be seen 100 steps late. Of a list of more than 64 elements (1024 numbers) that grows, a change further from \
        its end than 64 may be seen some steps later. :rewind to a step in between, and :stop, then put the older \
        value back; a pause itself sees and keeps all. Many numbers belong in one tensor, which is exact. \
        Past `keep` every second one is dropped, never the best, and so it is when memory is short. Lua's own \
        math.random is not put aside. An error in the loop's body ends the run: Lua has no way back into a loop that \
        it left.
        """,
        takes: .argument("n", .integer(from: 0)), .argument("state", .table),
        .option("trace", .bytes, default: ByteString("trace"), "the field with a list of values, one a step"),
        .option("best", .choice(), default: Best.lowest, "which last value of the trace the best state has"),
        .option(
            "value", .choice(), default: Judged.before,
            """
            "before": a value that step k adds belongs to the state that step k began with, as in a loop that \
            evaluates before it moves; "after": to the state it leaves
            """),
        .option("label", .text, default: "", "stands before the value in the progress bar"),
        .option("note", .optional(.text), "a field whose text or number stands there in place of the value"),
        .option(
            "keep", .optional(.number),
            "megabytes of states; 64 or an eighth of the memory limit, and never more than half of it"),
        .context, returns: .values(ResultSpec(nil, .iterator([.init("k", .integer)]))),
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
            """
    ) { n, state, trace, best, value, label, note, keep, context in
        let settings = StepLoop.Settings(
            steps: n, trace: trace, sign: best == .highest ? -1 : 1, judgesBefore: value == .before, label: label,
            note: note, budget: bytes(keep))
        return try loop(settings, state, context)
    }

    /// The most bytes of states to keep: `megabytes`, limited by what the script may need.
    private static func bytes(_ megabytes: Double?) -> Int {
        let wanted = 1e6 * (megabytes ?? 64)
        let room = (NativeMemory.current?.limitBytes ?? .max) / (megabytes != nil ? 2 : 8)
        return min(Int(min(max(wanted.isNaN ? 0 : wanted, 0), 1e15)), room)
    }

    private static func loop(
        _ settings: StepLoop.Settings, _ state: any ScriptTable, _ context: Context
    ) throws -> [Value] {
        let make = try context.service(StepLoops.self).make(context)
        let made = try make.call([
            .object(StepLoop(settings, context)), .table(state), .string(settings.trace),
        ])
        guard made.count == 2 else { throw Fault("is not available in this host") }
        // The closing value is the fourth of a generic for.
        return [made[0], .none, .none, made[1]]
    }

    private enum Best: String, CaseIterable { case lowest, highest }
    private enum Judged: String, CaseIterable { case before, after }
}

extension RunFunctions {
    package static let pause = Declaration(
        "host.pause",
        """
        Pauses the loop of host.steps (or m:fit, from its callback) after this step, as Ctrl-C does: to look at the \
        state when something is odd. False, and nothing happens, outside such a loop and without a terminal.
        """,
        takes: .context, returns: .flag,
        example: """
            local state = {x = 1, trace = {}}
            for k in host.steps(3, state) do
              state.x = state.x / 2
              if state.x ~= state.x then host.pause() end
            end
            assert(state.x == 0.125)
            """,
        see: ["host.steps"]
    ) { context in
        let interpreter: Interpreter? = context.service(ScriptRunner.self).interpreter
        return interpreter?.askForPause() ?? false
    }
}

/// What loops of `host.steps` share: their Lua part, made once.
final class StepLoops: Service {
    private var maker: (any ScriptFunction)?

    init() {}

    func make(_ context: Context) throws -> any ScriptFunction {
        if let maker { return maker }
        let results = try context.service(ScriptRunner.self).run(
            StepsPrelude.code, name: "host.steps",
            [Self.advance, Self.answer, Self.finish].map { .closure(NativeFunction($0), bound: []) })
        guard case .function(let made)? = results.first else { throw Fault("is not available in this host") }
        maker = made
        return made
    }

    private static let loop = Parameter<StepLoop>.argument("loop", .object(StepLoop.type))
    private static let state = Parameter<any ScriptTable>.argument("state", .table)

    private static let advance = Declaration(
        "host.steps", "The next step.", takes: loop, state, returns: .values()
    ) { loop, state in try loop.advance(state) }

    private static let answer = Declaration(
        "host.steps", "What a pause says.", takes: loop, state, returns: .values()
    ) { loop, state in try loop.answer(state) }

    private static let finish = Declaration(
        "host.steps", "The loop is left.", takes: loop, returns: .nothing
    ) { loop in try loop.finish() }
}
