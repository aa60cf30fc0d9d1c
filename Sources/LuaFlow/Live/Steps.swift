import Foundation
import Scripting

extension HostFunctions {
    static let steps = NativeFunction(
        "host.steps",
        Documentation(
            "for k in host.steps(n, state, {trace = \"trace\", best = \"lowest\" or \"highest\", value = \"before\" or \"after\", label, keep = 64}) do",
            """
            A loop of n steps whose state is a table of the script's: state.x, state.trace, whatever it needs. \
            Every step sets state.k, and a progress bar shows the last value of state.trace. In a terminal Ctrl-C \
            pauses the loop after the step: a prompt shows the fields of the state as variables, which can be \
            assigned, and takes :continue, :rewind K (the state and the global random generator after step K, so \
            that going on repeats the same numbers), :stop (the best state so far is put back, the script goes on \
            behind the loop) and :abort. The best state is the one with the lowest last value of the trace (best = \
            "highest"); a value that step k adds belongs to the state that step k began with, as in a loop that \
            evaluates before it moves, or with value = "after" to the state it leaves. A state is put aside after \
            every step: numbers of tensors, tables, generators, and objects with state_dict; of the trace its \
            length, so after :rewind it is cut, and after :stop it is whole. Past `keep` megabytes every second \
            one is dropped, never the best. label stands before the value in the progress bar. Lua's own \
            math.random is not put aside.
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
        let options = try arguments.options(3, ["trace", "best", "value", "label", "keep"])
        let made = try arguments.context.service(StepLoops.self).make(arguments).call([
            .integer(n), arguments[2],
            .record([
                (key: "trace", value: .string(try options.string("trace", default: "trace"))),
                (key: "best", value: .string(try options.choice("best", ["lowest", "highest"], default: "lowest"))),
                (key: "value", value: .string(try options.choice("value", ["before", "after"], default: "before"))),
                (key: "label", value: .string(try options.string("label", default: ""))),
            ]),
            .object(Progress(total: n)), .boolean(isatty(STDERR_FILENO) == 1),
            .number(1e6 * (try options.number("keep", default: 64))), .object(StateStore()),
        ])
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
            [
                Self.armed, Self.pause, Self.edited, StateStoreFunctions.keep, StateStoreFunctions.drop, StateStoreFunctions.compact,
                StateStoreFunctions.bring, StateStoreFunctions.unchanged, Self.equal,
            ].map { .closure($0, bound: []) })
        guard case .function(let made)? = results.first else { throw arguments.error("is not available in this host") }
        maker = made
        return made
    }

    /// Offers a pause when somebody would answer, and says whether one was asked for. A Ctrl-C that comes when no step
    /// follows any more is an interrupt.
    private static let armed = NativeFunction("host.steps", Documentation("", "")) { arguments in
        guard arguments.context.service(PausePrompt.self).ask != nil,
            let interpreter = arguments.context.service(ScriptRunner.self).interpreter
        else { return .boolean(false) }
        let offered = try arguments.boolean(1, "flag")
        let asked = interpreter.offerPause(offered)
        if asked, !offered { throw Interrupted() }
        return .boolean(asked)
    }

    private static let pause = NativeFunction("host.steps", Documentation("", "")) { arguments -> [Value] in
        guard let ask = arguments.context.service(PausePrompt.self).ask else { return [.string("continue")] }
        var best: (value: Double, step: Int)?
        if let value = arguments[6].asNumber, let step = arguments[7].asInteger { best = (value, step) }
        let point = PausePoint(
            state: try arguments.table(1, "state"), step: try arguments.integer(2, "k"),
            steps: try arguments.integer(3, "n"), value: arguments[5].asNumber, best: best,
            note: try arguments.string(4, "note"))
        switch try ask(point) {
        case .resume: return [.string("continue")]
        case .rewind(let text): return [.string("rewind"), .string(text)]
        case .stop: return [.string("stop")]
        case .abort: throw Interrupted()
        case .exit(let status): throw ExitRequest(code: status)
        }
    }

    private static let edited = NativeFunction("host.steps", Documentation("", "")) { arguments -> [Value] in
        let k = try arguments.integer(1, "k")
        arguments.context.service(LiveChanges.self).note("the run was paused and changed at step \(k)")
        return []
    }

    private static let equal = NativeFunction("host.steps", Documentation("", "")) { arguments in
        let (a, b) = (try arguments.tensor(1, "x"), try arguments.tensor(2, "y"))
        guard a.dtype == b.dtype, a.shape == b.shape else { return .boolean(false) }
        return .boolean(try a.bits == b.bits)
    }
}

extension Tensor {
    /// The elements' bytes in row-major order.
    var bits: [UInt8] {
        get throws {
            let flat = try contiguous()
            return withExtendedLifetime(flat) {
                let start = flat.storage.bytes + flat.offset * flat.dtype.stride
                return [UInt8](UnsafeRawBufferPointer(start: start, count: flat.count * flat.dtype.stride))
            }
        }
    }
}
