import Scripting

/// `require "montecarlo"`: importance sampling and its diagnostics, gradient estimators, baselines, and a race of
/// estimators.
public struct MonteCarloModule: ScriptModule {
    public init() {}

    public let name = "montecarlo"
    public let summary =
        "Importance sampling with its diagnostics, estimators of gradients of expectations from one loss function, "
            + "and a table that races them."
    public var functions: [NativeFunction] { Catalogue.functions }
    public var types: [TypeBinding] { [MovingAverage.binding] }
}
