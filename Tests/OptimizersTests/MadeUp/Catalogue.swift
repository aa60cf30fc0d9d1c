import Scripting

@testable import Optimizers

/// The optimisers that are held to the laws: every one there is, and one that is made up, which must need no more to
/// be so.
let catalogue: [Declaration] =
    Catalogue.declarations + [
        SignDescent.declaration
    ]
