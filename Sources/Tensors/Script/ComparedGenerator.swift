import Scripting

extension Generator: ComparedObject {
    /// Seed, stream and the number of words drawn.
    public func comparedState() -> ComparedState? {
        func words(_ word: UInt64) -> Value { .integer(Int(bitPattern: UInt(word))) }
        return ComparedState([
            (key: "seed", value: words(state.seed)), (key: "stream", value: words(state.stream)),
            (key: "drawn", value: words(state.drawn)),
        ])
    }
}
