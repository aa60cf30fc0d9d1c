import Foundation
import LuaFlow
import Synchronization

/// What is written to the process's own standard output and error, by programs that scripts start and by C libraries:
/// read through pipes and handed on. What we have to say ourselves goes where standard error went before.
final class StrayOutput: @unchecked Sendable {
    private let ends: [(stream: StandardStream, read: Int32, before: Int32)]
    private let take: @Sendable (StandardStream, [UInt8]) -> Void
    /// Held while a piece is read and handed on.
    private let reading = Mutex(())
    private let isOver = Atomic<Bool>(false)

    /// - Returns: nil where the system gives no pipes; everything is as before then.
    init?(_ take: @escaping @Sendable (StandardStream, [UInt8]) -> Void) {
        self.take = take
        StandardStream.flush()
        var ends: [(stream: StandardStream, read: Int32, before: Int32)] = []
        for stream in [StandardStream.output, .error] {
            var pair: [Int32] = [-1, -1]
            let before = fcntl(stream.rawValue, F_DUPFD_CLOEXEC, 3)
            guard before >= 0, pipe(&pair) == 0 else { break }
            _ = fcntl(pair[0], F_SETFD, FD_CLOEXEC)
            _ = fcntl(pair[0], F_SETFL, fcntl(pair[0], F_GETFL) | O_NONBLOCK)
            dup2(pair[1], stream.rawValue)
            close(pair[1])
            ends.append((stream, pair[0], before))
        }
        self.ends = ends
        guard ends.count == 2 else {
            giveBack()
            return nil
        }
        Thread.detachNewThread { self.run() }
    }

    private func run() {
        while !isOver.load(ordering: .acquiring) {
            var waiting = ends.map { pollfd(fd: $0.read, events: Int16(POLLIN), revents: 0) }
            guard poll(&waiting, nfds_t(waiting.count), 500) > 0 else { continue }
            drain()
        }
    }

    /// Hands on all that was written so far.
    func drain() {
        StandardStream.flush()
        reading.withLock { _ in
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            for end in ends {
                // A program that writes without an end has its turn again.
                for _ in 0..<64 {
                    let count = read(end.read, &bytes, bytes.count)
                    guard count > 0 else { break }
                    take(end.stream, Array(bytes[..<count]))
                }
            }
        }
    }

    /// A line of our own, for whoever started the kernel.
    func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        guard let end = ends.last else { return }
        bytes.withUnsafeBytes { _ = StandardStream.write($0, to: end.before) }
    }

    /// Makes the streams what they were.
    func giveBack() {
        isOver.store(true, ordering: .releasing)
        StandardStream.flush()
        for end in ends { dup2(end.before, end.stream.rawValue) }
    }
}
