import Foundation
import Synchronization

/// How many threads a host's kernels use, including the host's own.
///
/// A host binds it for its runs. No result depends on it, as work is divided in the same way for every number of
/// threads.
public final class ThreadCount: Sendable {
    /// The count of the current task's or thread's host.
    @TaskLocal public static var current: ThreadCount?

    /// A larger number is taken for a mistake.
    public static let most = 256

    /// The environment variable with the number of threads of new hosts.
    public static let variable = "LUAFLOW_THREADS"

    /// The number of processors that this process may use.
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

    /// A single thread, for code that already runs as a part of divided work.
    package static let one = ThreadCount()

    /// Now; from 1 to the limit.
    public var value: Int { count.load(ordering: .relaxed) }

    /// Work that begins from now on is divided among so many threads.
    /// - Throws: ``ScriptError`` unless the number is from 1 to the limit.
    public func set(_ count: Int, for operation: String = "threads") throws {
        guard count >= 1, count <= limit else {
            let allowed = limit == 1 ? "1" : "1 to \(limit)"
            throw ScriptError(operation, "\(count): \(allowed) expected")
        }
        self.count.store(count, ordering: .relaxed)
    }

    /// The default number of threads: `LUAFLOW_THREADS`, else the number of processors.
    /// - Throws: ``ScriptError`` when the variable holds no such number.
    public static func standard() throws -> Int {
        guard let text = getenv(variable).map({ String(cString: $0) }), !text.isEmpty else { return processors }
        guard let count = Int(text), (1...most).contains(count) else {
            throw ScriptError(variable, "\"\(text)\": a whole number from 1 to \(most) expected")
        }
        return count
    }
}
