import ArgumentParser
import CConfinement
import Foundation
import LuaFlow

/// The program, as started by `luaflow` and `luaflow-mpi`.
public enum LuaFlowProgram {
    /// - Parameter ranks: the programs that run together; nil for a single one.
    public static func main(_ ranks: ProgramRanks? = nil) {
        guard var ranks else {
            cf_begin_again_within_limits(CommandLine.unsafeArgv)
            return LuaFlowCommand.main()
        }
        ranks.begin()
        ProgramRanks.$current.withValue(ranks) { LuaFlowCommand.main() }
    }
}

/// This program as one of several that mpirun started: their communicator, shares of the machine, and how they end.
public struct ProgramRanks: Sendable {
    @TaskLocal static var current: ProgramRanks?

    let communicator: any Communicator
    /// How many ranks run on this machine, and how many share this one's processors.
    let sharingMemory: Int
    let sharingProcessors: Int
    /// Whether ranks other than the first also print and save.
    private(set) var isEveryRankHeard = false
    private let silence: @Sendable () -> Void
    private let finish: @Sendable () throws -> Void
    private let abort: @Sendable (Int32) -> Void

    /// - Parameters:
    ///   - silence: discards all further standard output.
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

    /// The option, before all other words, by which every rank prints and saves.
    static let option = "--all-ranks"

    var isAlone: Bool { communicator.size == 1 }
    /// Whether this is the rank that prints and saves.
    var isFirst: Bool { communicator.rank == 0 }

    // MARK: The beginning

    /// Silences all ranks but the first, unless the option above is given.
    mutating func begin() {
        isEveryRankHeard = CommandWords.all.dropFirst().first == ByteString(ProgramRanks.option)
        if !isFirst, !isEveryRankHeard { silence() }
    }

    /// The words of the command line without that option.
    static var words: [ByteString] {
        Array(CommandWords.all.dropFirst(current?.isEveryRankHeard == true ? 2 : 1))
    }

    /// - Throws: `ValidationError` for commands that cannot run in several ranks.
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

    /// Divides the limits of the machine among its ranks.
    /// - Throws: `ValidationError` for options that cannot be used in several ranks, and for shares that are too small.
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

    /// Called before an error is printed. An error that all ranks have is printed by the first, which meanwhile ends
    /// the others.
    func waitForFirst() {
        if !isFirst { usleep(1_500_000) }
    }

    /// The beginning of messages: `luaflow`, or `luaflow (rank 2)`.
    static var name: String {
        guard let ranks = current, !ranks.isFirst else { return "luaflow" }
        return "luaflow (rank \(ranks.communicator.rank))"
    }

    /// Before the program exits with this status: ends the other ranks, which must not wait for it.
    static func leave(_ status: Int32) {
        guard let ranks = current else { return }
        StandardStream.flush()
        // After an interrupt mpirun ends all ranks; it notices ranks that exit without finishing.
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
