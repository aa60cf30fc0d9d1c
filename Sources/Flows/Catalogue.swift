import Autodiff
import Scripting
import Tensors

/// Every transform that scripts can make. A new one is a file in `Transforms` and a line here.
public enum Catalogue {
    /// In the order of the documentation.
    public static var transforms: [any CatalogueEntry.Type] {
        [
            Scaling.self,
            Permute.self,
            Reverse.self,
            ActNorm.self,
            Conv1x1.self,
            LULinear.self,
            Householder.self,
            Sigmoid.self,
            Logit.self,
            Tanh.self,
            Softplus.self,
            Planar.self,
            Radial.self,
            AdditiveCouplings.self,
            AffineCouplings.self,
            SplineCouplings.self,
            HistogramCouplings.self,
            AutoregressiveEntry.self,
            OrderedAutoregressive.self,
            Histogram.self,
            Chain.self,
            Squeeze.self,
            Split.self,
            Reshape.self,
        ]
    }
}

/// A constructor in the ``Catalogue``: ``declaration`` is what scripts see, ``examples`` are what the law tests run on.
public protocol CatalogueEntry {
    /// The name under which scripts know it: `Scaling`.
    static var name: String { get }
    /// `flow.Scaling(s)`
    static var declaration: Declaration { get }
    /// Small instances on which the law tests run.
    static var examples: [TransformExample] { get }
}

/// A transform that is an entry of the ``Catalogue`` itself.
public protocol CataloguedTransform: FlowTransform, CatalogueEntry {}

/// Makes a transform from random tensors and says which data to give it, for the law tests.
public struct TransformExample: Sendable {
    /// What a failing test prints.
    public let label: String
    /// The tensors that it is made of, with their shapes and the range of their numbers.
    public let parameters: [LawCase.Input]
    /// The data, of shape (rows, event...).
    public let points: LawCase.Input
    /// The context, (rows, C); nil for a transform that takes none.
    public let context: LawCase.Input?
    public let extremes: Extremes
    /// All inputs of a law test: the parameters, the points, and the context if there is one.
    public var inputs: [LawCase.Input] { parameters + [points] + (context.map { [$0] } ?? []) }
    public let make: @Sendable ([Variable]) throws -> any FlowTransform

    /// In which directions numbers as large as 1e30, and denormal ones, give finite values and log-determinants.
    public enum Extremes: Sendable { case none, toLatent, toData, both }

    /// `make` gets the tensors in the order of `parameters`.
    public init(
        _ label: String, _ parameters: [LawCase.Input], points: LawCase.Input, context: LawCase.Input? = nil,
        extremes: Extremes = .none, make: @escaping @Sendable ([Variable]) throws -> any FlowTransform
    ) {
        self.label = label
        self.parameters = parameters
        self.points = points
        self.context = context
        self.extremes = extremes
        self.make = make
    }
}
