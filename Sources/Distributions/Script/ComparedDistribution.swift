import Scripting

extension DistributionObject: ComparedObject {
    /// Name and parameters; nil for distributions defined by a script's functions, and for those made of other
    /// distributions.
    public func comparedState() -> ComparedState? {
        if distribution is ScriptedDistribution || distribution is Mixture || distribution is Truncated { return nil }
        let values = distribution.parameters.map { (key: $0.name, value: Value.object($0.value)) }
        return ComparedState([(key: "name", value: .string("\(distribution.name)"))] + values)
    }
}
