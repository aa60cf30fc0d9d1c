import Autodiff

/// The operations that are held to the laws: every one there is, and one that is made up, which must need no more to
/// be so.
let catalogue: [Autodiff.Operation] =
    Autodiff.Operation.catalogue + [
        .cube
    ]
