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
    public struct Input: Sendable {
        public let shape: [Int]
        public let values: [Double]

        public init(_ values: [Double], _ shape: [Int]? = nil) {
            self.values = values
            self.shape = shape ?? (values.count == 1 ? [] : [values.count])
        }
    }

    public let label: String
    public let parameters: [Input]
    public let points: Input
    /// Whether draws are whole numbers: the density is then a probability and has no derivative by x.
    public let isDiscrete: Bool
    public let make: @Sendable ([Variable]) throws -> any Distribution

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
