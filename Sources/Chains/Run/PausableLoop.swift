import Scripting

/// The service that runs a loop of steps so that it can be paused, looked at, edited and rewound. Without it a run of
/// chains is a plain loop that Ctrl-C ends. The room Runs provides it.
public final class PausableLoop: Service {
    /// What one step returns: fields to write into the state, a value for the trace, and whether the loop goes on.
    public struct Answer {
        /// What a pause shows and may change; the next step gets it in the state.
        public let fields: [(key: String, value: Value)]
        /// Appended to state.trace, whose last value the progress bar shows.
        public let trace: Double
        /// False ends the loop after this step.
        public let goesOn: Bool
    }

    /// Runs `steps` steps. `step` gets the step's number and the state, a table that a script may have changed in a
    /// pause or set back to an earlier step. Nil where nobody could answer a pause.
    public typealias Runner = (
        _ steps: Int, _ state: [(key: String, value: Value)],
        _ step: @escaping (Int, any ScriptTable) throws -> Answer
    ) throws -> Void
    /// Asked at the start of every loop; nil where no room provides one.
    public var runner: (() -> Runner?)?

    public init() {}
}
