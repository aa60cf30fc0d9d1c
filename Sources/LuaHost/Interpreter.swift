import CLuaTrampolines
import Scripting
import Synchronization

/// A Lua state with a set of modules.
///
///     let interpreter = try Interpreter(modules: [tensor, flow])
///     try interpreter.run(file: "train.lua", arguments: ["--epochs", "3"])
///     let sum = try interpreter.run(code: "return 1 + 2")   // [.integer(3)]
///
/// **Concurrency.** An interpreter has a thread of its own on which every call waits its turn, so that it can be used
/// from any thread, one call at a time. Several interpreters run in parallel and share nothing. Native functions run on
/// the interpreter's thread and may call the interpreter again. Checked, and an error: a script's table or function
/// that is used on another thread during a run or given to another interpreter, and two interpreters that would wait
/// for each other. ``interrupt()`` may be called at any time. In Swift concurrency use ``perform(_:)-async``, or an
/// actor on ``unownedExecutor``, so that no thread of the pool is blocked.
public final class Interpreter: @unchecked Sendable {
    /// How much scripts are trusted.
    public enum Trust: Sendable {
        /// Your own scripts: all of Lua's libraries, C modules, files.
        case trusted
        /// Other people's scripts: what could reach other files, other programs or the host is removed, binary chunks
        /// are refused, libraries cannot be changed, and scripts have no finalisers. Set a memory and a time limit as
        /// well; a single call inside Lua's C library can still exceed the latter, so `luaflow --sandbox` runs such an
        /// interpreter in a separate process. Globals persist between runs: give every script its own interpreter.
        case sandboxed
    }

    /// What an interpreter allows its scripts.
    public struct Options: Sendable {
        /// By default everything that the process may do.
        public var trust = Trust.trusted
        /// The most bytes that Lua and native objects may hold together; nil for no limit.
        /// At least ``leastMemory``.
        public var memoryLimit: Int?
        /// What a host needs to start, with some room for a script.
        public static let leastMemory = 1 << 20
        /// Makes every module a global that is loaded when first used: for one-liners and the prompt.
        public var globals = false
        /// Folders that `require` searches, after the script's own and before Lua's defaults.
        public var searchPaths: [ByteString] = []
        /// The files that sandboxed scripts may open, besides Lua files in the script's folder.
        public var files = FileAccess()
        /// Whether our functions really write the files that scripts save: false in all but one of several programs
        /// that run one script together. Lua's own `io` always writes.
        public var writesFiles = true
        /// The number of threads for kernels, from 1 to 256; nil for LUAFLOW_THREADS, else the number of processors.
        /// Scripts may change it, sandboxed ones only to less.
        public var threads: Int?
        /// Records every call of a native function and every operation.
        public var profile: Profile?

        public init() {}
    }

    let thread: InterpreterThread
    let core: Core
    private let options: Options
    /// The services that modules' functions share.
    package var context: Context { core.context }
    package var isSandboxed: Bool { options.trust == .sandboxed }
    /// Lua's package.path as it was at the start.
    private var defaultPath: ByteString = ""

    /// - Parameter areKnown: whether it is known that no two members of modules clash, which is otherwise checked.
    /// - Throws: ``ScriptError`` when two modules clash or the memory limit is too low; ``LuaError`` when memory runs
    ///   out.
    public init(
        modules: [any ScriptModule] = [], areKnown: Bool = false, context: Context = Context(),
        options: Options = Options()
    ) throws {
        var names: Set<String> = []
        for module in modules where !names.insert(module.name).inserted {
            throw ScriptError("", "two modules are named \(module.name)")
        }
        if !areKnown { _ = try ScriptIndex.TypeMembers.merge(modules) }
        if let limit = options.memoryLimit, limit < Options.leastMemory {
            throw ScriptError(
                "memoryLimit",
                "\(limit) bytes: at least \(Options.leastMemory) expected: the host itself needs as much to start")
        }
        let count = try options.threads ?? ThreadCount.standard()
        let threads = try ThreadCount(count, limit: options.trust == .sandboxed ? count : ThreadCount.most)
        guard let thread = InterpreterThread() else { throw LuaError(.memory, "no thread for an interpreter") }
        let core: Core? = try thread.perform {
            Core(thread: thread, threads: threads, context: context, modules: modules, options: options)
        }
        guard let core else { throw LuaError(.memory, "not enough memory for an interpreter") }
        self.thread = thread
        self.core = core
        self.options = options
        try thread.perform { try prepare(modules) }
    }

    deinit { close() }

