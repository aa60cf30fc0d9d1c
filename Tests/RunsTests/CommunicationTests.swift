import LuaFlow
import PartChecks
import Testing

/// `mpi` in a single process: every collective operation gives what it gives for one of several ranks.
@Suite struct CommunicationTests {
    static let promises = [
        "assert(mpi.rank == 0 and mpi.size == 1)",
        """
        for _, how in ipairs{'sum', 'prod', 'min', 'max', 'mean'} do \
        assert(mpi.allreduce(tensor{1, 2}, how)[{2}] == 2) end
        """,
        "assert(mpi.allreduce(3):item() == 3 and mpi.allreduce(tensor{1, 2}):dim() == 1)",
        "assert(mpi.allreduce(tensor({true}, {dtype = 'bool'}), 'max').dtype == 'bool')",
        "local x = tensor{1, 2} mpi.allreduce(x, 'sum'):zero_() mpi.broadcast(x):zero_() assert(x[{1}] == 1)",
        "local x = mpi.gather(tensor{1, 2}) assert(x.shape[1] == 1 and x.shape[2] == 2)",
        "local x = mpi.scatter(tensor{{1, 2}}) assert(#x.shape == 1 and x[{2}] == 2)",
        "local x = tensor{1}:requires_grad_(true) assert(not mpi.allreduce(x * 2).requires_grad)",
        "local ok, e = pcall(mpi.scatter, tensor{1, 2}) assert(not ok and e:find('(2); (1, ...)', 1, true), e)",
        "local ok, e = pcall(mpi.broadcast, tensor{1}, 1) assert(not ok and e:find('root'), e)",
        "local ok, e = pcall(mpi.allreduce, tensor{1}, 'total') assert(not ok and e:find('sum'), e)",
        "local ok, e = pcall(mpi.allreduce, tensor{true}, 'sum') assert(not ok and e:find('bool'), e)",
        "local ok, e = pcall(mpi.allreduce, tensor({1}, {dtype = 'int64'}), 'mean') assert(not ok and e:find('int64'), e)",
        "mpi.barrier()",
    ]

    @Test(arguments: promises) func alone(promise: String) throws {
        var options = Interpreter.Options()
        options.globals = true
        let host = try Host(options: options)
        #expect(throws: Never.self, "\(promise)") { try host.run(code: promise) }
    }

    static let counts = [2, 3, 4, 7]

    // MARK: What several ranks say to each other

    /// Every operation and dtype against sums in plain loops, with lengths below and above the largest size of a
    /// message.
    @Test(arguments: counts, DType.computed) func sums(ranks: Int, dtype: DType) throws {
        for how in ReductionOfRanks.allCases {
            if dtype == .bool, how != .min, how != .max { continue }
            if dtype == .int64, how == .mean { continue }
            for count in [0, 5, 3000, 9001] {
                @Sendable func values(_ rank: Int) -> [Double] {
                    (0..<count).map { i in
                        switch dtype {
                        case .bool: Double((i + rank) % 2)
                        case .int64: Double((i * 7 + rank * 3) % 11 - 5)
                        default: Double((i * 7 + rank * 3) % 11 - 5) / 4
                        }
                    }
                }
                let lists = (0..<ranks).map { values($0) }
                let expected = (0..<count).map { i in
                    let all = lists.map { $0[i] }
                    return switch how {
                    case .sum: all.reduce(0, +)
                    case .prod: all.reduce(1, *)
                    case .min: all.min() ?? 0
                    case .max: all.max() ?? 0
                    case .mean: all.reduce(0, +) / Double(ranks)
                    }
                }
                let expectedOfDType = try Tensor(expected, shape: [count], dtype).toArray()
                for result in ThreadRanks(ranks).run(segment: 1 << 12, {
                    try $0.allreduce([Tensor(values($0.rank), shape: [count], dtype)], how, for: "sum")[0].toArray()
                }) {
                    #expect(try result.get() == expectedOfDType, "\(how) of \(count) \(dtype) over \(ranks)")
                }
            }
        }
    }

