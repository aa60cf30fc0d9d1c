import Autodiff
import Networks
import Scripting
import Tensors

/// A multilayer perceptron with ReLU between its layers.
///
/// Each layer after the first takes the values before the ReLU and applies it itself, so that evaluating a single row
/// reads the weights of active units only (see ``Variable/linear(_:_:rectified:)``).
public struct Perceptron {
    /// One affine layer: weight (out, in), bias (out).
    public struct Layer {
        /// Its name in a state dict: `in_block.0`.
        public let name: String
        public let weight: Variable
        public let bias: Variable

        /// weight is (outputs, inputs), bias (outputs).
        public init(name: String, weight: Variable, bias: Variable) {
            self.name = name
            self.weight = weight
            self.bias = bias
        }
    }

    /// From the input to the output.
    public let layers: [Layer]
    /// What acts on the hidden units while the network trains; nil for none.
    public let dropout: Module?

    /// - Parameters:
    ///   - layers: at least one; each takes the width that the one before gives (not checked here).
    ///   - dropout: a module whose layer is ``Dropout``.
    public init(_ layers: [Layer], dropout: Module? = nil) { (self.layers, self.dropout) = (layers, dropout) }

    /// x of shape (rows, inputs) becomes (rows, outputs), with a rectifier before every layer but the first.
    public func callAsFunction(_ x: Variable) throws -> Variable {
        var hidden = x
        for (index, layer) in layers.enumerated() {
            // A mask of numbers >= 0 before the rectifier is the same as one behind it.
            if index > 0, let dropout, dropout.isTraining { hidden = try dropout(hidden) }
            hidden = try hidden.linear(layer.weight, layer.bias, rectified: index > 0)
        }
        return hidden
    }

    /// NAME.weight and NAME.bias of each layer, from the input to the output.
    public var parameters: [(name: String, value: Variable)] {
        layers.flatMap { [("\($0.name).weight", $0.weight), ("\($0.name).bias", $0.bias)] }
    }
}
