// What a Swift program does with a host: values in, values out, functions both ways.

extension Host {
    /// The value of an expression, or what a text returns.
    ///
    ///     let host = try Host()
    ///     let seven: Int = try host.evaluate("3 + 4")
    ///     let norm: Double = try host.evaluate("require('tensor').ones(4):norm():item()")
    ///
    /// - Throws: ``LuaError`` when the text is wrong or fails; ``ScriptError`` when its value is no `R`.
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

    /// A global; of `host.get("settings", as: [String: Double].self)` the whole table.
    /// - Throws: ``ScriptError`` when it is no `R`. One that is not set is nil, an optional's.
    public func get<R: ScriptConvertible>(_ name: String, as type: R.Type = R.self) throws -> R {
        try interpreter.perform {
            let value = try interpreter.getGlobal(name)
            return try converted("get", name) { try R.from(value) }
        }
    }

    /// Calls a global function and gives its first result.
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

    /// Calls a global function for what it does.
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

    /// Makes a Swift function a global. Its parameters say what a script must hand over:
    ///
    ///     try host.define("area") { (width: Double, height: Double) in width * height }
    ///
    /// `area("x", 2)` is then the error `area: argument 1: a number expected, got "x"`.
    public func define<each A: ScriptConvertible, R: ScriptConvertible>(
        _ name: String, _ body: @escaping @Sendable (repeat each A) throws -> R
    ) throws {
        try define(name, returns: Results(.any) { $0.scriptValue }, body)
    }

    /// Makes a Swift function that returns nothing a global.
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

    /// From now on `answer` says how a loop over `host.steps` goes on when it is paused: by Ctrl-C under
    /// ``LuaHost/Interpreter/withInterruptsFromTerminal(_:)``, or by ``LuaHost/Interpreter/askForPause()``. Nil for
    /// nobody: Ctrl-C interrupts at once.
    ///
    ///     try host.onPause { point in
    ///         print(point.summary)
    ///         return .stop
    ///     }
    ///
    /// It is called on the interpreter's thread, inside the run, which waits. It may use the host.
    public func onPause(_ answer: (@Sendable (PausePoint) throws -> PauseDecision)?) throws {
        try interpreter.perform { context.service(PausePrompt.self).ask = answer }
    }

    /// What people changed while scripts ran, in order, a sentence each: files reloaded by `host.live`, values set in a
    /// pause. A run with any cannot be repeated from its files alone.
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
    /// An argument without a name, as a type of Swift's reads it.
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
