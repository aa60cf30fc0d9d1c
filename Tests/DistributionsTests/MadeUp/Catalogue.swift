import Distributions

/// The distributions that are held to the laws: every one there is, and one that is made up, which must need no more to
/// be so.
var catalogue: [any CataloguedDistribution.Type] {
    Catalogue.distributions + [
        UnitLogistic.self
    ]
}
