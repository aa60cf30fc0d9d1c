import CLuaTrampolines
import Scripting

extension Interpreter {
    /// Runs `body`, which may call the interpreter any number of times, as one run: an interrupt ends all of it.
    ///
    /// Inside a run in progress (from a native function that opens a prompt) it is a separate run: an interrupt, an
    /// error or `os.exit` in `body` ends `body` with an error and does not affect the outer run.
    ///
    ///     let value = try interpreter.evaluation { try inspect(interpreter.run(code: "return x")) }
    public func evaluation<R>(_ body: () throws -> R) throws(LuaError) -> R {
        try core.inRun(nested: true, body)
    }

    /// Runs `body` without the hook that a script set by `debug.sethook`. From the interpreter's thread.
    public func withoutScriptHook<R>(_ body: () throws -> R) rethrows -> R {
        let hook = lf_take_hook(core.state)
        defer { lf_put_hook(core.state, hook) }
        return try body()
    }

    /// Removes a script's hook permanently. From the interpreter's thread.
    public func removeScriptHook() { _ = lf_take_hook(core.state) }

    /// The value that a script raised, if it was no text: `error({code = 1})`.
    public func raisedValue(_ error: LuaError) throws(LuaError) -> Value {
        guard let raised = error.value, raised.core === core else { return .string(error.message) }
        return try core.inRun {
            try core.withList([]) { list in
                lf_put_reference(list, raised.reference)
                var results = lf_values()
                var failure = lf_failure()
                let done = withBytes("return ...") {
                    lf_run_code(core.state, $0, $1, "=luaflow", false, list, &results, &failure)
                }
                guard done else { throw core.error(&failure) }
                return core.take(&results).first ?? .none
            }
        }
    }

    /// Runs `body` with this time limit for each of its runs (or a lower one already set), whatever earlier runs used.
    public func withLittleTime<R>(_ limit: Duration = .seconds(1), _ body: () -> R) -> R {
        let before = (timeLimit, timeLimitBegins)
        timeLimit = before.0.map { min($0, limit) } ?? limit
        timeLimitBegins = nil
        defer { (timeLimit, timeLimitBegins) = before }
        return body()
    }

    /// The error as shown to people: for an object that was raised, the result of its `__tostring`, as in plain Lua.
    /// That is code of the script, so it is a separate run with little time; if it fails or takes longer, the object's
    /// type is shown.
    public func shown(_ error: LuaError, within limit: Duration = .seconds(1)) -> LuaError {
        guard error.kind == .runtime, error.message.hasPrefix("(error object is a "), let raised = error.value,
            raised.core === core, !core.isRunning.load(ordering: .acquiring)
        else { return error }
        let values = withLittleTime(limit) {
            try? core.inRun {
                var text = lf_values()
                var failure = lf_failure()
                guard lf_error_text(core.state, raised.reference, &text, &failure) else { throw core.error(&failure) }
                return core.take(&text)
            }
        }
        guard case .string(let message)? = values?.first else { return error }
        return LuaError(.runtime, message.text, traceback: error.traceback, value: raised)
    }
}
