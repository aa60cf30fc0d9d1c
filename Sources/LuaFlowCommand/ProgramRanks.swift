import ArgumentParser
import Foundation
import LuaFlow

/// The program, as `luaflow` and `luaflow-mpi` start it.
public enum LuaFlowProgram {
    /// - Parameter ranks: the programs that run together; nil for one by itself.
    public static func main(_ ranks: ProgramRanks? = nil) {
        guard var ranks else { return LuaFlowCommand.main() }
        ranks.begin()
        ProgramRanks.$current.withValue(ranks) { LuaFlowCommand.main() }
    }
}

/// This program as one of several that mpirun started: what is divided among them, and how they end.
public struct ProgramRanks: Sendable {
    @TaskLocal static var current: ProgramRanks?

    let communicator: any Communicator
    /// How many ranks share this machine's memory, and how many this one's processors.
    let sharingMemory: Int
    let sharingProcessors: Int
    /// Whether ranks print and save that are not the first.
    private(set) var isEveryRankHeard = false
    private let silence: @Sendable () -> Void
    private let finish: @Sendable () throws -> Void
    private let abort: @Sendable (Int32) -> Void

    /// - Parameters:
    ///   - silence: what is printed to standard output from now on is not seen.
    ///   - finish: returns when all ranks have come to their end.
    ///   - abort: ends all ranks with a status.
    public init(
        communicator: any Communicator, sharingMemory: Int, sharingProcessors: Int,
        silence: @escaping @Sendable () -> Void, finish: @escaping @Sendable () throws -> Void,
        abort: @escaping @Sendable (Int32) -> Void
    ) {
        self.communicator = communicator.size > 1 ? communicator : SingleProcess()
        (self.sharingMemory, self.sharingProcessors) = (max(sharingMemory, 1), max(sharingProcessors, 1))
        (self.silence, self.finish, self.abort) = (silence, finish, abort)
    }

    /// The word in front of all others that lets every rank print and save.
    static let option = "--all-ranks"

    var isAlone: Bool { communicator.size == 1 }
    /// Whether this is the rank that prints and saves.
    var isFirst: Bool { communicator.rank == 0 }

    // MARK: The beginning

    /// Silences all ranks but the first, unless the command line says otherwise.
    mutating func begin() {
        isEveryRankHeard = CommandWords.all.dropFirst().first == ByteString(ProgramRanks.option)
        if !isFirst, !isEveryRankHeard { silence() }
    }

    /// The words of the command line without ours.
    static var words: [ByteString] {
        Array(CommandWords.all.dropFirst(current?.isEveryRankHeard == true ? 2 : 1))
    }

    /// - Throws: `ValidationError` for commands that are for one program alone.
    func check(_ line: ArrangedCommandLine) throws {
        guard !isAlone else { return }
        let isOneLiner = line.name == nil && line.rest.contains { $0.hasPrefix("-e") }
        guard let name = line.name ?? (isOneLiner || line.asksForHelp || line.rest.contains("--version") ? "run" : nil),
            name != LuaFlowCommand.Prompt._commandName
        else {
            throw ValidationError(
                "a prompt is for one program alone: luaflow-mpi run FILE, or -e CODE, for \(communicator.size) ranks")
        }
        guard name != "run" || line.rest.first != StandardInput.name else {
            throw ValidationError(
                "standard input is rank 0's alone: luaflow-mpi run FILE for \(communicator.size) ranks")
        }
        guard ["watch", "replay", "convert", "compress", "new", "completions", "kernel"].contains(name) else { return }
        throw ValidationError("\(name) is for one program alone, not for \(communicator.size) ranks: luaflow \(name)")
    }

    /// Limits of the machine divided among its ranks.
    /// - Throws: `ValidationError` for options that are for one program alone, and shares that are too small.
    func divide(_ options: inout Interpreter.Options, _ host: HostOptions) throws {
        guard !host.limits.sandbox else { throw ValidationError("--sandbox: for luaflow alone, not for luaflow-mpi") }
        guard host.capsule == nil || isAlone else {
            throw ValidationError("--capsule: for one program alone, not for \(communicator.size) ranks")
        }
        let memory = (options.memoryLimit ?? .max) / sharingMemory
        guard memory >= Interpreter.Options.leastMemory else {
            throw ValidationError(
                "--memory \(host.limits.memory?.text ?? ""): \(sharingMemory) ranks of this machine share it, and each "
                    + "needs \(Interpreter.Options.leastMemory >> 20)M")
        }
        options.memoryLimit = memory
        options.threads = max(1, try ThreadCount.standard() / sharingProcessors)
        options.writesFiles = isFirst || isEveryRankHeard
    }

    // MARK: The end

    /// Before an error is printed: one that all ranks have is told by the first, which ends the others meanwhile.
    func waitForFirst() {
        if !isFirst { usleep(1_500_000) }
    }

    /// `luaflow`, `luaflow (rank 2)`: how messages begin.
    static var name: String {
        guard let ranks = current, !ranks.isFirst else { return "luaflow" }
        return "luaflow (rank \(ranks.communicator.rank))"
    }

    /// Where the program leaves with this status: the other ranks must not wait for it.
    static func leave(_ status: Int32) {
        guard let ranks = current else { return }
        StandardStream.flush()
        // What was interrupted is being ended by mpirun, which sees ranks that go without a word.
        if status == 130 { return }
        guard status == 0 else { return ranks.abort(status) }
        do {
            try ranks.finish()
        } catch {
            ranks.waitForFirst()
            StandardStream.error.write("\(name): \(error)\n".visible)
            ranks.abort(1)
        }
    }
}
