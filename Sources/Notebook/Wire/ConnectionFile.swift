import Foundation
import LuaFlow

/// The addresses of the sockets, and the key that signs messages: the file that Jupyter writes for a kernel.
struct ConnectionFile: Equatable, Sendable {
    enum Channel: String, CaseIterable, Sendable {
        case shell, control, iopub, stdin
        case heartbeat = "hb"
    }

    let transport: String
    let ip: String
    let ports: [Channel: Int]
    let key: [UInt8]

    static let operation = "luaflow kernel run"
    /// Longer than any connection file.
    private static let longest = 1 << 20

    init(path: ByteString) throws {
        func fault(_ words: String) -> ScriptError { ScriptError(ConnectionFile.operation, "\(path): \(words)") }
        guard let stamp = FileStamp(path), stamp.isRegular else { throw fault("there is no such file") }
        guard stamp.size <= ConnectionFile.longest else {
            throw fault("\(stamp.size) bytes: a connection file has a few hundred")
        }
        guard let bytes = path.fileContents else { throw fault("cannot be read") }
        try self.init(bytes, called: path.text)
    }

    init(_ bytes: [UInt8], called name: String) throws {
        func fault(_ words: String) -> ScriptError { ScriptError(ConnectionFile.operation, "\(name): \(words)") }
        let file: JSON
        do { file = try JSON(bytes) } catch { throw fault("no JSON: \(error)") }
        guard case .object = file else { throw fault("a JSON object expected") }
        func text(_ member: String) throws -> String {
            guard let text = file[member]?.text else { throw fault("\"\(member)\" is missing, or no text") }
            return text
        }
        transport = try text("transport")
        guard ["tcp", "ipc"].contains(transport) else {
            throw fault("\"transport\" is \"\(transport)\"; \"tcp\" or \"ipc\" expected")
        }
        ip = try text("ip")
        key = Array(try text("key").utf8)
        let scheme = file["signature_scheme"]?.text ?? "hmac-sha256"
        guard scheme == "hmac-sha256" || key.isEmpty else {
            throw fault("\"signature_scheme\" is \"\(scheme)\"; \"hmac-sha256\" expected")
        }
        var ports: [Channel: Int] = [:]
        for channel in Channel.allCases {
            let member = channel.rawValue + "_port"
            guard let port = file[member]?.integer, (1...65535).contains(port) else {
                throw fault("\"\(member)\" is missing, or no number from 1 to 65535")
            }
            ports[channel] = port
        }
        self.ports = ports
    }

    func address(_ channel: Channel) -> String {
        let port = ports[channel] ?? 0
        return transport == "ipc" ? "ipc://\(ip)-\(port)" : "tcp://\(ip):\(port)"
    }
}
