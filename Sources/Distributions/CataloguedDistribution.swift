import Autodiff
import Scripting
import Tensors

/// A distribution in the ``Catalogue``: ``declaration`` is what scripts see, ``examples`` are what the law tests run
/// on.
public protocol CataloguedDistribution: Distribution {
    /// The constructor as scripts see it: `distribution.Normal(loc, scale)`.
    static var declaration: Declaration { get }
    /// Small instances on which the law tests run.
    static var examples: [DistributionExample] { get }
}

extension CataloguedDistribution {
    /// The constructor of a distribution with parameters: numbers, tensors or tables of numbers, which broadcast.
    static func declare(
        _ summary: String, takes parameters: ConstructorParameter..., errors: String? = nil, source: String,
        example: String, make: @escaping @Sendable (ConstructorArguments) throws -> any Distribution
    ) -> Declaration {
        Declaration(
            "distribution.\(name)", summary, by: .placesOrNames, takes: .distribution(parameters),
            returns: .distribution, errors: errors, source: source, example: example, body: make)
    }
}

/// A distribution with parameters to vary, and points of its support, for the law tests.
public struct DistributionExample: Sendable {
    /// Numbers in row-major order, with their shape.
    public struct Input: Sendable {
        /// Empty for a single number.
        public let shape: [Int]
        /// As many as the shape has elements.
        public let values: [Double]

        /// Without a shape one number is of shape (), several are a vector.
        public init(_ values: [Double], _ shape: [Int]? = nil) {
            self.values = values
            self.shape = shape ?? (values.count == 1 ? [] : [values.count])
        }
    }

    /// What a failing test prints.
    public let label: String
    public let parameters: [Input]
    /// Of shape batch and event: where density, tails and gradients are tested.
    public let points: Input
    /// Whether draws are whole numbers: the density is then a probability and has no derivative by x.
    public let isDiscrete: Bool
    /// The distribution of these parameters, in the order of ``parameters``.
    public let make: @Sendable ([Variable]) throws -> any Distribution

    /// The points must lie inside the support, away from jumps of the density.
    public init(
        _ label: String, _ parameters: [Input], points: Input, isDiscrete: Bool = false,
        make: @escaping @Sendable ([Variable]) throws -> any Distribution
    ) {
        self.label = label
        self.parameters = parameters
        self.points = points
        self.isDiscrete = isDiscrete
        self.make = make
    }
}
