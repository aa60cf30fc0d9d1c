import Synchronization

/// What a run's operations cost, by where scripts asked for them: `luaflow run --profile`.
///
/// A tree of places: a line of a script, the function that it calls, the operations inside that, and so on. Time runs
/// into one place after the other. A call has two ends, so what happens between them is its own or that of what it
/// calls. An operation inside a call is known only once it is done: the time since the last event is then its own.
public final class Profile: Sendable {
    /// A place in the tree and what was spent there, without the places below it.
    public struct Place: Sendable {
        /// Of the place above; the root's is its own.
        public let parent: Int
        /// A function's or operation's full name, or a line `script.lua:12`.
        public let name: String
        public let kind: Kind
        /// In the backward pass, of an operation: the line that had recorded it.
        public let recordedAt: String?
        public fileprivate(set) var nanoseconds: Int = 0
        public fileprivate(set) var count = 0
        /// Of the tensors that were made.
        public fileprivate(set) var bytes = 0
    }

    public enum Kind: Sendable, Hashable {
        /// All of the run: its own is the time of Lua itself.
        case root
        /// A line of a script that called.
        case line
        /// A function that a script called.
        case call
        /// An operation on tensors inside such a function.
        case operation
        /// An operation's gradient rule.
        case backward
    }

    private struct Step: Hashable {
        let parent: Int
        let name: String
        let kind: Kind
        let recordedAt: String?
    }

    private struct State {
        var places = [Place(parent: 0, name: "", kind: .root, recordedAt: nil)]
        var known: [Step: Int] = [:]
        var current = 0
        /// When, and at how many bytes ever charged, the last event was.
        var since = ContinuousClock.now
        var charged = 0

        /// The place of that name below another.
        mutating func place(_ name: String, _ kind: Kind, below parent: Int, recordedAt: String? = nil) -> Int {
            let step = Step(parent: parent, name: name, kind: kind, recordedAt: recordedAt)
            if let known = known[step] { return known }
            places.append(Place(parent: parent, name: name, kind: kind, recordedAt: recordedAt))
            known[step] = places.count - 1
            return places.count - 1
        }

        /// Books what was spent since the last event.
        mutating func spend(on place: Int, _ charged: Int) {
            let now = ContinuousClock.now
            let (seconds, attoseconds) = since.duration(to: now).components
            places[place].nanoseconds += Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
            places[place].bytes += charged - self.charged
            (since, self.charged) = (now, charged)
        }
    }
    private let state = Mutex(State())

    public init() {}

    /// The clock starts.
    public func begin() { state.withLock { $0.since = .now } }

    /// A script calls a function. ``leave(_:charged:)`` gets what this returns.
    /// - Parameters:
    ///   - line: of the script; nil where none runs.
    ///   - charged: ``NativeMemory/chargedBytes`` now.
    public func enter(_ name: String, line: String?, charged: Int) -> Int {
        state.withLock { state in
            state.spend(on: state.current, charged)
            let outer = state.current
            let parent = line.map { state.place($0, .line, below: outer) } ?? outer
            state.current = state.place(name, .call, below: parent)
            state.places[state.current].count += 1
            return outer
        }
    }

    /// A gradient rule begins, inside the call that asked for the backward pass.
    public func enterBackward(_ operation: String, recordedAt line: String?, charged: Int) -> Int {
        state.withLock { state in
            state.spend(on: state.current, charged)
            let outer = state.current
            state.current = state.place(operation, .backward, below: outer, recordedAt: line)
            state.places[state.current].count += 1
            return outer
        }
    }

    /// What was entered ends.
    public func leave(_ outer: Int, charged: Int) {
        state.withLock { state in
            state.spend(on: state.current, charged)
            state.current = outer
        }
    }

    /// An operation inside the present call has its result. One that is the whole call is no place of its own.
    public func finish(_ operation: String, charged: Int) {
        state.withLock { state in
            let isWhole = state.places[state.current].kind == .call && state.places[state.current].name == operation
            let place = isWhole ? state.current : state.place(operation, .operation, below: state.current)
            if !isWhole { state.places[place].count += 1 }
            state.spend(on: place, charged)
        }
    }

    /// All places, each after the one above it.
    public var places: [Place] { state.withLock { $0.places } }
}
