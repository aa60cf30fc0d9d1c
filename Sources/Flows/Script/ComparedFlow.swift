import Scripting

extension Flow: ComparedObject {
    /// Its parameters by their names in a state dict.
    public func comparedState() -> ComparedState? {
        let facts = [(key: "name", value: Value.string("\(name)")), (key: "dimension", value: .integer(dimension))]
        let values = facts + parameters.map { (key: $0.name, value: Value.object($0.value)) }
        return ComparedState(values, leavesOut: "what is no parameter of it")
    }
}
