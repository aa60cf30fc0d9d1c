import Foundation

/// The answer that a run waits for, given on another thread. One run waits at a time.
final class InputRequests: @unchecked Sendable {
    private let condition = NSCondition()
    private var isWaiting = false
    private var answer: String?

    /// Waits for the answer to what `ask` sends; nil when it is given up.
    func wait(_ ask: () -> Void) -> String? {
        condition.lock()
        defer { condition.unlock() }
        (isWaiting, answer) = (true, nil)
        ask()
        while isWaiting { condition.wait() }
        return answer
    }

    /// Gives the answer; nil gives the wait up. One that nobody waits for is nothing.
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
