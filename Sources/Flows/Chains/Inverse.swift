import Autodiff
import Scripting
import Tensors

/// The inverse of a transform: its `toLatent` is the other's `toData`.
public struct Inverse: FlowTransform {
    /// The transform whose directions are exchanged.
    public let base: any FlowTransform
    public let depth: Int

    /// Any transform; the inverse of an inverse is not simplified.
    public init(_ base: any FlowTransform) { (self.base, depth) = (base, base.depth + 1) }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        let (z, logDeterminant) = try base.toData(x, context: context)
        return (z, logDeterminant)
    }
    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        let (x, logDeterminant) = try base.toLatent(z, context: context)
        return (x, logDeterminant)
    }

    public func latentShape(of event: [Int]) throws -> [Int] { try base.dataShape(of: event) }
    public func dataShape(of event: [Int]) throws -> [Int] { try base.latentShape(of: event) }
    public var fixedDataShape: [Int]? { base.fixedDataShape.flatMap { try? base.latentShape(of: $0) } }

    public var parameters: [(name: String, value: Variable)] { base.parameters }
    public var buffers: [(name: String, value: Variable)] { base.buffers }
    public var drawingType: DType { base.drawingType }
    public var contextSize: Int? { base.contextSize }
    public var accuracy: MapAccuracy { base.accuracy }
    public var takesAnyContext: Bool { base.takesAnyContext }
    public var heldValues: [Value] { base.heldValues }
    public var recipe: Recipe { get throws { .call("transform:inverse", [try base.recipe]) } }
}
