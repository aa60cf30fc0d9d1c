import Autodiff
import Scripting
import Tensors

/// A law that is an entry of the ``Catalogue``: known to scripts by ``constructor``, held to the laws on ``examples``.
public protocol CataloguedLaw: Distribution {
    /// `distribution.Normal(loc, scale)` with its documentation.
    static var constructor: NativeFunction { get }
    /// Small instances on which the law tests run.
    static var examples: [LawExample] { get }
}

extension CataloguedLaw {
    /// A constructor that checks its arguments in `make` and hands the law to the script.
    static func makeConstructor(
        _ documentation: Documentation, _ make: @escaping @Sendable (Arguments) throws -> any Distribution
    ) -> NativeFunction {
        NativeFunction("distribution.\(name)", documentation, returning: { .object(DistributionObject(try make($0))) })
    }
}

/// A law with parameters to vary, and points of its support, for the law tests.
public struct LawExample: Sendable {
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
    public let make: @Sendable ([Variable]) throws -> any Distribution

    public init(
        _ label: String, _ parameters: [Input], points: Input, make: @escaping @Sendable ([Variable]) throws -> any Distribution
    ) {
        self.label = label
        self.parameters = parameters
        self.points = points
        self.make = make
    }
}
