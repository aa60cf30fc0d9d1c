import LuaFlow
import Synchronization

@testable import Sessions

/// A session for a test, and what its cells have written.
final class Conversation: Sendable {
    nonisolated(unsafe) let session: Session
    private let pieces = Mutex<[RunStreams.Piece]>([])
    private let lines: Mutex<[String]>

    /// - Parameter lines: the lines that `io.read` gets, in order.
    init(lines: [String] = []) throws {
        var options = Interpreter.Options()
        options.globals = true
        let host = try LuaFlow.Host(options: options)
        host.context.service(GlobalGenerator.self).generator = Generator(seed: 0)
        session = try Session(host: host, inputName: "cell")
        try host.interpreter.takeStreams()
        self.lines = Mutex(lines)
    }

    deinit { session.host.interpreter.close() }

    /// Evaluates cells in turn, and returns the last one's result.
    @discardableResult
    func cell(_ texts: String...) -> Evaluation {
        var last = Evaluation()
        for text in texts {
            pieces.withLock { $0.removeAll() }
            let streams = RunStreams(line: { [self] in next() }) { [self] piece in pieces.withLock { $0.append(piece) }
            }
            last = session.evaluate(text, streams: streams)
        }
        return last
    }

    private func next() -> [UInt8]? { lines.withLock { $0.isEmpty ? nil : Array($0.removeFirst().utf8) } }

    /// What the last cell wrote and showed, in order.
    var written: [RunStreams.Piece] { pieces.withLock { $0 } }

    /// What the last cell wrote to standard output.
    var output: String { text(of: .output) }
    var errors: String { text(of: .error) }

    private func text(of stream: StandardStream) -> String {
        let bytes = written.flatMap { piece -> [UInt8] in
            if case .text(stream, let bytes) = piece { bytes } else { [] }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Evaluation {
    /// The representations of the last value, by media type.
    var ways: [String: Representation.Content] {
        Dictionary(uniqueKeysWithValues: (shown.last ?? []).map { ($0.mime, $0.content) })
    }

    var plain: String? { if case .text(let text)? = ways["text/plain"] { text } else { nil } }
    var html: String? { if case .text(let text)? = ways["text/html"] { text } else { nil } }
}
