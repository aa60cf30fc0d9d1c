import Scripting

extension Optimizer {
    /// Name, step sizes and what is remembered of earlier steps, by the names of the state dict.
    public func comparedState() throws -> ComparedState? {
        let facts = [
            (key: "name", value: Value.string("\(name)")), (key: "lr", value: .list(learningRates.map { .number($0) })),
        ]
        let parts = facts + (try state()).map { (key: $0.name, value: Value.tensor($0.value)) }
        return ComparedState(parts, leavesOut: "the settings but for lr")
    }
}
