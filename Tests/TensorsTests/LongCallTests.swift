import Foundation
import Scripting
import Synchronization
import Tensors
import Testing
import TimeLimits

/// Decompositions that take seconds: when asked to stop, the caller continues at once, and the computation ends on its
/// own.
@Suite(.ownTime(minutes: 10)) struct LongCallTests {
    /// Requests a stop at the n-th time that it is asked.
    private final class Patience: Sendable {
        private let asked = Atomic<Int>(0)
        private let most: Int

        init(_ most: Int) { self.most = most }

        var cancellation: Cancellation {
            Cancellation { [self] in asked.wrappingAdd(1, ordering: .relaxed).newValue > most }
        }
    }

    @Test(arguments: ["svd", "eigh", "inverse"]) func aStopIsHeardInside(_ name: String) throws {
        let memory = NativeMemory()
        try NativeMemory.$current.withValue(memory) {
            let x = try Generator(seed: 1).fill([1800, 1800], .float64) { $0.normal() }
            // 60 is beyond the few times that the copies ask before the call, so that the stop is requested within the
            // call.
            Cancellation.$current.withValue(Patience(60).cancellation) {
                #expect(throws: Interrupted.self) {
                    switch name {
                    case "svd": _ = try x.svd()
                    case "eigh": _ = try x.eigh()
                    default: for _ in 1...1000 { _ = try x.inverse() }
                    }
                }
            }
        }
        // Its memory is charged until the computation ends, and released then.
        while Machine.isBusy { usleep(1000) }
        #expect(memory.liveBytes == 0)
    }

    @Test func whatRunsElsewhereGivesTheSame() throws {
        let x = try Generator(seed: 2).fill([600, 600], .float64) { $0.normal() }
        let b = try Generator(seed: 3).fill([600, 300], .float64) { $0.normal() }
        func results() throws -> [[Double]] {
            let (q, r) = try x.qr()
            let (p, l, u) = try x.lu()
            return try [
                x.inverse(), x.solve(b), q, r, p, l, u, x.svd().s, x.eigh().values,
                x.matmul(x.transpose(0, 1)).cholesky(),
            ]
            .map { try $0.toArray() }
        }
        let here = try results()
        let elsewhere = try Cancellation.$current.withValue(Cancellation { false }) { try results() }
        for (a, b) in zip(here, elsewhere) { #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 1e-9 * max(abs($0), 1) }) }
    }
}
