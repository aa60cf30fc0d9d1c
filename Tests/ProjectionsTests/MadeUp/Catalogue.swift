@testable import Projections

/// The sets that are tested by the laws: all of the library's, and one made up here to show that a new one needs no
/// further edit.
var catalogue: [any CataloguedSet.Type] {
    Catalogue.sets + [
        Slab.self
    ]
}
