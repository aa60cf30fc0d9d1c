import Scripting

extension Module: ComparedObject {
    /// Its parameters and buffers by their names in a state dict, and whether it trains.
    public func comparedState() -> ComparedState? {
        let facts = [
            (key: "layer", value: Value.string("\(layer.description)")), (key: "training", value: .boolean(isTraining)),
        ]
        let values = facts + state.map { (key: $0.name, value: Value.object($0.value)) }
        return ComparedState(values, leavesOut: "the functions of nn.Module")
    }
}
