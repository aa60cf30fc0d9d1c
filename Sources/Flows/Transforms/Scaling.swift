import Autodiff
import Scripting
import Tensors

/// NICE's diagonal scaling (section 3.3): z = x exp(s), log |det| = sum of s.
public struct Scaling: FlowTransform {
    /// s, of shape (1, D).
    public let logScale: Variable
    /// Made of plain numbers, which take the type of the data as numbers beside a tensor do.
    public let isOfNumbers: Bool

    public init(logScale: Variable, isOfNumbers: Bool = false) { (self.logScale, self.isOfNumbers) = (logScale, isOfNumbers) }

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
        let wanted = isOfNumbers ? x.dtype.computing : logScale.dtype.promoted(with: x.dtype)
        return wanted == logScale.dtype ? logScale : try logScale.converted(to: wanted)
    }

    public var drawingType: DType { isOfNumbers ? .float32 : logScale.dtype.computing }

    public var parameters: [(name: String, value: Variable)] { [("scale", logScale)] }
}
