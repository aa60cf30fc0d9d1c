import Scripting

/// `require "distribution"`: the distributions of the ``Catalogue`` and divergences between them.
public struct DistributionModule: ScriptModule {
    public init() {}

    public let name = "distribution"
    public let summary = """
        Probability distributions: d = distribution.Normal(0, 1), then d:sample({n}), d:rsample({n}), d:log_prob(x) \
        in nats, d:entropy(), d:cdf(x), d.mean, d.variance.
        """

    public var functions: [NativeFunction] {
        let constructors = Catalogue.laws.map { $0.declaration } + [ScriptedLaw.declaration]
        return (constructors + [Divergence.declaration]).map { NativeFunction($0) }
    }

    public var types: [TypeFace] { [DistributionObject.face] }

    public var scripted: ScriptedConstructors? { ScriptedLaw.registered }
}
