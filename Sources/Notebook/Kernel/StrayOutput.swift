import Foundation
import LuaFlow
import Synchronization

/// Output to the process's own standard output and error, from programs that scripts start and from C libraries: read
/// through pipes and passed on. Our own messages go to the original standard error.
final class StrayOutput: @unchecked Sendable {
    private let ends: [(stream: StandardStream, read: Int32, before: Int32)]
    private let take: @Sendable (StandardStream, [UInt8]) -> Void
    /// Held while a piece is read and passed on.
    private let reading = Mutex(())
    private let isOver = Atomic<Bool>(false)

    /// - Returns: nil if the system has no pipes left; nothing is changed then.
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

    /// Passes on everything written so far.
    func drain() {
        StandardStream.flush()
        reading.withLock { _ in
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            for end in ends {
                // Limited, as a program may write without end.
                for _ in 0..<64 {
                    let count = read(end.read, &bytes, bytes.count)
                    guard count > 0 else { break }
                    take(end.stream, Array(bytes[..<count]))
                }
            }
        }
    }

    /// Prints a message of our own, for whoever started the kernel.
    func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        guard let end = ends.last else { return }
        bytes.withUnsafeBytes { _ = StandardStream.write($0, to: end.before) }
    }

    /// Restores the original streams.
    func giveBack() {
        isOver.store(true, ordering: .releasing)
        StandardStream.flush()
        for end in ends { dup2(end.before, end.stream.rawValue) }
    }
}
