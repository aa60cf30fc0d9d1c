import Autodiff

/// The operations that are tested by the laws: all of the library's, and one made up here to show that a new one needs
/// no further edit.
let catalogue: [Autodiff.Operation] =
    Autodiff.Operation.catalogue + [
        .cube
    ]
