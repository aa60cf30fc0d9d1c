import CLuaTrampolines
import Dispatch
import Scripting
import Synchronization

/// One Lua state and what belongs to it. Everything but ``interrupt()`` and the references' release happens on the
/// interpreter's thread; that is what makes it safe to send.
final class Core: @unchecked Sendable {
    let state: OpaquePointer
    private(set) var context: Context
    let memory: NativeMemory
    /// What the scripts read; C notes the files that Lua's own functions open.
    let files: LoadedFiles
    let thread: InterpreterThread
    /// Is told of standard output, when somebody asked for it.
    var outputTap: OutputTap?
    /// Tables are read in the order of their keys.
    var ordersPairs = false
    private let memoryLimit: Int?
    let trust: Interpreter.Trust

    /// What is known of the types, by name; Lua's side of a type is made for its first object.
    private var bindings: [String: ScriptIndex.TypeMembers]?
    /// Until the first object comes, nothing is made of the types.
    private var modules: [any ScriptModule]
    private var types: [String: OpaquePointer] = [:]
    /// The one that was asked for before: mostly the same again.
    private var lastType: (name: String, made: OpaquePointer)?
    /// Native functions that live as long as the state.
    private var natives: [Native] = []

    /// Of ``NativeMemory/chargedBytes``, what the collector was told.
    private var accountedBytes = 0

    private(set) var isClosed = false
    /// What a run may open, and when it is over; see Runs.swift.
    let options: Interpreter.Options
    let runs = Mutex(Runs())
    let timeLimit = Mutex<Duration?>(nil)
    let timeLimitBegins = Mutex<ContinuousClock.Instant?>(nil)
    let overrun = Mutex<Overrun?>(nil)
    /// Where deadlines are waited for. A queue of its own, not a global one: for those libdispatch reads /proc/TID/stat
    /// once a second, and ends the process where the sandbox refuses that.
    let deadlines = DispatchQueue(label: "luaflow.deadlines")
    var closeRequested = false
    /// Why the finalisers that ran at the end were stopped; nil when they came to their own end.
    var stopAtClose: LuaError?
    /// What the script of the run may open; nil for everything.
    var access: FileAccess?
    /// What kernels of its runs work with.
    let threads: ThreadCount
    /// A run is in progress; other threads' calls into handles would wait for it, maybe for ever.
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
        // Some room is left to Lua, besides what its own allocator keeps back (`lf_run_cap`): without any a script
        // could not even run on to where its garbage is collected.
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
                // Lua opens what is required, run or loaded by itself, and would wait without a word.
                if kind == .lua { PipedFile.announce(file) }
            },
            files: Unmanaged.passUnretained(files).toOpaque(), note_output: nil, output: nil, write_stream: nil,
            read_stream: nil)
        guard let state = lf_open(callbacks, memoryLimit ?? 0, trust == .sandboxed) else { return nil }
        self.state = state
        lf_adopt_thread(state)
        owner.core = self
    }

    /// The way back to us of what may outlive us: asked from the interpreter's thread, which ends us, or answered nil.
    /// No weak reference, which would make every reference to us a slow one.
    private final class Owner: @unchecked Sendable {
        private let thread: UnsafeMutableRawPointer
        unowned(unsafe) var core: Core?

        init(_ thread: InterpreterThread) { self.thread = thread.context }

        var onThread: Core? { lf_thread_context() == thread ? core : nil }
    }
    private let owner: Owner

    /// The two parts of ``memory``: one limit holds over both, but Lua counts its own by itself.
    fileprivate final class Shares {
        let memory: NativeMemory
        /// Lua's bytes in it.
        var luaBytes = 0

        init(_ memory: NativeMemory) { self.memory = memory }

        var nativeBytes: Int { memory.liveBytes - luaBytes }
    }
    private let shares: Shares

    deinit {
        owner.core = nil
        lf_free(state)
    }

    /// Ends the state; called by ``close()``. Handles that are still around report it.
    func end() {
        guard !isClosed else { return }
        lf_close(state)
        isClosed = true
        owner.core = nil
        memory.release(shares.luaBytes)
        shares.luaBytes = 0
        natives.removeAll()
        // A service may hold a script's function, whose handle holds us.
        context = Context()
        bindings = nil
        modules = []
    }

    // MARK: Memory

    /// Makes room when a native allocation would pass the limit. A protected call, like any other from inside a native
    /// function; finalisers may run in it. A kernel's helper threads cannot wait for it.
    private func collectGarbage() {
        guard thread.isCurrent, !isClosed, !isCollecting else { return }
        isCollecting = true
        defer { isCollecting = false }
        lf_collect(state)
        chargeLuaBytes()
    }
    private var isCollecting = false

    /// Called around native calls: what they allocated, for the collector's pace.
    func account(_ frame: UnsafeMutablePointer<lf_frame>) {
        let charged = memory.chargedBytes
        frame.pointee.charged = Int64(charged &- accountedBytes)
        accountedBytes = charged
        frame.pointee.live = Int64(shares.nativeBytes)
    }

    /// Counts Lua's heap into the account, in steps that keep this off the fast path.
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

    /// Lua's side of a type, described when first asked for.
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
    /// The script's line that runs now, for ``ScriptLocation``.
    var location: ScriptLocation {
        ScriptLocation(
            describe: { [owner] in owner.onThread?.line(capacity: 256) { lf_location($0, false, $1, $2) }?.text },
            place: { [owner] in
                owner.onThread?.line(capacity: 4096) { lf_location($0, true, $1, $2) }.flatMap(
                    ScriptPlace.init(parsing:))
            })
    }

    /// Where the last run was stopped; nil when it was not. On the interpreter's thread.
    var stoppedAt: ScriptPlace? {
        bytes(capacity: 512) { lf_stopped_at($0, $1, $2) }.flatMap(ScriptPlace.init(parsing:))
    }

    /// Nil on another thread: a task that a native function started carries the question there.
    private func line(
        capacity: Int, _ ask: (OpaquePointer, UnsafeMutablePointer<CChar>, Int) -> Bool
    ) -> ByteString? {
        thread.isCurrent ? bytes(capacity: capacity, ask) : nil
    }

    /// What a question about the state answers in a buffer; on the interpreter's thread.
    func bytes(capacity: Int, _ ask: (OpaquePointer, UnsafeMutablePointer<CChar>, Int) -> Bool) -> ByteString? {
        guard !isClosed else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { text in
            guard let base = text.baseAddress, ask(state, base, text.count) else { return nil }
            return ByteString(cString: base)
        }
    }
}
