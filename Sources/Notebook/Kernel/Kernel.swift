import Foundation
import LuaFlow
import Sessions
import Synchronization

/// A kernel of Jupyter's, protocol 5.4 (https://jupyter-client.readthedocs.io/en/stable/messaging.html): a session
/// whose client is a notebook.
///
/// Requests of the shell channel are answered in order by the thread that calls ``run()``; those of the control
/// channel at once, by the thread of the sockets, so that a cell that runs can be interrupted.
public final class Kernel: @unchecked Sendable {
    let host: LuaFlow.Host
    let session: Session
    let wire: Wire
    let requests = Requests()
    let input = InputRequests()
    /// One for each start, as message headers have it.
    let name = UUID().uuidString
    let state = Mutex(State())
    private var stray: StrayOutput?
    /// Who started us, as Jupyter says.
    private let parent = ProcessInfo.processInfo.environment["JPY_PARENT_PID"]

    struct State: Sendable {
        var executionCount = 0
        var history = CellHistory()
        /// The request that is being answered, and where what it writes goes.
        var current: Message?
        var output: CellOutput?
        /// A run that was told to stop, and is told again until it has.
        var isInterrupted = false
        /// Whether the notebook answers questions of the cell.
        var canAsk = false
        /// A loop of the cell's is paused, and asks what to do.
        var isPaused = false
        var isStopping = false
    }

    /// - Parameter host: with ``NotebookModule``, for cells to use it; every module a global.
    public init(_ host: LuaFlow.Host, connectionFile: ByteString) throws {
        let connection = try ConnectionFile(path: connectionFile)
        self.host = host
        session = try Session(host: host, inputName: "cell")
        try host.interpreter.takeStreams()
        wire = try Wire(connection)
        let session = session
        try host.interpreter.perform { host.context.service(NotebookSession.self).session = session }
        host.install(ScriptCall(script: "notebook", usage: "luaflow run notebook", arguments: []))
    }

    /// Serves until somebody asks for the end.
    public func run() {
        stray = StrayOutput { [weak self] stream, bytes in self?.take(stream, bytes) }
        wire.hearInterrupts()
        let isClosed = DispatchSemaphore(value: 0)
        let thread = Thread { [self] in
            wire.run(events)
            isClosed.signal()
        }
        thread.name = "luaflow.notebook"
        thread.start()
        publish("status", ["execution_state": "starting"], parent: [:])
        loop: while true {
            switch requests.next() {
            case .stop: break loop
            case .request(let message, let channel): answer(message, on: channel)
            }
        }
        stray?.drain()
        stray?.giveBack()
        wire.stop()
        _ = isClosed.wait(timeout: .now() + .seconds(3))
    }

    private var events: Wire.Events {
        Wire.Events(
            received: { [self] in received($1, on: $0) },
            refused: { [self] in say("a message on \($0.rawValue) is not answered: \($1)") },
            subscribed: { [self] in welcome($0) },
            interrupted: { [self] in interrupt() },
            tick: { [self] in tick() },
            isBusy: { [self] in state.withLock { $0.current != nil } })
    }

    /// Whoever started the kernel can read it; a notebook has no place for it.
    private func say(_ line: String) { stray?.say("luaflow kernel: " + line) }

    // MARK: On the sockets' thread

    private func received(_ message: Message, on channel: Wire.Channel) {
        if channel == .stdin {
            if message.type == "input_reply" { input.reply(message.content["value"]?.text ?? "") }
            return
        }
        if channel == .control || message.type == "shutdown_request" { return answerAtOnce(message, on: channel) }
        requests.add(.request(message, channel))
    }

    private func tick() {
        let (output, again) = state.withLock { ($0.output, $0.isInterrupted && $0.current != nil) }
        output?.flush(all: false)
        if again { host.interpreter.interrupt() }
        // Started by a program that is gone: nobody will ever ask for anything.
        if parent != nil, parent != "1", getppid() == 1 { stop() }
    }

    private func welcome(_ topic: [UInt8]) {
        let content: JSON = ["subscription": .text(String(decoding: topic, as: UTF8.self))]
        var message = Message("iopub_welcome", content, session: name)
        message.identities = [topic]
        wire.send(message, on: .iopub)
    }

    /// Stops the cell that runs; a loop of `host.steps` pauses first, where somebody can answer. In the pause it
    /// gives up the line that is waited for, or stops what was entered there.
    func interrupt() {
        let (isRunning, isPaused, mayPause) = state.withLock {
            ($0.current != nil, $0.isPaused, $0.canAsk && !$0.isInterrupted)
        }
        guard isRunning else { return }
        if isPaused {
            if !input.reply(nil) { host.interpreter.interrupt() }
            return
        }
        if mayPause, host.interpreter.askForPause() { return }
        state.withLock { $0.isInterrupted = $0.current != nil }
        host.interpreter.interrupt()
        input.reply(nil)
    }

    func stop() {
        let isFirst = state.withLock { state in
            defer { (state.isStopping, state.isInterrupted) = (true, state.current != nil) }
            return !state.isStopping
        }
        guard isFirst else { return }
        host.interpreter.interrupt()
        input.reply(nil)
        _ = requests.takeExecutions()
        requests.add(.stop)
        // A call of C's that does not come back keeps nobody waiting.
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 2)
            _exit(0)
        }
    }

    // MARK: Messages

    /// Sends to all who listen. The topic is that of the message's type, as other kernels have it.
    func publish(_ type: String, _ content: JSON, parent: JSON) {
        var message = Message(type, content, session: name, parent: parent)
        message.identities = [Array("kernel.\(name).\(type)".utf8)]
        wire.send(message, on: .iopub)
    }

    func reply(_ type: String, _ content: JSON, to request: Message, on channel: Wire.Channel) {
        var message = Message(type, content, session: name, parent: request.header)
        message.identities = request.identities
        wire.send(message, on: channel)
    }

    /// What no cell wrote by itself: programs that it started, C libraries.
    private func take(_ stream: StandardStream, _ bytes: [UInt8]) {
        let output = state.withLock { $0.output }
        if let output { return output.take(.text(stream, bytes)) }
        let text = String(decoding: bytes, as: UTF8.self)
        publish("stream", ["name": stream == .output ? "stdout" : "stderr", "text": .text(text)], parent: [:])
    }

    func drainStray() { stray?.drain() }
}
