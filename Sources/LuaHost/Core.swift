import CLuaTrampolines
import Dispatch
import Scripting
import Synchronization

/// A Lua state and what belongs to it. Everything except ``interrupt()`` and the release of references happens on the
/// interpreter's thread, which makes it safe to send.
final class Core: @unchecked Sendable {
    let state: OpaquePointer
    private(set) var context: Context
    let memory: NativeMemory
    /// The files that scripts read; C records those that Lua's own functions open.
    let files: LoadedFiles
    let thread: InterpreterThread
    /// Gets a copy of standard output, if asked for.
    var outputTap: OutputTap?
    /// Whether tables are read in the order of their keys.
    var ordersPairs = false
    private let memoryLimit: Int?
    let trust: Interpreter.Trust

    /// The members of types by name; Lua's part of a type is made for its first object.
    private var bindings: [String: ScriptIndex.TypeMembers]?
    /// Not examined for types until the first object is made.
    private var modules: [any ScriptModule]
    private var types: [String: OpaquePointer] = [:]
    /// The type of the previous call, which is usually the same.
    private var lastType: (name: String, made: OpaquePointer)?
    /// Native functions that live as long as the state.
    private var natives: [Native] = []

    /// The part of ``NativeMemory/chargedBytes`` that was reported to the collector.
    private var accountedBytes = 0

    private(set) var isClosed = false
    /// Which files a run may open, and its time limit; see Runs.swift.
    let options: Interpreter.Options
    let runs = Mutex(Runs())
    let timeLimit = Mutex<Duration?>(nil)
    let timeLimitBegins = Mutex<ContinuousClock.Instant?>(nil)
    let overrun = Mutex<Overrun?>(nil)
    /// The queue for deadlines. Not a global queue: for those libdispatch reads /proc/TID/stat once a second, and ends
    /// the process where the sandbox refuses that.
    let deadlines = DispatchQueue(label: "luaflow.deadlines")
    var closeRequested = false
    /// Why finalisers at the end were stopped; nil when they were not.
    var stopAtClose: LuaError?
    /// The files that the run's script may open; nil for all.
    var access: FileAccess?
    /// The number of threads for kernels in its runs.
    let threads: ThreadCount
    /// Whether a run is in progress; calls to handles from other threads would wait for it, perhaps for ever.
    let isRunning = Atomic<Bool>(false)

    init?(
        thread: InterpreterThread, threads: ThreadCount, context: Context, modules: [any ScriptModule],
        options: Interpreter.Options
    ) {
        self.thread = thread
        self.threads = threads
        self.context = context
        self.options = options
        access = options.trust == .sandboxed ? options.files : nil
        self.modules = modules
        let memoryLimit = options.memoryLimit
        self.memoryLimit = memoryLimit
        trust = options.trust
        let owner = Owner(thread)
        self.owner = owner
        // Some room is left for Lua, besides what its own allocator keeps back (`lf_run_cap`): without any, a script
        // could not even get to where its garbage is collected.
        let nativeLimit = memoryLimit.map { $0 - 2 * min($0 / 16, 4 << 20) }
        memory = NativeMemory(limit: nativeLimit ?? .max, profile: options.profile) { owner.onThread?.collectGarbage() }
        files = context.service(LoadedFiles.self)
        shares = Shares(memory)
        let callbacks = lf_callbacks(
            call: { native, frame in
                guard let native, let frame else { return Int32(LF_STOP) }
                return Unmanaged<Native>.fromOpaque(native).takeUnretainedValue().call(frame)
            },
            release_object: { account, object in releaseObject(object, account) },
            release_native: { native in
                if let native { Unmanaged<Native>.fromOpaque(native).release() }
            },
            live_bytes: { shares in
                guard let shares else { return 0 }
                return Int64(Unmanaged<Shares>.fromOpaque(shares).takeUnretainedValue().nativeBytes)
            },
            open_script: openScript,
            context: Unmanaged.passUnretained(shares).toOpaque(),
            note_file: { files, kind, path, length in
                guard let files, let path, let kind = LoadedFiles.Kind(kind) else { return }
                let bytes = UnsafeRawBufferPointer(start: path, count: length)
                let file = ByteString(copying: bytes)
                Unmanaged<LoadedFiles>.fromOpaque(files).takeUnretainedValue().note(file, kind)
                // Lua itself opens what is required, run or loaded, and would wait for a pipe silently.
                if kind == .lua { PipedFile.announce(file) }
            },
            files: Unmanaged.passUnretained(files).toOpaque(), note_output: nil, output: nil, write_stream: nil,
            read_stream: nil)
        guard let state = lf_open(callbacks, memoryLimit ?? 0, trust == .sandboxed) else { return nil }
        self.state = state
        lf_adopt_thread(state)
        owner.core = self
    }

    /// A reference to the core for objects that may outlive it: used on the interpreter's thread, which clears it, so
    /// that it then returns nil. Not a weak reference, which would make every reference to the core slow.
    private final class Owner: @unchecked Sendable {
        private let thread: UnsafeMutableRawPointer
        unowned(unsafe) var core: Core?

        init(_ thread: InterpreterThread) { self.thread = thread.context }

        var onThread: Core? { lf_thread_context() == thread ? core : nil }
    }
    private let owner: Owner

