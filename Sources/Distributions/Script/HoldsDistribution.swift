import Scripting

/// An object that scripts may pass as a distribution: a distribution, or a flow.
public protocol HoldsDistribution: ScriptObject {
    var distribution: any Distribution { get throws }
}
