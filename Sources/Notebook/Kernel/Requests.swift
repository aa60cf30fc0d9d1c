import Foundation
import Synchronization

/// The queue of requests for the session.
final class Requests: @unchecked Sendable {
    enum Item: Sendable {
        case request(Message, ConnectionFile.Channel)
        case stop
    }

    private let condition = NSCondition()
    private var items: [Item] = []

    func add(_ item: Item) {
        condition.lock()
        items.append(item)
        condition.signal()
        condition.unlock()
    }

    /// Waits for the next request.
    func next() -> Item {
        condition.lock()
        defer { condition.unlock() }
        while items.isEmpty { condition.wait() }
        return items.removeFirst()
    }

    /// Removes and returns the waiting requests to execute cells.
    func takeExecutions() -> [(Message, ConnectionFile.Channel)] {
        condition.lock()
        defer { condition.unlock() }
        var taken: [(Message, ConnectionFile.Channel)] = []
        items.removeAll { item in
            guard case .request(let message, let channel) = item, message.type == "execute_request" else {
                return false
            }
            taken.append((message, channel))
            return true
        }
        return taken
    }
}
