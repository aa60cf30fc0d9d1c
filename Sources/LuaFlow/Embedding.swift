// The use of a host in a Swift program: values in both directions, and functions in both directions.

extension Host {
    /// The value of an expression, or the result of a chunk of code.
    ///
    ///     let host = try Host()
    ///     let seven: Int = try host.evaluate("3 + 4")
    ///     let norm: Double = try host.evaluate("require('tensor').ones(4):norm():item()")
    ///
    /// - Throws: ``LuaError`` when the code is wrong or fails; ``ScriptError`` when the value is no `R`.
    public func evaluate<R: ScriptConvertible>(_ code: String, as type: R.Type = R.self) throws -> R {
        try interpreter.perform {
            let expression = "return " + code
            let isExpression = (try? interpreter.check(code: expression, name: "(code)")) != nil
            let results = try interpreter.run(code: isExpression ? expression : code, name: "(code)")
            return try converted("evaluate", "the result") { try R.from(results.first ?? .none) }
        }
    }

    /// Sets a global.
    ///
    ///     try host.set("temperature", 0.5)
    public func set(_ name: String, _ value: some ScriptConvertible) throws {
        try interpreter.perform { try interpreter.setGlobal(name, value.scriptValue) }
    }

    /// A global; for `host.get("settings", as: [String: Double].self)` the whole table.
    /// - Throws: ``ScriptError`` when it is no `R`. A missing global is nil, for an optional type.
    public func get<R: ScriptConvertible>(_ name: String, as type: R.Type = R.self) throws -> R {
        try interpreter.perform {
            let value = try interpreter.getGlobal(name)
            return try converted("get", name) { try R.from(value) }
        }
    }

    /// Calls a global function and returns its first result.
    ///
    ///     let step: Double = try host.call("schedule", 10, 1e-3)
    ///
    /// - Throws: ``ScriptError`` when there is no such function, or its result is no `R`; ``LuaError`` when it fails.
    public func call<each A: ScriptConvertible, R: ScriptConvertible>(
        _ name: String, _ arguments: repeat each A, as type: R.Type = R.self
    ) throws -> R {
        var values: [Value] = []
        for argument in repeat each arguments { values.append(argument.scriptValue) }
        return try interpreter.perform {
            let result = try called(name, values).first ?? .none
            return try converted("call", "the result of \(name)") { try R.from(result) }
        }
    }

    /// Calls a global function and ignores its results.
    ///
    ///     try host.call("train", 300)
    public func call<each A: ScriptConvertible>(_ name: String, _ arguments: repeat each A) throws {
        var values: [Value] = []
        for argument in repeat each arguments { values.append(argument.scriptValue) }
        _ = try interpreter.perform { try called(name, values).count }
    }

    private func called(_ name: String, _ arguments: [Value]) throws -> [Value] {
        let value = try interpreter.getGlobal(name)
        guard case .function(let function) = value else {
            throw ScriptError("call", "the global \(name) is no function: it is \(value.shown)")
        }
        return try interpreter.call(function, arguments)
    }

    /// Makes a Swift function a global. The types of its parameters determine what a script must pass:
    ///
    ///     try host.define("area") { (width: Double, height: Double) in width * height }
    ///
    /// `area("x", 2)` is then the error `area: argument 1: a number expected, got "x"`.
    public func define<each A: ScriptConvertible, R: ScriptConvertible>(
        _ name: String, _ body: @escaping @Sendable (repeat each A) throws -> R
    ) throws {
        try define(name, returns: Results(.any) { $0.scriptValue }, body)
    }

    /// Makes a Swift function without a result a global.
    ///
    ///     try host.define("log") { (text: String) in print(text) }
    public func define<each A: ScriptConvertible>(
        _ name: String, _ body: @escaping @Sendable (repeat each A) throws -> Void
    ) throws {
        try define(name, returns: .nothing, body)
    }

    private func define<each A: ScriptConvertible, R>(
        _ name: String, returns results: Results<R>, _ body: @escaping @Sendable (repeat each A) throws -> R
    ) throws {
        var count = 0
        func next<T: ScriptConvertible>(_ type: T.Type) -> Parameter<T> {
            count += 1
            return .converted(count)
        }
        let declaration = Declaration(name, "", takes: repeat next((each A).self), returns: results, body: body)
        try set(name, Value.closure(NativeFunction(declaration), bound: []))
    }

    /// Sets the function that answers when a loop over `host.steps` is paused: by Ctrl-C under
    /// ``LuaHost/Interpreter/withInterruptsFromTerminal(_:)``, or by ``LuaHost/Interpreter/askForPause()``. Nil for
    /// none: Ctrl-C then interrupts at once.
    ///
    ///     try host.onPause { point in
    ///         print(point.summary)
    ///         return .stop
    ///     }
    ///
    /// It is called on the interpreter's thread, inside the run, which waits for it. It may use the host.
    public func onPause(_ answer: (@Sendable (PausePoint) throws -> PauseDecision)?) throws {
        try interpreter.perform { context.service(PausePrompt.self).ask = answer }
    }

    /// Changes made while scripts ran, in order, a sentence each: files reloaded by `host.live`, values set in a pause.
    /// A run with changes cannot be repeated from its files alone.
    public func liveChanges() throws -> [String] {
        try interpreter.perform { context.service(LiveChanges.self).all }
    }

    private func converted<R>(_ operation: String, _ what: String, _ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch let error as ScriptError where error.operation.isEmpty {
            throw ScriptError(operation, "\(what): \(error.message)")
        }
    }
}

extension Parameter where T: ScriptConvertible {
    /// A parameter without a name, converted to a Swift type.
    fileprivate static func converted(_ position: Int) -> Parameter {
        let domain = Domain<T>(.any, expected: "a value") { try T.from($0) }
        return Parameter(argument("x\(position)", domain).specs) { call in
            do {
                return try T.from(call.take())
            } catch let error as ScriptError where error.operation.isEmpty {
                throw Fault("argument \(position): \(error.message)")
            }
        }
    }
}
