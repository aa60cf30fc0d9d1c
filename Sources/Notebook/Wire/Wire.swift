import Foundation
import LuaFlow
import Synchronization

/// The five sockets of a kernel, and the one thread that touches them: it receives, and sends what others leave for it.
final class Wire: @unchecked Sendable {
    typealias Channel = ConnectionFile.Channel

    /// What the thread tells whoever handles it, on that thread.
    struct Events {
        /// A message that was right, on shell, control or stdin.
        var received: (Channel, Message) -> Void
        /// Frames that were no message.
        var refused: (Channel, Message.Fault) -> Void
        /// Somebody listens to this topic of iopub from now on.
        var subscribed: (_ topic: [UInt8]) -> Void
        /// SIGINT.
        var interrupted: () -> Void
        /// From time to time, twenty times a second while `isBusy` says so.
        var tick: () -> Void
        var isBusy: () -> Bool
    }

    let signature: Signature
    private let zmq: ZMQ
    private let context: ZMQ.Pointer
    private let sockets: [Channel: ZMQ.Pointer]
    private let outgoing = Mutex<[(channel: Channel, frames: [[UInt8]])]>([])
    private let isOver = Atomic<Bool>(false)
    /// A byte in it wakes the thread.
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
                    // However far behind a reader is, nothing is left out.
                    try zmq.set(socket, .sendHighWater, 0)
                }
                // A client that comes back under its old name takes that over.
                if [.shell, .control, .stdin].contains(channel) { try zmq.set(socket, .handover, 1) }
                try zmq.bind(socket, connection.address(channel))
            }
        } catch {
            for socket in sockets.values { zmq.close(socket) }
            zmq.end(context)
            throw error
        }
        self.sockets = sockets
    }

    deinit {
        close(wake.read)
        close(wake.write)
    }

    private static func type(_ channel: Channel) -> ZMQ.SocketType {
        switch channel {
        case .shell, .control, .stdin: .router
        // It tells of subscriptions, which `iopub_welcome` answers.
        case .iopub: .extendedPublish
        case .heartbeat: .reply
        }
    }

    // MARK: From any thread

    /// Leaves a message to be sent, after those left before.
    func send(_ message: Message, on channel: Channel) {
        let frames = message.frames(signature)
        outgoing.withLock { $0.append((channel, frames)) }
        Wire.put(Wire.wakeByte, into: wake.write)
    }

    /// What was left is still sent.
    func stop() {
        isOver.store(true, ordering: .releasing)
        Wire.put(Wire.wakeByte, into: wake.write)
    }

    private static func put(_ byte: UInt8, into descriptor: Int32) {
        var byte = byte
        // A full pipe wakes as well.
        _ = write(descriptor, &byte, 1)
    }

    /// From now on SIGINT is heard by this wire's thread. Children have the signal as ever.
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

    /// Serves the sockets until ``stop()``, then closes them. On a thread of its own.
    func run(_ events: Events) {
        let channels = Channel.allCases
        var items = channels.map { ZMQ.PollItem(socket: sockets[$0]) } + [ZMQ.PollItem(descriptor: wake.read)]
        while true {
            // Before what was left is looked at: nothing is left behind.
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

    /// Empties the pipe. Whether SIGINT came.
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
                // 1 and a topic: somebody subscribes to it.
                if let first = frames.first, first.first == 1 { events.subscribed(Array(first.dropFirst())) }
            default:
                do { events.received(channel, try Message(frames, signature)) } catch { events.refused(channel, error) }
            }
        }
    }
}

/// Where the signal's handler, which has no argument, puts its byte.
private let interruptDescriptor = Atomic<Int32>(-1)
