import Foundation
import LuaFlow

/// libzmq 4, loaded when a kernel starts: linked with the program, its dozen dependencies would add 3 ms to every
/// start. https://libzmq.readthedocs.io
struct ZMQ: Sendable {
    typealias Pointer = UnsafeMutableRawPointer

    /// Types and options of sockets, with the numbers in zmq.h.
    enum SocketType: Int32 {
        case router = 6
        case reply = 4
        case request = 3
        case dealer = 5
        case subscribe = 2
        case extendedPublish = 9
    }
    enum Option: Int32 {
        case subscribe = 6
        case receiveMore = 13
        case linger = 17
        case sendHighWater = 23
        case extendedPublishVerbose = 40
        case handover = 56
    }
    private static let dontWait: Int32 = 1, sendMore: Int32 = 2
    static let pollIn: Int16 = 1

    /// The structure zmq_pollitem_t.
    struct PollItem {
        var socket: Pointer?
        var descriptor: Int32 = 0
        var events: Int16 = ZMQ.pollIn
        var found: Int16 = 0
    }

    private let newContext: @convention(c) () -> Pointer?
    private let endContext: @convention(c) (Pointer?) -> Int32
    private let newSocket: @convention(c) (Pointer?, Int32) -> Pointer?
    private let closeSocket: @convention(c) (Pointer?) -> Int32
    private let setOption: @convention(c) (Pointer?, Int32, UnsafeRawPointer?, Int) -> Int32
    private let getOption: @convention(c) (Pointer?, Int32, Pointer?, UnsafeMutablePointer<Int>?) -> Int32
    private let bindTo: @convention(c) (Pointer?, UnsafePointer<CChar>?) -> Int32
    private let connectTo: @convention(c) (Pointer?, UnsafePointer<CChar>?) -> Int32
    private let sendBytes: @convention(c) (Pointer?, UnsafeRawPointer?, Int, Int32) -> Int32
    private let messageInit: @convention(c) (Pointer?) -> Int32
    private let messageReceive: @convention(c) (Pointer?, Pointer?, Int32) -> Int32
    private let messageData: @convention(c) (Pointer?) -> Pointer?
    private let messageSize: @convention(c) (Pointer?) -> Int
    private let messageClose: @convention(c) (Pointer?) -> Int32
    private let pollSockets: @convention(c) (Pointer?, Int32, Int) -> Int32
    private let errorNumber: @convention(c) () -> Int32
    private let errorText: @convention(c) (Int32) -> UnsafePointer<CChar>?

    private static let names = [
        "libzmq.so.5", "libzmq.5.dylib", "/opt/homebrew/lib/libzmq.5.dylib", "/usr/local/lib/libzmq.5.dylib",
        "libzmq.so",
    ]

    init(names: [String] = names) throws {
        guard let library = names.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first else {
            throw ScriptError(
                ConnectionFile.operation,
                "libzmq is not installed, by which notebooks talk to their kernels: "
                    + "apt-get install libzmq5, or brew install zeromq")
        }
        func function<F>(_ name: String, as type: F.Type = F.self) throws -> F {
            guard let address = dlsym(library, name) else {
                throw ScriptError(ConnectionFile.operation, "libzmq has no \(name): version 4 expected")
            }
            return unsafeBitCast(address, to: type)
        }
        newContext = try function("zmq_ctx_new")
        endContext = try function("zmq_ctx_term")
        newSocket = try function("zmq_socket")
        closeSocket = try function("zmq_close")
        setOption = try function("zmq_setsockopt")
        getOption = try function("zmq_getsockopt")
        bindTo = try function("zmq_bind")
        connectTo = try function("zmq_connect")
        sendBytes = try function("zmq_send")
        messageInit = try function("zmq_msg_init")
        messageReceive = try function("zmq_msg_recv")
        messageData = try function("zmq_msg_data")
        messageSize = try function("zmq_msg_size")
        messageClose = try function("zmq_msg_close")
        pollSockets = try function("zmq_poll")
        errorNumber = try function("zmq_errno")
        errorText = try function("zmq_strerror")
    }

    private func fault(_ what: String) -> ScriptError {
        let text = errorText(errorNumber()).map { String(cString: $0) } ?? "unknown error"
        return ScriptError(ConnectionFile.operation, "\(what): \(text)")
    }

    // MARK: Contexts and sockets

    func context() throws -> Pointer {
        guard let context = newContext() else { throw fault("no context of libzmq") }
        return context
    }

    /// Waits until queued messages are sent, as long as the sockets' `linger` allows.
    func end(_ context: Pointer) { while endContext(context) != 0, errorNumber() == EINTR {} }

    func socket(_ context: Pointer, _ type: SocketType, linger: Int32 = 1000) throws -> Pointer {
        guard let socket = newSocket(context, type.rawValue) else { throw fault("no socket of libzmq") }
        do {
            try set(socket, .linger, linger)
        } catch {
            close(socket)
            throw error
        }
        return socket
    }

    func set(_ socket: Pointer, _ option: Option, _ value: Int32) throws {
        var value = value
        guard setOption(socket, option.rawValue, &value, 4) == 0 else { throw fault("option \(option) of a socket") }
    }

    func subscribe(_ socket: Pointer) throws {
        guard setOption(socket, Option.subscribe.rawValue, nil, 0) == 0 else { throw fault("a subscription") }
    }

    func bind(_ socket: Pointer, _ address: String) throws {
        guard bindTo(socket, address) == 0 else { throw fault(address) }
    }

    func connect(_ socket: Pointer, _ address: String) throws {
        guard connectTo(socket, address) == 0 else { throw fault(address) }
    }

    func close(_ socket: Pointer) { _ = closeSocket(socket) }

    // MARK: Messages

    /// - Returns: whether the whole message was accepted.
    @discardableResult
    func send(_ socket: Pointer, _ frames: [[UInt8]]) -> Bool {
        for (place, frame) in frames.enumerated() {
            let flags = place + 1 < frames.count ? ZMQ.sendMore : 0
            while frame.withUnsafeBytes({ sendBytes(socket, $0.baseAddress, $0.count, flags) }) < 0 {
                guard errorNumber() == EINTR else { return false }
            }
        }
        return true
    }

    /// The frames of the next message; nil if none is waiting.
    func receive(_ socket: Pointer) -> [[UInt8]]? {
        var frames: [[UInt8]] = []
        // zmq_msg_t is 64 bytes, aligned as a pointer.
        let message = Pointer.allocate(byteCount: 64, alignment: 16)
        defer { message.deallocate() }
        while true {
            guard messageInit(message) == 0 else { return nil }
            defer { _ = messageClose(message) }
            // The frames of a message arrive together: only for the first there may be a wait.
            while messageReceive(message, socket, frames.isEmpty ? ZMQ.dontWait : 0) < 0 {
                guard errorNumber() == EINTR else { return nil }
            }
            let bytes = UnsafeRawBufferPointer(start: messageData(message), count: messageSize(message))
            frames.append(Array(bytes))
            var more: Int32 = 0
            var size = 4
            guard getOption(socket, Option.receiveMore.rawValue, &more, &size) == 0, more != 0 else { return frames }
        }
    }

    /// Waits until one of the sockets can be read, at most so many milliseconds; a signal ends the wait.
    func poll(_ items: inout [PollItem], milliseconds: Int) {
        for index in items.indices { items[index].found = 0 }
        let count = Int32(items.count)
        items.withUnsafeMutableBytes { _ = pollSockets($0.baseAddress, count, milliseconds) }
    }
}