    /// The two parts of ``memory``: one limit holds for both, but Lua counts its own bytes.
    fileprivate final class Shares {
        let memory: NativeMemory
        /// The bytes of Lua's heap that are counted in it.
        var luaBytes = 0

        init(_ memory: NativeMemory) { self.memory = memory }

        var nativeBytes: Int { memory.liveBytes - luaBytes }
    }
    private let shares: Shares

    deinit {
        owner.core = nil
        lf_free(state)
    }

    /// Closes the state; called by ``close()``. Handles that still exist report that.
    func end() {
        guard !isClosed else { return }
        lf_close(state)
        isClosed = true
        owner.core = nil
        memory.release(shares.luaBytes)
        shares.luaBytes = 0
        natives.removeAll()
        // A service may hold a script's function, whose handle holds the core.
        context = Context()
        bindings = nil
        modules = []
    }

    // MARK: Memory

    /// Makes room when a native allocation would exceed the limit: a protected call, like others from native functions,
    /// in which finalisers may run. Helper threads of kernels cannot wait for it.
    private func collectGarbage() {
        guard thread.isCurrent, !isClosed, !isCollecting else { return }
        isCollecting = true
        defer { isCollecting = false }
        lf_collect(state)
        chargeLuaBytes()
    }
    private var isCollecting = false

    /// Called after native calls: reports what they allocated to the collector.
    func account(_ frame: UnsafeMutablePointer<lf_frame>) {
        let charged = memory.chargedBytes
        frame.pointee.charged = Int64(charged &- accountedBytes)
        accountedBytes = charged
        frame.pointee.live = Int64(shares.nativeBytes)
    }

    /// Counts Lua's heap in the account, only in larger steps, which keeps it off the fast path.
    func chargeLuaBytes() {
        guard memoryLimit != nil else { return }
        let used = Int(lf_used_bytes(state))
        let difference = used - shares.luaBytes
        guard abs(difference) > 1 << 16 else { return }
        memory.count(difference)
        shares.luaBytes = used
    }

    // MARK: Native functions and types

    /// A native function that lives as long as the state.
    func permanent(
        _ function: NativeFunction, skip: Int32 = 0, limit: Int32 = 0
    ) -> UnsafePointer<lf_native> {
        permanent(Native(core: self, name: function.name, body: .function(function.body), skip: skip, limit: limit))
    }

    func permanent(_ native: Native) -> UnsafePointer<lf_native> {
        natives.append(native)
        return UnsafePointer(native.storage)
    }

    /// Lua's part of a type, made when first needed.
    /// - Throws: ``ScriptError`` when two members of a type have one name.
    func type(_ type: ObjectType) throws -> OpaquePointer? {
        if let lastType, lastType.name == type.name { return lastType.made }
        if let known = types[type.name] {
            lastType = (type.name, known)
            return known
        }
        let all = try bindings ?? ScriptIndex.TypeMembers.merge(modules)
        bindings = all
        let binding = all[type.name] ?? ScriptIndex.TypeMembers(type: type)
        guard let made = binding.make(in: self) else { return nil }
        types[type.name] = made
        return made
    }
}

extension LoadedFiles.Kind {
    fileprivate init?(_ kind: Int32) {
        switch Int(kind) {
        case LF_FILE_LUA: self = .lua
        case LF_FILE_LIBRARY: self = .library
        case LF_FILE_DATA: self = .data
        case LF_FILE_WRITTEN: self = .written
        case LF_FILE_MISSING: self = .missing
        default: return nil
        }
    }
}

private func releaseObject(_ object: UnsafeMutablePointer<lf_object>?, _ account: UnsafeMutableRawPointer?) {
    guard let object, let account else { return }
    let held = UnsafeMutableRawPointer(object).assumingMemoryBound(to: (any ScriptObject).self)
    let footprint = held.pointee.scriptType.footprint
    held.deinitialize(count: 1)
    Unmanaged<Core.Shares>.fromOpaque(account).takeUnretainedValue().memory.release(footprint)
}

extension Core {
    /// The script line that is running, for ``ScriptLocation``.
    var location: ScriptLocation {
        ScriptLocation(
            describe: { [owner] in owner.onThread?.line(capacity: 256) { lf_location($0, false, $1, $2) }?.text },
            place: { [owner] in
                owner.onThread?.line(capacity: 4096) { lf_location($0, true, $1, $2) }.flatMap(
                    ScriptPlace.init(parsing:))
            })
    }

    /// Where the last run was stopped; nil if it was not. On the interpreter's thread.
    var stoppedAt: ScriptPlace? {
        bytes(capacity: 512) { lf_stopped_at($0, $1, $2) }.flatMap(ScriptPlace.init(parsing:))
    }

    /// Nil on another thread, where a task that a native function started may ask.
    private func line(
        capacity: Int, _ ask: (OpaquePointer, UnsafeMutablePointer<CChar>, Int) -> Bool
    ) -> ByteString? {
        thread.isCurrent ? bytes(capacity: capacity, ask) : nil
    }

    /// Calls a C function that fills a buffer with text about the state; on the interpreter's thread.
    func bytes(capacity: Int, _ ask: (OpaquePointer, UnsafeMutablePointer<CChar>, Int) -> Bool) -> ByteString? {
        guard !isClosed else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { text in
            guard let base = text.baseAddress, ask(state, base, text.count) else { return nil }
            return ByteString(cString: base)
        }
    }
}
