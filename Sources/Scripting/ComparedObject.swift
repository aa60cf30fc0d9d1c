/// An object that tells by values what it is, so that the results of two runs can be compared bit for bit.
///
/// Of objects that do not conform, and of functions, a comparison says that it did not look.
public protocol ComparedObject: ScriptObject {
    /// What a comparison looks at; nil when it cannot look, as at a distribution that a script's functions make up.
    func comparedState() throws -> ComparedState?
}

/// Values that stand for an object in a comparison.
public struct ComparedState {
    public let values: [(key: String, value: Value)]
    /// What else the object depends on and is not among them: `its architecture`.
    public let leavesOut: String?

    public init(_ values: [(key: String, value: Value)], leavesOut: String? = nil) {
        (self.values, self.leavesOut) = (values, leavesOut)
    }
}
