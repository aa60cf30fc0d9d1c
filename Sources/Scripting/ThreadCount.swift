import Foundation
import Synchronization

/// How many threads the kernels of a host work with, the host's own among them.
///
/// A host binds one for its runs. No result depends on it: work is cut the same way for every number of threads.
public final class ThreadCount: Sendable {
    /// That of the host whose work the current task or thread does.
    @TaskLocal public static var current: ThreadCount?

    /// More than this is taken for a mistake.
    public static let most = 256

    /// The environment variable that says how many threads a new host takes.
    public static let variable = "LUAFLOW_THREADS"

    /// The processors that this process may run on.
    public static let processors = min(max(ProcessInfo.processInfo.activeProcessorCount, 1), most)

    private let count: Atomic<Int>
    private let limit: Int

    /// - Parameter limit: what ``set(_:)`` may ask for; no more than ``most``.
    /// - Throws: ``ScriptError`` unless the count is from 1 to the limit.
    public init(_ count: Int, limit: Int = most) throws {
        self.limit = min(limit, ThreadCount.most)
        self.count = Atomic(1)
        try set(count)
    }

    private init() {
        count = Atomic(1)
        limit = 1
    }

    /// For what already runs as a part of some divided work.
    package static let one = ThreadCount()

    public var value: Int { count.load(ordering: .relaxed) }

    /// Work that is begun from now on is divided among so many.
    /// - Throws: ``ScriptError`` unless it is from 1 to the limit.
    public func set(_ count: Int, for operation: String = "threads") throws {
        guard count >= 1, count <= limit else {
            let allowed = limit == 1 ? "1" : "1 to \(limit)"
            throw ScriptError(operation, "\(count): \(allowed) expected")
        }
        self.count.store(count, ordering: .relaxed)
    }

    /// What a host takes unless it is told: `LUAFLOW_THREADS`, else one for each processor.
    /// - Throws: ``ScriptError`` when the variable is no such number.
    public static func standard() throws -> Int {
        guard let text = getenv(variable).map({ String(cString: $0) }), !text.isEmpty else { return processors }
        guard let count = Int(text), (1...most).contains(count) else {
            throw ScriptError(variable, "\"\(text)\": a whole number from 1 to \(most) expected")
        }
        return count
    }
}
