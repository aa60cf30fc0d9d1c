import Autodiff
import Scripting
import Tensors

/// All dimensions but the first in one: (B, ...) becomes (B, D). As torch.nn.Flatten.
public struct Flatten: Layer {
    public var description: String { "nn.Flatten()" }

    public init() {}

    public func forward(_ x: Variable, context: Variable?, isTraining: Bool) throws -> Variable {
        guard let rows = x.shape.first else {
            throw ScriptError("nn.Flatten", "x has no dimension; a batch (B, ...) expected")
        }
        return try x.reshape([rows, x.shape.dropFirst().reduce(1, *)])
    }
}

extension Flatten {
    static let entry = LayerEntry(
        Declaration(
            "nn.Flatten",
            "All dimensions but the first in one: (B, ...) becomes (B, D), a view where memory allows it.",
            takes: .context, returns: .module, errors: "when called, x without a dimension", source: "torch.nn.Flatten",
            example: "assert(nn.Flatten()(tensor.ones(2, 3, 4)).shape[2] == 12)"
        ) { _ in Module(Flatten()) },
        cases: [LayerCase("Flatten", [2, 3, 2]) { _ in Module(Flatten()) }])
}