    /// Installs the modules' loaders; each module's table is made at its first `require`.
    private func prepare(_ modules: [any ScriptModule]) throws {
        for module in modules {
            core.context.service(Registry.self).declare(module.kinds)
            let loader = core.permanent(ModuleTable(module: module).loader(in: core))
            _ = try protected { results, failure in
                guard let list = lf_list_new(core.state) else { return false }
                defer { lf_list_free(list) }
                withBytes(module.name) { lf_put_string(list, $0, $1) }
                lf_put_native(list, loader)
                return runPrelude("local name, load = ... package.preload[name] = load", list, &results, &failure)
            }
        }
        if options.globals {
            try prelude(Self.lazyGlobals, [.list(modules.map { .string($0.name) })])
        }
        if options.trust == .sandboxed {
            try done { lf_seal(core.state, &$0) }
        } else if case .string(let path)? = try prelude("return package.path").first {
            defaultPath = path
        }
        try setPath(script: nil)
    }

    private static let lazyGlobals = """
        local modules, require, rawset = {}, require, rawset
        for _, name in ipairs(...) do modules[name] = true end
        setmetatable(_G, {__index = function(globals, name)
            if not modules[name] then return nil end
            local module = require(name)
            rawset(globals, name, module)
            return module
        end})
        """

    private func setPath(script: ByteString?) throws {
        let own = (script.map { [$0.splitPath.folder] } ?? []) + options.searchPaths
        let path = own.reduce(ByteString("")) { $0 + $1 + "/?.lua;" + $1 + "/?/init.lua;" } + defaultPath
        try done { failure in path.withCString { lf_set_path(core.state, $0, &failure) } }
    }

    // MARK: Running

    /// Runs a file: `arg` and `...` hold the arguments, and the file's folder is where `require` looks first.
    /// - Parameter text: code to run instead of the file's contents, under the file's name; nil for the contents.
    /// - Returns: what the script returned.
    @discardableResult
    public func run(file: String, arguments: [String] = [], text: [UInt8]? = nil) throws(LuaError) -> [Value] {
        try run(file: ByteString(file), arguments: arguments.map { ByteString($0) }, text: text)
    }

    /// The same for names and arguments of any bytes.
    /// - Parameters:
    ///   - words: the words before the file on the command line: `arg[-1]` is the last of them, as in Lua's own
    ///     interpreter.
    ///   - text: code to run instead of the file's contents, under the file's name; nil for the contents.
    @discardableResult
    public func run(
        file: ByteString, arguments: [ByteString] = [], after words: [ByteString] = [], text: [UInt8]? = nil
    ) throws(LuaError) -> [Value] {
        try core.inRun(script: file) { [self] in
            try setPath(script: file)
            core.files.note(file, .lua)
            try prelude(
                "local before, script = ... arg = {[0] = script, select(3, ...)} "
                    + "for i = 1, #before do arg[i - 1 - #before] = before[i] end",
                [.list(words.map { .string($0) }), .string(file)] + arguments.map { .string($0) })
            let text = try text ?? (PipedFile.isOne(file) ? PipedFile.read(file) : nil)
            if let text { return try run(bytes: text, name: "@" + file, arguments.map { .string($0) }) }
            return try core.withList(arguments.map { .string($0) }) { list in
                try protected { results, failure in
                    file.withCString { lf_run_file(core.state, $0, list, &results, &failure) }
                }
            }
        }
    }

    /// Runs code; `name` is its name in messages.
    @discardableResult
    public func run(
        code: String, name: String = "(code)", arguments: [Value] = []
    ) throws(LuaError) -> [Value] {
        try run(code: ByteString(code), name: name, arguments: arguments)
    }

    /// The same for code of any bytes.
    @discardableResult
    public func run(
        code: ByteString, name: String = "(code)", arguments: [Value] = []
    ) throws(LuaError) -> [Value] {
        // Handles in the arguments belong to this interpreter and are only read on its thread.
        nonisolated(unsafe) let arguments = arguments
        return try core.inRun { [self] in
            try core.withList(arguments) { list in
                try protected { results, failure in
                    chunk(code, name, onlyCheck: false, list, &results, &failure)
                }
            }
        }
    }

    /// Calls a script's function, as a run of its own when none is in progress.
    @discardableResult
    public func call(_ function: any ScriptFunction, _ arguments: [Value] = []) throws(LuaError) -> [Value] {
        nonisolated(unsafe) let (function, arguments) = (function, arguments)
        return try core.inRun { try function.call(arguments) }
    }

    /// Compiles code without running it.
    /// - Throws: ``LuaError`` of kind ``LuaError/Kind/syntax``; see ``LuaError/isIncomplete``.
    public func check(code: String, name: String = "(code)") throws(LuaError) {
        _ = try core.inRun { [self] in
            try protected { results, failure in
                chunk(ByteString(code), name, onlyCheck: true, nil, &results, &failure)
            }
        }
    }

    /// From any thread; waits for a script that runs.
    public func setGlobal(_ name: String, _ value: Value) throws(LuaError) {
        nonisolated(unsafe) let value = value
        _ = try core.inRun { [self] in
            try core.withList([value]) { list in
                try done { failure in name.withCString { lf_set_global(core.state, $0, list, &failure) } }
                return []
            }
        }
    }

