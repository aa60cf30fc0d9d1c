import Foundation
import LuaFlow
import Synchronization

/// The kernel's five sockets, and the single thread that uses them: it receives, and sends what others have queued.
final class Wire: @unchecked Sendable {
    typealias Channel = ConnectionFile.Channel

    /// Callbacks of the thread, called on it.
    struct Events {
        /// A valid message arrived on shell, control or stdin.
        var received: (Channel, Message) -> Void
        /// Frames arrived that are no valid message.
        var refused: (Channel, Message.Fault) -> Void
        /// A client has subscribed to this topic of iopub.
        var subscribed: (_ topic: [UInt8]) -> Void
        /// SIGINT arrived.
        var interrupted: () -> Void
        /// Called from time to time, twenty times a second while `isBusy` returns true.
        var tick: () -> Void
        var isBusy: () -> Bool
    }

    let signature: Signature
    private let zmq: ZMQ
    private let context: ZMQ.Pointer
    private let sockets: [Channel: ZMQ.Pointer]
    private let outgoing = Mutex<[(channel: Channel, frames: [[UInt8]])]>([])
    private let isOver = Atomic<Bool>(false)
    /// Writing a byte to it wakes the thread.
    private let wake: (read: Int32, write: Int32)

    private static let wakeByte: UInt8 = 1
    private static let interruptByte: UInt8 = 2

    /// Binds all sockets.
    init(_ connection: ConnectionFile) throws {
        zmq = try ZMQ()
        signature = Signature(key: connection.key)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw ScriptError(ConnectionFile.operation, "no pipe: \(String(cString: strerror(errno)))")
        }
        wake = (ends[0], ends[1])
        var isOpen = false
        defer { if !isOpen { ends.forEach { close($0) } } }
        for end in ends {
            _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        context = try zmq.context()
        var sockets: [Channel: ZMQ.Pointer] = [:]
        do {
            for channel in Channel.allCases {
                let socket = try zmq.socket(context, Wire.type(channel))
                sockets[channel] = socket
                if channel == .iopub {
                    try zmq.set(socket, .extendedPublishVerbose, 1)
                    // No messages are dropped, however slow a reader is.
                    try zmq.set(socket, .sendHighWater, 0)
                }
                // A client that reconnects with its old name replaces the old connection.
                if [.shell, .control, .stdin].contains(channel) { try zmq.set(socket, .handover, 1) }
                try zmq.bind(socket, connection.address(channel))
            }
        } catch {
            for socket in sockets.values { zmq.close(socket) }
            zmq.end(context)
            throw error
        }
        self.sockets = sockets
        isOpen = true
    }

    deinit {
        close(wake.read)
        close(wake.write)
    }

    private static func type(_ channel: Channel) -> ZMQ.SocketType {
        switch channel {
        case .shell, .control, .stdin: .router
        // This type reports subscriptions, which `iopub_welcome` answers.
        case .iopub: .extendedPublish
        case .heartbeat: .reply
        }
    }

    // MARK: From any thread

    /// Queues a message, after those queued before.
    func send(_ message: Message, on channel: Channel) {
        let frames = message.frames(signature)
        outgoing.withLock { $0.append((channel, frames)) }
        Wire.put(Wire.wakeByte, into: wake.write)
    }

    /// Queued messages are still sent.
    func stop() {
        isOver.store(true, ordering: .releasing)
        Wire.put(Wire.wakeByte, into: wake.write)
    }

    private static func put(_ byte: UInt8, into descriptor: Int32) {
        var byte = byte
        // If the pipe is full, the thread will wake anyway.
        _ = write(descriptor, &byte, 1)
    }

    /// From now on SIGINT goes to this thread. Child processes have the default handling.
    func hearInterrupts() {
        interruptDescriptor.store(wake.write, ordering: .releasing)
        signal(SIGINT) { _ in
            let saved = errno
            var byte = Wire.interruptByte
            _ = write(interruptDescriptor.load(ordering: .acquiring), &byte, 1)
            errno = saved
        }
        // A program started from a thread that blocks signals inherits that.
        var heard = sigset_t()
        sigemptyset(&heard)
        sigaddset(&heard, SIGINT)
        pthread_sigmask(SIG_UNBLOCK, &heard, nil)
    }

    // MARK: The thread

    /// Serves the sockets until ``stop()``, then closes them. Runs on a separate thread.
    func run(_ events: Events) {
        let channels = Channel.allCases
        var items = channels.map { ZMQ.PollItem(socket: sockets[$0]) } + [ZMQ.PollItem(descriptor: wake.read)]
        while true {
            // Read before the queue, so that nothing stays in it.
            let isLast = isOver.load(ordering: .acquiring)
            sendAll()
            if isLast { break }
            zmq.poll(&items, milliseconds: events.isBusy() ? 50 : 1000)
            if items[channels.count].found != 0, heard() { events.interrupted() }
            for (channel, item) in zip(channels, items) where item.found != 0 { receive(channel, events) }
            events.tick()
        }
        for socket in sockets.values { zmq.close(socket) }
        zmq.end(context)
    }

    private func sendAll() {
        let waiting = outgoing.withLock { waiting in
            defer { waiting.removeAll() }
            return waiting
        }
        for (channel, frames) in waiting { if let socket = sockets[channel] { zmq.send(socket, frames) } }
    }

    /// Empties the pipe; returns whether SIGINT arrived.
    private func heard() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 256)
        var interrupted = false
        while case let count = read(wake.read, &bytes, bytes.count), count > 0 {
            interrupted = interrupted || bytes[..<count].contains(Wire.interruptByte)
        }
        return interrupted
    }

    private func receive(_ channel: Channel, _ events: Events) {
        guard let socket = sockets[channel] else { return }
        while let frames = zmq.receive(socket) {
            switch channel {
            case .heartbeat: zmq.send(socket, frames)
            case .iopub:
                // 1 and a topic: a client subscribes to it.
                if let first = frames.first, first.first == 1 { events.subscribed(Array(first.dropFirst())) }
            default:
                do { events.received(channel, try Message(frames, signature)) } catch { events.refused(channel, error) }
            }
        }
    }
}

/// The descriptor to which the signal handler, which has no arguments, writes a byte.
private let interruptDescriptor = Atomic<Int32>(-1)
