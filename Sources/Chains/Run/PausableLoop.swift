import Scripting

/// Who runs a loop of steps so that it can be paused, looked at, edited and rewound. Without one, a run of chains is a
/// plain loop that Ctrl-C ends. The host's part of it lies above this room.
public final class PausableLoop: Service {
    /// What a step says: fields to write into the state, the value for the trace, and whether the loop goes on.
    public struct Answer {
        public let fields: [(key: String, value: Value)]
        public let trace: Double
        public let goesOn: Bool
    }

    /// Runs `steps` steps; `step` gets a step's number and the state, a table that a script may have changed in a pause
    /// or gone back with. Nil where nobody would answer.
    public typealias Runner = (
        _ steps: Int, _ state: [(key: String, value: Value)],
        _ step: @escaping (Int, any ScriptTable) throws -> Answer
    ) throws -> Void
    public var runner: (() -> Runner?)?

    public init() {}
}
