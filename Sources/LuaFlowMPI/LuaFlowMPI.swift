import Foundation
import LuaFlowCommand
import Scripting
import Tensors

/// `mpirun -n 4 luaflow-mpi run FILE`: luaflow, each rank one program. By itself it is luaflow.
@main
struct LuaFlowMPI {
    static func main() {
        let transport: MPITransport
        do {
            transport = try MPITransport()
        } catch {
            StandardStream.error.write("luaflow-mpi: \(error)\n")
            exit(1)
        }
        let communicator = RankedCommunicator(transport)
        LuaFlowProgram.main(
            ProgramRanks(
                communicator: communicator, sharingMemory: transport.sharingMemory,
                sharingProcessors: transport.sharingProcessors, silence: { transport.printNothing() },
                finish: {
                    try communicator.finish()
                    transport.finish()
                },
                abort: { transport.abort($0) }))
    }
}
