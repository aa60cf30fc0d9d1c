import Foundation

/// The input that a run waits for, provided by another thread. At most one run waits at a time.
final class InputRequests: @unchecked Sendable {
    private let condition = NSCondition()
    private var isWaiting = false
    private var answer: String?

    /// Waits for the answer to the request that `ask` sends; nil when the wait is abandoned.
    func wait(_ ask: () -> Void) -> String? {
        condition.lock()
        defer { condition.unlock() }
        (isWaiting, answer) = (true, nil)
        ask()
        while isWaiting { condition.wait() }
        return answer
    }

    /// Provides the answer; nil abandons the wait. Ignored if nobody waits.
    /// - Returns: whether somebody waited.
    @discardableResult
    func reply(_ text: String?) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard isWaiting else { return false }
        (isWaiting, answer) = (false, text)
        condition.broadcast()
        return true
    }
}
