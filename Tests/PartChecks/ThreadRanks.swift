import Foundation
import LuaFlow

/// Ranks as threads of this process, in the place of MPI's processes. A test runs `body` once for each rank, all at the
/// same time.
package final class ThreadRanks: @unchecked Sendable {
    private let condition = NSCondition()
    /// Messages that were sent and not yet received, by sender and receiver, in the order in which they were sent.
    private var mail: [Int: [[UInt8]]] = [:]
    package let size: Int
    /// Seconds after which a rank that waits for a message fails, since it would probably wait for ever.
    private let patience: Double
    private var moved = 0

    package init(_ size: Int, patience: Double = 60) { (self.size, self.patience) = (size, patience) }

    /// The number of bytes that ranks have sent to each other.
    package var bytesMoved: Int { condition.withLock { moved } }

    struct Lost: Error {}

    private struct Transport: RankTransport {
        let rank: Int
        let ranks: ThreadRanks
        var size: Int { ranks.size }

        func transfer(_ sends: [OutgoingBytes], _ receives: [IncomingBytes]) throws {
            try ranks.transfer(rank, sends, receives)
        }
    }

    private func transfer(_ rank: Int, _ sends: [OutgoingBytes], _ receives: [IncomingBytes]) throws {
        condition.lock()
        defer { condition.unlock() }
        for message in sends {
            mail[rank * size + message.rank, default: []].append([UInt8](message.bytes))
            moved += message.bytes.count
        }
        condition.broadcast()
        let end = Date(timeIntervalSinceNow: patience)
        for message in receives {
            let box = message.rank * size + rank
            while mail[box, default: []].isEmpty {
                guard condition.wait(until: end) else { throw Lost() }
            }
            let bytes = mail[box, default: []].removeFirst()
            // A message of another length than expected is an error in MPI as well.
            guard bytes.count == message.bytes.count else { throw Lost() }
            message.bytes.copyBytes(from: bytes)
        }
    }

    /// Runs `body` with a communicator for each rank. Returns what each of them returned or threw, in the order of
    /// ranks.
    package func run<R: Sendable>(
        segment: Int = 1 << 26, _ body: @escaping @Sendable (RankedCommunicator) throws -> R
    ) -> [Result<R, any Error>] {
        let results = Results<R>(size)
        let group = DispatchGroup()
        for rank in 0..<size {
            group.enter()
            let thread = Thread {
                let communicator = RankedCommunicator(Transport(rank: rank, ranks: self), segment: segment)
                let result = Result { try body(communicator) }
                results.put(result, at: rank)
                group.leave()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
        group.wait()
        return results.all
    }

    private final class Results<R: Sendable>: @unchecked Sendable {
        private let lock = NSLock()
        private var results: [Result<R, any Error>?]
        init(_ count: Int) { results = .init(repeating: nil, count: count) }
        func put(_ result: Result<R, any Error>, at rank: Int) { lock.withLock { results[rank] = result } }
        var all: [Result<R, any Error>] { lock.withLock { results.compactMap(\.self) } }
    }
}

extension ThreadRanks {
    /// Runs a script on every rank, each with its own host. Returns each script's first result as numbers (none if it
    /// is neither a tensor nor a number), or the error.
    package func run(script: String, threads: Int = 1) -> [Result<[Double], any Error>] {
        run { communicator in
            var options = Interpreter.Options()
            options.globals = true
            options.threads = threads
            options.writesFiles = communicator.rank == 0
            let host = try Host(options: options, ranks: communicator.size > 1 ? communicator : SingleProcess())
            let result = try host.run(code: script).first ?? .none
            try communicator.finish()
            switch result {
            case .object(let x as Variable): return try x.value.toArray()
            default: return result.asNumber.map { [$0] } ?? []
            }
        }
    }
}
