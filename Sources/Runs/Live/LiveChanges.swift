import Scripting

/// What people changed during a run, which then cannot be repeated from its files alone.
public final class LiveChanges: Service {
    /// In order, a short sentence each.
    public private(set) var all: [String] = []
    /// What they did without effect on the results: going back to an earlier step.
    public private(set) var notes: [String] = []

    public init() {}

    /// For what changes the run's numbers: a replay will differ.
    public func note(_ change: String) { all.append(change) }

    package func note(harmless: String) { notes.append(harmless) }
}
