/// An object whose state is given by values, so that the results of two runs can be compared bit for bit.
///
/// Objects that do not conform, and functions, are reported as not compared.
public protocol ComparedObject: ScriptObject {
    /// The state to compare; nil when there is none, as for a distribution made of a script's functions.
    func comparedState() throws -> ComparedState?
}

/// Values that stand for an object in a comparison.
public struct ComparedState {
    /// Compared one by one; a difference is reported under its key.
    public let values: [(key: String, value: Value)]
    /// What the object depends on that is not among the values: `its architecture`.
    public let leavesOut: String?

    /// The keys should be those that scripts see.
    public init(_ values: [(key: String, value: Value)], leavesOut: String? = nil) {
        (self.values, self.leavesOut) = (values, leavesOut)
    }
}
