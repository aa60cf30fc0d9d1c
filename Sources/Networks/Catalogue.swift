import Scripting
import Tensors

/// A kind of layer in the catalogue: its declaration, and modules for the law tests.
///
/// A new layer is one file (the ``Layer``, and a static entry) and one line in ``LayerEntry/catalogue``.
public struct LayerEntry: Sendable {
    /// The constructor as scripts see it: `nn.Linear`.
    public let declaration: Declaration
    /// What the law tests run on.
    public let cases: [LayerCase]

    init(_ declaration: Declaration, cases: [LayerCase]) { (self.declaration, self.cases) = (declaration, cases) }
}

/// A module for the law tests, and the shape of its input.
public struct LayerCase: Sendable {
    /// What a failing test prints.
    public let label: String
    /// With the batch in front: (3, 2) for three rows.
    public let input: [Int]
    /// Gets the generator of its initial weights.
    public let make: @Sendable (Generator) throws -> Module

    init(_ label: String, _ input: [Int], make: @escaping @Sendable (Generator) throws -> Module) {
        (self.label, self.input, self.make) = (label, input, make)
    }
}

extension LayerEntry {
    /// Every layer, in the order of the documentation.
    public static let catalogue: [LayerEntry] =
        [
            Linear.entry,
            Conv2d.entry,
            MaskedLinear.entry,
            LayerNorm.entry,
            Dropout.entry,
            Flatten.entry,
            Residual.entry,
            Sequential.entry,
            MLP.entry,
            ScriptedModule.entry,
        ] + Activation.entries
}
