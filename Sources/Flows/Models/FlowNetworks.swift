import Networks

// The networks of transforms, so that training can switch their dropout on.

extension ConditionedTransform { public var modules: [Module] { [hyper] } }
extension ContinuousTransform { public var modules: [Module] { [ode] } }
extension ScriptedTransform { public var modules: [Module] { networks.map(\.module) } }
extension Chain { public var modules: [Module] { sequence.parts.flatMap(\.modules) } }
extension Inverse { public var modules: [Module] { base.modules } }

extension Flow: HoldsModules {
    /// The networks of its transforms, and of flows and transforms in its base.
    public var modules: [Module] {
        transforms.flatMap(\.transform.modules) + ((prior as? BaseDistribution)?.modules ?? [])
    }
}
