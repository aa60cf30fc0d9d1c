import LuaFlow
import Testing

/// `mpi` in a program alone: every collective operation gives what it gives among several ranks when there is one.
@Suite struct CommunicationTests {
    static let promises = [
        "assert(mpi.rank == 0 and mpi.size == 1)",
        "for _, how in ipairs{'sum', 'prod', 'min', 'max'} do assert(mpi.allreduce(tensor{1, 2}, how)[{2}] == 2) end",
        "assert(mpi.allreduce(3):item() == 3 and mpi.allreduce(tensor{1, 2}):dim() == 1)",
        "assert(mpi.allreduce(tensor({true}, {dtype = 'bool'}), 'max').dtype == 'bool')",
        "local x = tensor{1, 2} mpi.allreduce(x, 'sum'):zero_() mpi.broadcast(x):zero_() assert(x[{1}] == 1)",
        "local x = mpi.gather(tensor{1, 2}) assert(x.shape[1] == 1 and x.shape[2] == 2)",
        "local x = mpi.scatter(tensor{{1, 2}}) assert(#x.shape == 1 and x[{2}] == 2)",
        "local x = tensor{1}:requires_grad_(true) assert(not mpi.allreduce(x * 2).requires_grad)",
        "local ok, e = pcall(mpi.scatter, tensor{1, 2}) assert(not ok and e:find('(2); (1, ...)', 1, true), e)",
        "local ok, e = pcall(mpi.broadcast, tensor{1}, 1) assert(not ok and e:find('root'), e)",
        "local ok, e = pcall(mpi.allreduce, tensor{1}, 'total') assert(not ok and e:find('sum'), e)",
        "mpi.barrier()",
    ]

    @Test(arguments: promises) func alone(promise: String) throws {
        var options = Interpreter.Options()
        options.globals = true
        let host = try Host(options: options)
        #expect(throws: Never.self, "\(promise)") { try host.run(code: promise) }
    }
}
