import Autodiff
import Scripting
import Tensors

/// NICE's diagonal scaling (section 3.3): z = x exp(s), log |det| = sum of s.
public struct Scaling: FlowTransform {
    /// s, of shape (1, D).
    public let logScale: Variable

    public init(logScale: Variable) { self.logScale = logScale }

    public func toLatent(_ x: Variable) throws -> (z: Variable, logDeterminant: Variable) {
        let logScale = try fitting(x)
        return (try x * logScale.exp(), try logScale.sum())
    }

    public func toData(_ z: Variable) throws -> (x: Variable, logDeterminant: Variable) {
        let logScale = try fitting(z)
        return (try z * (-logScale).exp(), try -logScale.sum())
    }

    /// One scale alone would broadcast over all columns, and count once.
    private func fitting(_ x: Variable) throws -> Variable {
        guard logScale.shape.last == x.shape.last else {
            throw ScriptError(
                "flow.Scaling",
                "\(logScale.shape.last ?? 0) scales for x of shape \(Shape.describe(x.shape)): one for each column expected"
            )
        }
        return try logScale.promoted(with: x)
    }

    public var parameters: [(name: String, value: Variable)] { [("scale", logScale)] }
}

extension Variable {
    /// In the type of a result of both: float32 parameters compute in float64 on float64 data, exp and all.
    fileprivate func promoted(with other: Variable) throws -> Variable {
        let wanted = dtype.promoted(with: other.dtype)
        return wanted == dtype ? self : try converted(to: wanted)
    }
}