    /// Several tensors of several dtypes in one call, some transposed: each comes back in its own shape and order.
    @Test(arguments: counts) func listsOfTensors(ranks: Int) throws {
        let results = ThreadRanks(ranks).run { ranks in
            let x = try Tensor((0..<6).map { Double($0 + ranks.rank) }, shape: [2, 3])
            let y = try Tensor(integers: [ranks.rank], shape: [1])
            let sums = try ranks.allreduce([x.permute([1, 0]), y, x], .sum, for: "sum")
            return (sums[0].shape, sums[0].strides, try sums[0].toArray() + sums[1].toArray() + sums[2].toArray())
        }
        let more = Double(ranks * (ranks - 1) / 2)
        let x = (0..<6).map { Double($0 * ranks) + more }
        for result in results {
            let (shape, strides, values) = try result.get()
            #expect(shape == [3, 2] && strides == [1, 3])
            #expect(values == [x[0], x[3], x[1], x[4], x[2], x[5]] + [more] + x)
        }
    }

    /// A NaN of any rank makes the result NaN, minima included.
    @Test func notANumber() throws {
        for how in [ReductionOfRanks.min, .max, .sum] {
            for who in 0..<3 {
                for result in ThreadRanks(3).run({
                    try $0.allreduce([Tensor($0.rank == who ? .nan : 1)], how, for: "x")[0].item()
                }) { #expect(try result.get().isNaN, "\(how), rank \(who)") }
            }
        }
    }

    @Test(arguments: counts) func everyRoot(ranks: Int) throws {
        for root in 0..<ranks {
            let results = ThreadRanks(ranks).run { ranks in
                let own = try Tensor([Double(ranks.rank), 0.5], shape: [2])
                // Only the root's tensor matters; that of other ranks is not looked at.
                let told = try ranks.broadcast(
                    ranks.rank == root ? own : Tensor(0, .float64), root: root, for: "broadcast")
                let all = try ranks.gather(own, root: root, for: "gather")
                let parts = try Tensor((0..<2 * ranks.size).map { Double($0 + root) }, shape: [ranks.size, 2])
                let part = try ranks.scatter(ranks.rank == root ? parts : Tensor(0), root: root, for: "scatter")
                let every = try ranks.allgather(own, for: "allgather")
                try ranks.barrier(for: "barrier")
                return [try told.toArray(), try all?.toArray() ?? [], try part.toArray(), try every.toArray()]
            }
            let every = (0..<ranks).flatMap { [Double($0), 0.5] }
            for (rank, result) in results.enumerated() {
                let part = [Double(2 * rank + root), Double(2 * rank + 1 + root)]
                #expect(
                    try result.get() == [[Double(root), 0.5], rank == root ? every : [], part, every], "root \(root)")
            }
        }
    }

    /// The parts of `mpi.part` cover everything once, in order, and differ in size by at most one.
    @Test(arguments: counts) func parts(ranks: Int) throws {
        for count in 0..<20 {
            let parts = try ThreadRanks(ranks).run { $0.part(of: count) }.map { try $0.get() }
            #expect(parts.flatMap { Array($0) } == Array(0..<count))
            #expect((parts.map(\.count).max() ?? 0) - (parts.map(\.count).min() ?? 0) <= 1)
        }
    }

