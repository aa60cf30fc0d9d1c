import Scripting

/// What scripts may pass where a distribution is asked for: a distribution, or what is one besides, such as a flow.
public protocol HoldsDistribution: ScriptObject {
    var distribution: any Distribution { get throws }
}
