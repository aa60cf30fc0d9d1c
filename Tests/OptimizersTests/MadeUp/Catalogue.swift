import Scripting

@testable import Optimizers

/// The optimisers that are tested by the laws: all of the library's, and one made up here to show that a new one needs
/// no further edit.
let catalogue: [Declaration] =
    Catalogue.declarations + [
        SignDescent.declaration
    ]