    /// One rank's tensor is a transposed view, another's is contiguous.
    @Test func elementsMayLieInOtherOrders() throws {
        let script = "return mpi.allreduce(mpi.rank == 0 and tensor{{1, 2, 3}, {4, 5, 6}}:t() or tensor.ones(3, 2))"
        for result in ThreadRanks(2).run(script: script) { #expect(try result.get() == [2, 5, 3, 6, 4, 7]) }
    }

    /// A rank that announces a tensor of an impossible shape.
    @Test(arguments: [UInt8.max, 0x7f, 0x10]) func shapesThatCannotBe(byte: UInt8) throws {
        let ranks = RankedCommunicator(Echo(byte: byte))
        #expect(throws: (any Error).self) { try ranks.broadcast(Tensor([1, 2], shape: [2]), root: 1, for: "told") }
        let others = RankedCommunicator(Echo(byte: byte))
        #expect(throws: (any Error).self) { try others.scatter(Tensor([1, 2], shape: [2, 1]), root: 1, for: "told") }
    }

    /// A rank that answers with this rank's own message, except the extents of its tensor.
    private struct Echo: RankTransport {
        let byte: UInt8
        let rank = 0
        let size = 2

        func transfer(_ sends: [OutgoingBytes], _ receives: [IncomingBytes]) throws {
            for (sent, received) in zip(sends, receives) {
                received.bytes.copyBytes(from: sent.bytes)
                for place in 112..<min(128, received.bytes.count) { received.bytes[place] = byte }
            }
        }
    }

    // MARK: What cannot be agreed on

    /// Disagreements between ranks: each is an error on every rank that names the ranks, and later calls work again.
    static let disagreements: [(String, String)] = [
        ("mpi.allreduce(tensor.zeros(2 + mpi.rank))", "float32 (2) on rank 0, float32 (3) on rank 1"),
        ("mpi.gather(mpi.rank == 2 and tensor{true} or tensor{1})", "float32 (1) on rank 0, bool (1) on rank 2"),
        (
            "mpi.allreduce(tensor{1}, mpi.rank == 1 and 'max' or 'sum')",
            "mpi.allreduce (sum), rank 1 in mpi.allreduce (max)"
        ),
        (
            "if mpi.rank == 1 then mpi.barrier() else mpi.allreduce(1) end",
            "rank 0 is in mpi.allreduce (sum), rank 1 in mpi.barrier"
        ),
        ("mpi.broadcast(1, mpi.rank)", "mpi.broadcast (root 0), rank 1 in mpi.broadcast (root 1)"),
        ("mpi.scatter(tensor.zeros(mpi.size + 1))", "x has shape (4) on rank 0; (3, ...) expected"),
    ]

    @Test(arguments: disagreements) func disagreementIsAnErrorOfAll(code: String, message: String) throws {
        let script = """
            local ok, e = pcall(function() \(code) end)
            assert(not ok and e:find([[\(message)]], 1, true), e)
            return mpi.allreduce(tensor{1, 2}, "sum")
            """
        for result in ThreadRanks(3, patience: 20).run(script: script) { #expect(try result.get() == [3, 6]) }
    }

    /// A rank that waits for one whose script has ended gets an error.
    @Test func aRankThatHasEnded() throws {
        let results = ThreadRanks(2, patience: 20).run(script: "if mpi.rank == 0 then mpi.barrier() end")
        for result in results {
            #expect(throws: (any Error).self) { try result.get() }
            guard case .failure(let error) = result else { continue }
            #expect("\(error)".contains("rank 0 is in mpi.barrier, rank 1 at the end of the script"), "\(error)")
        }
    }

    /// An error of one rank in the middle of a step of training is raised on all of them, and all can catch it.
    @Test func oneRanksErrorReachesAll() throws {
        let script = """
            random.manual_seed(1)
            local x = random.normal({12, 2})
            local m = flow.MAF{features = 2, transforms = 1, hidden_features = {8}}
            local ok, e = pcall(m.fit, m, x, {steps = 3, batch_size = 6, progress = false, transform = function(batch)
              if mpi.rank == 1 then error("no batch today") end
              return batch
            end})
            assert(not ok and e:find("no batch today", 1, true) and (mpi.rank == 1 or e:find("rank 1 failed", 1, true)), e)
            return mpi.allreduce(1)
            """
        for result in ThreadRanks(3, patience: 20).run(script: script) { #expect(try result.get() == [3]) }
    }

    /// All ranks begin with the same seeds and the same order of `pairs`, without any code in the script.
    @Test func ranksBeginAlike() throws {
        let script = """
            local words = {}
            for i = 1, 30 do words["w" .. math.random(1 << 30)] = i end
            local sum = 0
            local k = 0
            for word, i in pairs(words) do k = k + 1 sum = sum + k * i end
            return tensor{sum, random.uniform({1})[{1}], math.random()}
            """
        let results = try ThreadRanks(3).run(script: script).map { try $0.get() }
        #expect(results[0] == results[1] && results[1] == results[2] && results[0].count == 3)
    }
}
