import Foundation
import LuaFlow
import Synchronization

/// What one request writes and shows, on its way to iopub: text in pieces that are neither many nor late.
final class CellOutput: Sendable {
    private struct Waiting {
        var stream = StandardStream.output
        var bytes: [UInt8] = []
        /// When the first of them came, in nanoseconds.
        var since: UInt64 = 0
        /// What was shown under a name.
        var names: Set<String> = []
    }

    private let waiting = Mutex(Waiting())
    private let publish: @Sendable (_ type: String, _ content: JSON) -> Void
    /// Under which names of things that are replaced are this request's own.
    private let prefix: String

    /// More text than this is sent at once, and text that waited as long.
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

    private static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

    /// A letter that is not whole yet waits, but for the last.
    private func send(_ waiting: inout Waiting, all: Bool) {
        let whole = all ? waiting.bytes.count : CellOutput.wholeLetters(waiting.bytes)
        guard whole > 0 else { return }
        let text = String(decoding: waiting.bytes[..<whole], as: UTF8.self)
        waiting.bytes.removeFirst(whole)
        waiting.since = CellOutput.now
        publish("stream", ["name": waiting.stream == .output ? "stdout" : "stderr", "text": .text(text)])
    }

    /// How many bytes there are up to the end of the last whole letter.
    static func wholeLetters(_ bytes: [UInt8]) -> Int {
        // The last byte that begins a letter, among the last four.
        guard let start = bytes.suffix(4).lastIndex(where: { $0 & 0xc0 != 0x80 }) else { return bytes.count }
        let length = bytes[start] < 0xc0 ? 1 : bytes[start] < 0xe0 ? 2 : bytes[start] < 0xf0 ? 3 : 4
        return start + length > bytes.count ? start : bytes.count
    }
}

/// Ways to show a value as Jupyter's object of MIME types.
enum MIMEBundle {
    static func json(_ ways: [Representation]) -> JSON {
        var members: [String: JSON] = [:]
        for way in ways {
            switch way.content {
            case .text(let text): members[way.mime] = .text(text)
            case .bytes(let bytes): members[way.mime] = .text(Data(bytes).base64EncodedString())
            }
        }
        // Readers without pictures have something to show.
        if members["text/plain"] == nil { members["text/plain"] = members["image/png"] == nil ? "" : "(picture)" }
        return .object(members)
    }
}
