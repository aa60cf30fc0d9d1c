import Scripting

/// `require "distribution"`: the distributions of the ``Catalogue`` and divergences between them.
public struct DistributionModule: ScriptModule {
    private let added: [Declaration]
    /// Constructors of the catalogue's distributions and of those passed to `init`.
    private var constructors: [Declaration] { Catalogue.distributions.map { $0.declaration } + added }

    /// - Parameter distributions: more distributions beside the catalogue's.
    public init(adding distributions: [any CataloguedDistribution.Type] = []) {
        added = distributions.map { $0.declaration }
    }

    public let name = "distribution"
    public let summary = """
        Probability distributions: d = distribution.Normal(0, 1), then d:sample({n}), d:rsample({n}), d:log_prob(x) \
        in nats, d:entropy(), d:cdf(x), d.mean, d.variance.
        """

    public var functions: [NativeFunction] {
        (constructors + [ScriptedDistribution.declaration, Divergence.declaration]).map {
            NativeFunction($0).remembering()
        }
    }

    public var types: [TypeBinding] { [DistributionObject.binding] }

    public var scripted: ScriptedConstructors? { ScriptedDistribution.registered }
}
