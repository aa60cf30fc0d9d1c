import Synchronization

/// The time and memory of a run's operations by where scripts called them: `luaflow run --profile`.
///
/// A tree of places: a line of a script, the function it calls, the operations inside, and so on. Time is attributed to
/// one place after the other. A call has a beginning and an end; what happens between belongs to it or to what it
/// calls. An operation inside a call is only known when it is done: it gets the time since the previous event.
public final class Profile: Sendable {
    /// A place in the tree, and the cost there without that of the places below it.
    public struct Place: Sendable {
        /// The index of the place above; the root's is its own.
        public let parent: Int
        /// The full name of a function or operation, or a line `script.lua:12`.
        public let name: String
        public let kind: Kind
        /// For an operation in the backward pass: the line that recorded it.
        public let recordedAt: String?
        public fileprivate(set) var nanoseconds: Int = 0
        public fileprivate(set) var count = 0
        /// The bytes of the tensors that were made.
        public fileprivate(set) var bytes = 0
    }

    /// The levels of a profile, from the run down.
    public enum Kind: Sendable, Hashable {
        /// The whole run; its own cost is that of Lua.
        case root
        /// A line of a script from which something was called.
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
        /// The time of the last event, and the bytes charged until then.
        var since = ContinuousClock.now
        var charged = 0

        /// The place of that name below another, created when first needed.
        mutating func place(_ name: String, _ kind: Kind, below parent: Int, recordedAt: String? = nil) -> Int {
            let step = Step(parent: parent, name: name, kind: kind, recordedAt: recordedAt)
            if let known = known[step] { return known }
            places.append(Place(parent: parent, name: name, kind: kind, recordedAt: recordedAt))
            known[step] = places.count - 1
            return places.count - 1
        }

        /// Attributes the time and memory since the last event to a place.
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

    /// Starts the clock.
    public func begin() { state.withLock { $0.since = .now } }

    /// A script calls a function. Pass the result to ``leave(_:charged:)``.
    /// - Parameters:
    ///   - line: the script's line; nil if no script runs.
    ///   - charged: the present ``NativeMemory/chargedBytes``.
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

    /// A gradient rule begins, within the call that started the backward pass.
    public func enterBackward(_ operation: String, recordedAt line: String?, charged: Int) -> Int {
        state.withLock { state in
            state.spend(on: state.current, charged)
            let outer = state.current
            state.current = state.place(operation, .backward, below: outer, recordedAt: line)
            state.places[state.current].count += 1
            return outer
        }
    }

    /// The end of what was entered.
    public func leave(_ outer: Int, charged: Int) {
        state.withLock { state in
            state.spend(on: state.current, charged)
            state.current = outer
        }
    }

    /// An operation inside the current call is done. If it is the whole call, it gets no place of its own.
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
