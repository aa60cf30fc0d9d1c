import Foundation
import LuaFlow
import Synchronization

/// Collects the output of a request and sends it to iopub: text in few pieces, without much delay.
final class CellOutput: Sendable {
    private struct Waiting {
        var stream = StandardStream.output
        var bytes: [UInt8] = []
        /// The time of the oldest waiting text, in nanoseconds.
        var since: UInt64 = 0
        /// The ids under which something was shown.
        var names: Set<String> = []
    }

    private let waiting = Mutex(Waiting())
    private let publish: @Sendable (_ type: String, _ content: JSON) -> Void
    /// Makes the ids of things that are replaced unique to this request.
    private let prefix: String

    /// The most bytes of text that wait; and text is also sent after some time.
    private static let most = 1 << 14
    private static let longest: UInt64 = 40_000_000

    init(prefix: String, publish: @escaping @Sendable (_ type: String, _ content: JSON) -> Void) {
        (self.prefix, self.publish) = (prefix, publish)
    }

    func take(_ piece: RunStreams.Piece) {
        waiting.withLock { waiting in
            switch piece {
            case .text(let stream, let bytes):
                if stream != waiting.stream { send(&waiting, all: true) }
                if waiting.bytes.isEmpty { waiting.since = CellOutput.now }
                waiting.stream = stream
                waiting.bytes += bytes
                if waiting.bytes.count >= CellOutput.most { send(&waiting, all: false) }
            case .shown(let ways):
                send(&waiting, all: true)
                publish("display_data", ["data": MIMEBundle.json(ways), "metadata": [:], "transient": [:]])
            case .replaced(let id, let ways):
                send(&waiting, all: true)
                let isNew = waiting.names.insert(id).inserted
                publish(
                    isNew ? "display_data" : "update_display_data",
                    [
                        "data": MIMEBundle.json(ways), "metadata": [:],
                        "transient": ["display_id": .text(prefix + id)],
                    ])
            case .cleared(let wait):
                send(&waiting, all: true)
                publish("clear_output", ["wait": .flag(wait)])
            }
        }
    }

    /// Sends what waits; without `all` only what has waited long enough.
    func flush(all: Bool = true) {
        waiting.withLock { waiting in
            if all || CellOutput.now - waiting.since > CellOutput.longest { send(&waiting, all: all) }
        }
    }

    /// Takes away what waits behind the last whole line. What has waited long was sent, and is not in it.
    func takeUnfinishedLine() -> String {
        waiting.withLock { waiting in
            guard waiting.stream == .output else { return "" }
            let start = waiting.bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            defer { waiting.bytes.removeSubrange(start...) }
            return String(decoding: waiting.bytes[start...], as: UTF8.self)
        }
    }

    private static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

    /// An incomplete character is held back, unless it is the last.
    private func send(_ waiting: inout Waiting, all: Bool) {
        let whole = all ? waiting.bytes.count : CellOutput.wholeLetters(waiting.bytes)
        guard whole > 0 else { return }
        let text = String(decoding: waiting.bytes[..<whole], as: UTF8.self)
        waiting.bytes.removeFirst(whole)
        waiting.since = CellOutput.now
        publish("stream", ["name": waiting.stream == .output ? "stdout" : "stderr", "text": .text(text)])
    }

    /// The number of bytes up to the end of the last complete character.
    static func wholeLetters(_ bytes: [UInt8]) -> Int {
        // The last byte that begins a character, among the last four.
        guard let start = bytes.suffix(4).lastIndex(where: { $0 & 0xc0 != 0x80 }) else { return bytes.count }
        let length = bytes[start] < 0xc0 ? 1 : bytes[start] < 0xe0 ? 2 : bytes[start] < 0xf0 ? 3 : 4
        return start + length > bytes.count ? start : bytes.count
    }
}

/// Representations of a value as Jupyter's object of MIME types.
enum MIMEBundle {
    static func json(_ ways: [Representation]) -> JSON {
        var members: [String: JSON] = [:]
        for way in ways {
            switch way.content {
            case .text(let text): members[way.mime] = .text(text)
            case .bytes(let bytes): members[way.mime] = .text(Data(bytes).base64EncodedString())
            }
        }
        // A text for readers that cannot show images.
        if members["text/plain"] == nil { members["text/plain"] = members["image/png"] == nil ? "" : "(picture)" }
        return .object(members)
    }
}
