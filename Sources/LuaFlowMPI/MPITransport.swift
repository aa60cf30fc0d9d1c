import CMPI
import Foundation
import Scripting
import Tensors

/// MPI as what carries bytes between ranks. One thread at a time may use it: the interpreter's during a run, the main
/// one after it.
final class MPITransport: RankTransport, @unchecked Sendable {
    let rank: Int
    let size: Int
    /// MPI counts a message's bytes in Int32.
    private static let piece = 1 << 30
    private let world: OpaquePointer

    /// Starts MPI. From here on mpirun's SIGTERM is Ctrl-C.
    init() throws {
        var why = [CChar](repeating: 0, count: 200)
        guard let world = cmpi_start(&why, why.count) else {
            throw ScriptError("", String(decoding: why.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        }
        cmpi_take_termination_as_interrupt()
        self.world = world
        (rank, size) = (Int(cmpi_rank(world)), Int(cmpi_size(world)))
    }

    var sharingMemory: Int { Int(cmpi_sharing_memory(world)) }
    var sharingProcessors: Int { Int(cmpi_sharing_processors(world)) }

    func printNothing() { _ = cmpi_print_nothing() }
    func finish() { cmpi_finish(world) }
    func abort(_ status: Int32) { cmpi_abort(world, status) }

    func transfer(_ sends: [OutgoingBytes], _ receives: [IncomingBytes]) throws {
        func pieces(_ count: Int) -> Int { count / MPITransport.piece + 1 }
        let messages = (sends.map(\.bytes.count) + receives.map(\.bytes.count)).reduce(0) { $0 + pieces($1) }
        guard let transfer = cmpi_begin(world, messages) else {
            throw ScriptError("mpi", "not enough memory for \(messages) messages")
        }
        defer { cmpi_end(transfer) }
        // Receives first: what comes has a place then.
        for message in receives {
            guard cmpi_receive(transfer, message.bytes.baseAddress, message.bytes.count, Int32(message.rank)) else {
                throw ScriptError("mpi", "MPI cannot receive from rank \(message.rank)")
            }
        }
        for message in sends {
            guard cmpi_send(transfer, message.bytes.baseAddress, message.bytes.count, Int32(message.rank)) else {
                throw ScriptError("mpi", "MPI cannot send to rank \(message.rank)")
            }
        }
        try wait(for: transfer)
    }

    /// Looks again and again, less often as time goes on: an answer within a step comes at once, ranks that share a
    /// processor get it, and a long wait takes little of it.
    private func wait(for transfer: OpaquePointer) throws {
        var looks = 0
        while true {
            switch cmpi_done(transfer) {
            case 1: return
            case 0: break
            default: throw ScriptError("mpi", "a message between ranks was lost")
            }
            try Cancellation.check()
            looks += 1
            if looks > 20_000 { usleep(200) } else if looks > 100 { sched_yield() }
        }
    }
}
