import Foundation
import Scripting
import Synchronization
import Testing
import TimeLimits

@testable import Tensors

/// Work divided among threads: the same result for every number of threads, and complete when the call returns.
@Suite(.ownTime(minutes: 10)) struct ParallelTests {
    private static let counts = [1, 2, 4, 7]

    @discardableResult
    private func with<R>(threads: Int, _ body: () throws -> R) throws -> R {
        try ThreadCount.$current.withValue(try ThreadCount(threads), operation: body)
    }

    @Test(arguments: counts) func everyIndexIsVisitedOnce(_ threads: Int) throws {
        for count in [0, 1, 2, 63, 64, 65, 1000, 1025, 99_991] {
            for grain in [1, 7, 64, 1000, 200_000] {
                let visits = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: count)
                visits.initialize(repeating: 0)
                defer { visits.deallocate() }
                nonisolated(unsafe) let shared = visits
                try with(threads: threads) {
                    try Parallel.forEach(count, grain: grain) { for i in $0 { shared[i] += 1 } }
                }
                #expect(visits.allSatisfy { $0 == 1 }, "\(count) indices, grain \(grain), \(threads) threads")
            }
        }
    }

    @Test func piecesCoverEverythingInOrder() {
        for total in [1, 5, 64, 65, 1 << 20, 12_345_677, .max] {
            for grain in [1, 3, 1 << 14, .max] {
                let pieces = Parallel.Pieces(total, grain: grain)
                #expect(pieces[0].lowerBound == 0 && pieces[pieces.count - 1].upperBound == total)
                for piece in [0, pieces.count / 2, pieces.count - 2] where piece >= 0 && piece + 1 < pieces.count {
                    #expect(pieces[piece].upperBound == pieces[piece + 1].lowerBound, "\(total), \(grain)")
                    #expect(pieces.index(of: pieces[piece]) == piece)
                }
            }
        }
    }

    @Test func sumsHaveTheSameBitsForEveryNumberOfThreads() throws {
        let x = try Generator(seed: 4).fill([250_007], .float32) { $0.normal() }.toArray().map { Float($0) }
        let sums = try Self.counts.map { threads in
            try with(threads: threads) {
                try Parallel.reduce(x.count, grain: 1000, { range in range.reduce(Float(0)) { $0 + x[$1] } }, +)
            }
        }
        #expect(Set(sums).count == 1, "\(sums)")
        // The results of pieces are combined in their order.
        let text = try with(threads: 4) { try Parallel.reduce(40, grain: 1, { "\($0.lowerBound) " }, +) }
        #expect(text == (0..<40).map { "\($0) " }.joined())
        #expect(try Parallel.reduce(0, grain: 1, { $0.count }, +) == nil)
    }

    @Test func severalThreadsTakePart() throws {
        // Each piece waits until another thread has begun a piece: with a single thread it would never end.
        let begun = Atomic<Int>(0)
        try with(threads: 2) {
            try Parallel.forEach(2, grain: 1) { _ in
                begun.wrappingAdd(1, ordering: .sequentiallyConsistent)
                while begun.load(ordering: .sequentiallyConsistent) < 2 { usleep(100) }
            }
        }
        #expect(begun.load(ordering: .relaxed) == 2)
    }

    @Test(arguments: counts) func aStopEndsTheWork(_ threads: Int) throws {
        let done = Atomic<Int>(0)
        let cancellation = Cancellation { done.load(ordering: .relaxed) >= 10 }
        try with(threads: threads) {
            Cancellation.$current.withValue(cancellation) {
                #expect(throws: Interrupted.self) {
                    try Parallel.forEach(1000, grain: 1) { done.wrappingAdd($0.count, ordering: .relaxed) }
                }
            }
        }
        #expect(done.load(ordering: .relaxed) < 10 + 15 * (threads + 1))
    }

    private struct Failure: Error { let index: Int }

    @Test(arguments: counts) func theFirstErrorInOrderIsThrown(_ threads: Int) throws {
        for _ in 0..<20 {
            let error = #expect(throws: Failure.self) {
                try with(threads: threads) {
                    try Parallel.forEach(60, grain: 1) { range in
                        // Of two errors, the second is thrown later than the first.
                        for index in range where index % 20 == 13 || index % 20 == 14 {
                            if index % 20 == 14 { usleep(1000) }
                            throw Failure(index: index)
                        }
                    }
                }
            }
            #expect(error?.index == 13)
        }
    }

    @Test func whatTheCallerHasIsBoundForHelpersToo() throws {
        let memory = NativeMemory()
        let both = Atomic<Int>(0)
        try NativeMemory.$current.withValue(memory) {
            try Cancellation.$current.withValue(Cancellation { false }) {
                try with(threads: 2) {
                    try Parallel.forEach(2, grain: 1) { _ in
                        both.wrappingAdd(1, ordering: .sequentiallyConsistent)
                        while both.load(ordering: .sequentiallyConsistent) < 2 { usleep(100) }
                        #expect(NativeMemory.current === memory)
                        #expect(Cancellation.current != nil)
                        #expect(ThreadCount.current?.value == 1)
                        _ = try Tensor.zeros([1000], .float64)
                    }
                }
            }
        }
        #expect(memory.chargedBytes == 16_000)
        #expect(memory.liveBytes == 0)
    }

    @Test func dividedWorkInsideDividedWorkRunsWhereItIs() throws {
        let total = Atomic<Int>(0)
        try with(threads: 4) {
            try Parallel.forEach(20, grain: 1) { outer in
                let thread = pthread_self()
                try Parallel.forEach(50, grain: 1) { inner in
                    #expect(pthread_equal(thread, pthread_self()) != 0)
                    total.wrappingAdd(outer.count * inner.count, ordering: .relaxed)
                }
            }
        }
        #expect(total.load(ordering: .relaxed) == 1000)
    }

    @Test func manyCallersAtOnce() throws {
        let failures = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 6) { caller in
            for round in 0..<300 {
                let count = 10 + (caller * 31 + round * 7) % 90
                let sum = try? with(threads: 1 + caller % 4) {
                    try Parallel.reduce(count, grain: 1, { $0.reduce(0, +) }, +)
                }
                if sum != count * (count - 1) / 2 { failures.wrappingAdd(1, ordering: .relaxed) }
            }
        }
        #expect(failures.load(ordering: .relaxed) == 0)
    }

    @Test func helpersTakeNoSignalsAndTheCallersRounding() throws {
        // The rounding mode is set to "upwards".
        #if arch(x86_64)
            let rounding: Int32 = 0x800
        #else
            let rounding: Int32 = 0x40_0000
        #endif
        let both = Atomic<Int>(0)
        let before = fegetround()
        defer { fesetround(before) }
        #expect(fesetround(rounding) == 0)
        try with(threads: 2) {
            let caller = pthread_self()
            try Parallel.forEach(2, grain: 1) { _ in
                both.wrappingAdd(1, ordering: .sequentiallyConsistent)
                while both.load(ordering: .sequentiallyConsistent) < 2 { usleep(100) }
                #expect(fegetround() == rounding)
                guard pthread_equal(caller, pthread_self()) == 0 else { return }
                var blocked = sigset_t()
                pthread_sigmask(SIG_SETMASK, nil, &blocked)
                for signal in [SIGINT, SIGTERM, SIGALRM, SIGUSR1] { #expect(sigismember(&blocked, signal) == 1) }
            }
        }
    }

    @Test func numbersOfThreadsAreChecked() throws {
        #expect(throws: ScriptError.self) { try ThreadCount(0) }
        #expect(throws: ScriptError.self) { try ThreadCount(ThreadCount.most + 1) }
        let some = try ThreadCount(3, limit: 3)
        #expect(throws: ScriptError.self) { try some.set(4) }
        try some.set(2)
        #expect(some.value == 2)
    }
}
