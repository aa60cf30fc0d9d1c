import Foundation
import LuaFlow
import Sessions
import Synchronization

/// A Jupyter kernel, protocol 5.4 (https://jupyter-client.readthedocs.io/en/stable/messaging.html): a session with a
/// notebook as its client.
///
/// Requests on the shell channel are answered in order by the thread that called ``run()``; those on the control
/// channel at once, by the thread of the sockets, so that a running cell can be interrupted.
public final class Kernel: @unchecked Sendable {
    let host: LuaFlow.Host
    let session: Session
    let wire: Wire
    let requests = Requests()
    let input = InputRequests()
    /// A new name at every start, for message headers.
    let name = UUID().uuidString
    let state = Mutex(State())
    private var stray: StrayOutput?
    /// The process that started the kernel, according to Jupyter.
    private let parent = ProcessInfo.processInfo.environment["JPY_PARENT_PID"]

    struct State: Sendable {
        var executionCount = 0
        var history = CellHistory()
        /// The request that is being answered; output belongs to it.
        var current: Message?
        var output: CellOutput?
        /// A run was told to stop, and is told again until it has stopped.
        var isInterrupted = false
        /// Whether the front end can ask the user for the cell's input.
        var canAsk = false
        /// A loop of the cell is paused and asks what to do.
        var isPaused = false
        var isStopping = false
    }

    /// - Parameter host: a host with ``NotebookModule``, for use in cells, and with modules as globals.
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

    /// Serves until it is told to shut down.
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

    /// Prints a message for whoever started the kernel; a notebook would not show it.
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
        // An interrupt that came just before the cell began to wait for input found nobody waiting.
        if again {
            host.interpreter.interrupt()
            input.reply(nil)
        }
        // The program that started the kernel is gone, so that no requests will come.
        if parent != nil, parent != "1", getppid() == 1 { stop() }
    }

    private func welcome(_ topic: [UInt8]) {
        let content: JSON = ["subscription": .text(String(decoding: topic, as: UTF8.self))]
        var message = Message("iopub_welcome", content, session: name)
        message.identities = [topic]
        wire.send(message, on: .iopub)
    }

    /// Stops the running cell; a loop of `host.steps` is paused first, where somebody can answer. During a pause it
    /// abandons the line that is waited for, or stops what was entered.
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
        // A C function that does not return must not block the sockets.
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 2)
            _exit(0)
        }
    }

    // MARK: Messages

    /// Sends to all subscribers. The topic is the message's type, as in other kernels.
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

    /// Output that no cell wrote itself: from programs that it started and C libraries.
    private func take(_ stream: StandardStream, _ bytes: [UInt8]) {
        let output = state.withLock { $0.output }
        if let output { return output.take(.text(stream, bytes)) }
        let text = String(decoding: bytes, as: UTF8.self)
        publish("stream", ["name": stream == .output ? "stdout" : "stderr", "text": .text(text)], parent: [:])
    }

    func drainStray() { stray?.drain() }
}