    /// nil of Lua is `.none`, also where there is no such global.
    public func getGlobal(_ name: String) throws(LuaError) -> Value {
        let values = try core.inRun { [self] in
            try protected { results, failure in
                name.withCString { lf_get_global(core.state, $0, &results, &failure) }
            }
        }
        return values.first ?? .none
    }

    /// Stops the run in progress, which ends with ``LuaError/Kind/interrupted``, whatever the script catches. May be
    /// called from any thread. Between runs it does nothing.
    public func interrupt() { core.interrupt() }

    /// The line at which an interrupt or the time limit stopped the last run; nil if it was not stopped.
    public var stoppedAt: ScriptPlace? {
        (try? thread.perform { core.stoppedAt }) ?? nil
    }

    /// The time limit of runs, from the next one on; nil for none.
    public var timeLimit: Duration? {
        get { core.timeLimit.withLock { $0 } }
        set { core.timeLimit.withLock { $0 = newValue } }
    }

    /// The moment from which the time of runs is counted, so that several share one limit; nil to count each
    /// separately.
    public var timeLimitBegins: ContinuousClock.Instant? {
        get { core.timeLimitBegins.withLock { $0 } }
        set { core.timeLimitBegins.withLock { $0 = newValue } }
    }

    /// For tests: every allocation from the nth on fails, or only the nth, both Lua's and the bridge's; nil ends it.
    /// - Returns: the number of allocations since the last call.
    @discardableResult
    func failAllocations(from nth: Int?, once: Bool = false) -> Int {
        let count = try? thread.perform {
            defer { lf_fail(core.state, nth ?? 0, once) }
            return lf_allocation_count(core.state)
        }
        return count ?? 0
    }

    /// The account of native bytes (and, with a memory limit, of Lua's, too).
    public var memory: NativeMemory { core.memory }

    /// Closes the state: finalisers run, objects are released. Inside a run it ends that run first; from an interpreter
    /// for which this one's run waits, it interrupts that run and closes when it has ended.
    public func close() {
        do {
            try thread.perform { core.close() }
        } catch {
            // It cannot be waited for, but must be closed all the same.
            core.interrupt()
            thread.post { [core] in core.close() }
        }
    }

    /// After ``close()``: why the scripts' finalisers, which have the time limit of a run, were stopped; nil if they
    /// were not.
    public var stopAtClose: LuaError? { (try? thread.perform { core.stopAtClose }) ?? nil }

    /// Runs `body` with Ctrl-C interrupting this interpreter's runs instead of ending the process. If a run has not
    /// stopped within a second, standard error says so; two seconds after a second press the process ends with status
    /// 130.
    public func withInterruptsFromTerminal<R>(_ body: () throws -> R) rethrows -> R {
        let installed = lf_install_terminal(core.state)
        defer { if installed { lf_uninstall_terminal(core.state) } }
        return try body()
    }

    /// While a pause is offered, the first Ctrl-C asks for it instead of interrupting; the code that offered it must
    /// check. It ends with the run. From the interpreter's thread.
    /// - Returns: whether a pause was asked for since the last call.
    public func offerPause(_ offered: Bool) -> Bool { lf_offer_pause(core.state, offered) }

    /// Asks for a pause as Ctrl-C does. May be called from any thread.
    /// - Returns: false when none is offered.
    @discardableResult
    public func askForPause() -> Bool { lf_ask_pause(core.state) }

    // MARK: The inside

    private func done(_ call: (inout lf_failure) -> Bool) throws {
        var failure = lf_failure()
        guard call(&failure) else { throw core.error(&failure) }
    }

    private func protected(_ call: (inout lf_values, inout lf_failure) -> Bool) throws -> [Value] {
        var results = lf_values()
        var failure = lf_failure()
        guard call(&results, &failure) else { throw core.error(&failure) }
        return core.take(&results)
    }

    private func chunk(
        _ code: ByteString, _ name: String, onlyCheck: Bool, _ list: OpaquePointer?, _ results: inout lf_values,
        _ failure: inout lf_failure
    ) -> Bool {
        let shown = name.hasPrefix("=") || name.hasPrefix("@") ? name : "=" + name
        return shown.withCString { name in
            withBytes(code) { lf_run_code(core.state, $0, $1, name, onlyCheck, list, &results, &failure) }
        }
    }

    private func runPrelude(
        _ code: String, _ list: OpaquePointer, _ results: inout lf_values, _ failure: inout lf_failure
    ) -> Bool {
        chunk(ByteString(code), "=luaflow", onlyCheck: false, list, &results, &failure)
    }

    @discardableResult
    private func prelude(_ code: String, _ arguments: [Value] = []) throws -> [Value] {
        try core.withList(arguments) { list in
            try protected { results, failure in runPrelude(code, list, &results, &failure) }
        }
    }
}
