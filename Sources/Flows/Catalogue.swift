import Autodiff
import Scripting
import Tensors

/// Every transform that scripts can make. A new one is a file in `Transforms` and a line here.
public enum Catalogue {
    public static var transforms: [any CataloguedTransform.Type] {
        [
            Scaling.self
        ]
    }
}

/// A transform that is an entry of the ``Catalogue``: known to scripts by ``declaration``, held to the laws on
/// ``examples``.
public protocol CataloguedTransform: FlowTransform {
    /// The name under which scripts know it: `Scaling`.
    static var name: String { get }
    /// `flow.Scaling(s)`
    static var declaration: Declaration { get }
    /// Small instances on which the law tests run.
    static var examples: [TransformExample] { get }
}

/// A transform as a function of the tensors that it is made of, and points of data, for the law tests.
public struct TransformExample: Sendable {
    public let label: String
    /// What it is made of, each a tensor of numbers spread over a range.
    public let parameters: [LawCase.Input]
    /// Data, of shape (rows, event...).
    public let points: LawCase.Input
    public let make: @Sendable ([Variable]) throws -> any FlowTransform

    public init(
        _ label: String, _ parameters: [LawCase.Input], points: LawCase.Input,
        make: @escaping @Sendable ([Variable]) throws -> any FlowTransform
    ) {
        self.label = label
        self.parameters = parameters
        self.points = points
        self.make = make
    }
}
