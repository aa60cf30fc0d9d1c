import Dispatch
import Foundation
import Testing

/// A limit on the time that each case of a test takes by itself. Beyond it the process ends with a message and the
/// stacks of all threads, as a body that hangs cannot be ended otherwise.
///
/// Swift Testing's own `.timeLimit` starts the clocks of all tests at the beginning of the run, while most bodies wait
/// for one of a few threads: such a limit would have to exceed the whole run. This clock starts with the body. Only a
/// test that suspends (`async`) needs `.timeLimit`, since at each `await` it waits for those threads again.
public struct OwnTime: TestTrait, SuiteTrait, TestScoping {
    fileprivate let minutes: Int

    /// On a suite: the limit holds for each case of each of its tests.
    public var isRecursive: Bool { true }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let (name, minutes) = (test.name, minutes)
        let end = DispatchWorkItem {
            FileHandle.standardError.write(Data("\(name) takes more than \(minutes) minutes: the tests end\n".utf8))
            abort()
        }
        OwnTime.clock.asyncAfter(deadline: .now() + .seconds(60 * minutes), execute: end)
        defer { end.cancel() }
        try await function()
    }

    /// A queue of its own, which no test can block.
    private static let clock = DispatchQueue(label: "OwnTime")
}

extension Trait where Self == OwnTime {
    /// A limit on the time from the beginning to the end of a test's body, for each of its cases.
    public static func ownTime(minutes: Int) -> OwnTime { OwnTime(minutes: minutes) }
}
