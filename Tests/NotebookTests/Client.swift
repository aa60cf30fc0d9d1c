import Foundation
import ProgramChecks

@testable import Notebook

/// A kernel in a process of its own, and the notebook's ends of its sockets.
final class Client {
    let zmq: ZMQ
    private let context: ZMQ.Pointer
    private var sockets: [ConnectionFile.Channel: ZMQ.Pointer] = [:]
    private let process = Process()
    private let folder: URL
    let signature: Signature

    static let isPossible = (try? ZMQ()) != nil
    private static let patience = 60_000

    init() throws {
        zmq = try ZMQ()
        context = try zmq.context()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("notebook-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        signature = Signature(key: Array(UUID().uuidString.utf8))
        // Unix sockets, as a TCP port may be in use.
        var connection: [String: JSON] = [
            "transport": "ipc", "ip": .text(folder.appendingPathComponent("s").path),
            "key": .text(String(decoding: signature.key, as: UTF8.self)), "signature_scheme": "hmac-sha256",
        ]
        for (number, channel) in ConnectionFile.Channel.allCases.enumerated() {
            connection[channel.rawValue + "_port"] = .integer(number + 1)
        }
        let file = folder.appendingPathComponent("c.json")
        try Data(JSON.object(connection).bytes).write(to: file)
        process.executableURL = try Command.program
        process.arguments = ["kernel", "run", file.path]
        process.environment = Command.environment
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let ends = try ConnectionFile(JSON.object(connection).bytes, called: "c.json")
        for (channel, type) in [
            (ConnectionFile.Channel.shell, ZMQ.SocketType.dealer), (.control, .dealer), (.stdin, .dealer),
            (.iopub, .subscribe), (.heartbeat, .request),
        ] {
            let socket = try zmq.socket(context, type, linger: 0)
            try zmq.connect(socket, ends.address(channel))
            if channel == .iopub { try zmq.subscribe(socket) }
            sockets[channel] = socket
        }
        // Messages published before the subscription is active are lost; the kernel sends a welcome when it is.
        while let frames = frames(on: .iopub, within: Client.patience) {
            if let message = try? Message(frames, signature), message.type == "iopub_welcome" { break }
        }
    }

    deinit {
        kill()
        for socket in sockets.values { zmq.close(socket) }
        zmq.end(context)
        try? FileManager.default.removeItem(at: folder)
    }

    func kill() {
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    var isRunning: Bool { process.isRunning }

    func signal(_ number: Int32) { Foundation.kill(process.processIdentifier, number) }

    /// Waits for the process to end, and returns its exit status.
    func status() -> Int32 {
        process.waitUntilExit()
        return process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus
    }

    @discardableResult
    func send(_ type: String, _ content: JSON = [:], on channel: ConnectionFile.Channel = .shell) -> String {
        let message = Message(type, content, session: "test")
        send(message.frames(signature), on: channel)
        return message.id
    }

    func send(_ frames: [[UInt8]], on channel: ConnectionFile.Channel) {
        if let socket = sockets[channel] { zmq.send(socket, frames) }
    }

    /// The next message's frames; nil when none comes within the time.
    func frames(on channel: ConnectionFile.Channel, within milliseconds: Int = patience) -> [[UInt8]]? {
        guard let socket = sockets[channel] else { return nil }
        var items = [ZMQ.PollItem(socket: socket)]
        let end = Date().addingTimeInterval(Double(milliseconds) / 1000)
        while Date() < end {
            zmq.poll(&items, milliseconds: 100)
            if let frames = zmq.receive(socket) { return frames }
            if !process.isRunning { return nil }
        }
        return nil
    }

    func message(on channel: ConnectionFile.Channel) -> Message? {
        frames(on: channel).flatMap { try? Message($0, signature) }
    }

    /// The reply to a request.
    func reply(to id: String, on channel: ConnectionFile.Channel = .shell) -> JSON? {
        while let message = message(on: channel) { if message.parent["msg_id"] == .text(id) { return message.content } }
        return nil
    }

    /// What the kernel publishes on iopub for a request, until it reports to be idle.
    func published(of id: String) -> [(type: String, content: JSON)] {
        var all: [(type: String, content: JSON)] = []
        while let message = message(on: .iopub) {
            guard message.parent["msg_id"] == .text(id) else { continue }
            all.append((message.type, message.content))
            if message.type == "status", message.content["execution_state"] == "idle" { break }
        }
        return all
    }

    /// Runs a cell. Returns the reply, and what was published except `status` and `execute_input`.
    func execute(_ code: String, _ options: [String: JSON] = [:]) -> (
        reply: JSON, published: [(type: String, content: JSON)]
    ) {
        let id = send("execute_request", .object(["code": .text(code)].merging(options) { $1 }))
        let reply = reply(to: id) ?? .null
        return (reply, published(of: id).filter { !["status", "execute_input"].contains($0.type) })
    }
}
