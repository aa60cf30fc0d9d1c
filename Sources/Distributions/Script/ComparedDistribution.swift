import Scripting

extension DistributionObject: ComparedObject {
    /// Name and parameters; nil for a law made up of a script's functions, and for what is made of other laws.
    public func comparedState() -> ComparedState? {
        if law is ScriptedLaw || law is Mixture || law is Truncated { return nil }
        let values = law.parameters.map { (key: $0.name, value: Value.object($0.value)) }
        return ComparedState([(key: "name", value: .string("\(law.name)"))] + values)
    }
}
