import Foundation

/// A message of Jupyter's protocol, version 5.4.
struct Message: Sendable {
    /// Why frames are no valid message.
    struct Fault: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    static let version = "5.4"
    private static let delimiter = Array("<IDS|MSG>".utf8)

    /// The receiver or sender, on sockets with several peers; on iopub the topic.
    var identities: [[UInt8]] = []
    var header: JSON
    var parent: JSON = [:]
    var metadata: JSON = [:]
    var content: JSON
    var buffers: [[UInt8]] = []

    var type: String { header["msg_type"]?.text ?? "" }
    var id: String { header["msg_id"]?.text ?? "" }

    /// A new message.
    init(_ type: String, _ content: JSON, session: String, parent: JSON = [:], metadata: JSON = [:]) {
        header = [
            "msg_id": .text(UUID().uuidString), "session": .text(session), "username": "luaflow",
            "date": .text(Message.now()), "msg_type": .text(type), "version": .text(Message.version),
        ]
        (self.parent, self.metadata, self.content) = (parent, metadata, content)
    }

    private static func now() -> String {
        var time = timeval()
        gettimeofday(&time, nil)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        return String(
            format: "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1,
            Int(parts.tm_mday), Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec), Int(time.tv_usec))
    }

    // MARK: On the wire

    /// The message as frames: identities, `<IDS|MSG>`, the signature, then header, parent's header, metadata and
    /// content as JSON, and buffers.
    func frames(_ signature: Signature) -> [[UInt8]] {
        let parts = [header, parent, metadata, content].map(\.bytes)
        return identities + [Message.delimiter, Array(signature.of(parts).utf8)] + parts + buffers
    }

    init(_ frames: [[UInt8]], _ signature: Signature) throws(Fault) {
        guard let delimiter = frames.firstIndex(of: Message.delimiter) else {
            throw Fault(description: "no frame <IDS|MSG> among \(frames.count)")
        }
        guard frames.count >= delimiter + 6 else {
            throw Fault(
                description: "signature, header, parent header, metadata and content expected behind <IDS|MSG>, got "
                    + "\(frames.count - delimiter - 1) frames")
        }
        let parts = Array(frames[(delimiter + 2)..<(delimiter + 6)])
        // Checked before anything else is read.
        guard signature.isRight(frames[delimiter + 1], of: parts) else {
            throw Fault(description: "its signature is not that of the connection file's key")
        }
        var read: [JSON] = []
        for (name, part) in zip(["header", "parent header", "metadata", "content"], parts) {
            do {
                let value = try JSON(part)
                guard case .object = value else { throw JSON.Fault("an object expected") }
                read.append(value)
            } catch let fault as JSON.Fault {
                throw Fault(description: "its \(name) is no JSON object: \(fault)")
            } catch { throw Fault(description: "its \(name) cannot be read: \(error)") }
        }
        identities = Array(frames[..<delimiter])
        (header, parent, metadata, content) = (read[0], read[1], read[2], read[3])
        buffers = Array(frames[(delimiter + 6)...])
        guard !type.isEmpty else { throw Fault(description: "its header has no msg_type") }
    }
}
