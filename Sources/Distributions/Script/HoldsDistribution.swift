import Scripting

/// An object that scripts may pass as a distribution: a distribution, or a flow.
public protocol HoldsDistribution: ScriptObject {
    /// What functions that take a distribution compute with.
    var distribution: any Distribution { get throws }
}
