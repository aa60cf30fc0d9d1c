import Autodiff
import Scripting
import Tensors

/// Initial values of parameters, as torch.nn.init computes them.
enum Initialization {
    /// How many inputs and outputs a weight (out, in, window...) connects.
    static func fans(_ shape: [Int]) throws -> (in: Int, out: Int) {
        guard shape.count >= 2 else {
            throw Fault(
                "t has shape \(Shape.describe(shape)); a weight of two dimensions or more, (out, in, ...), expected")
        }
        let window = shape.dropFirst(2).reduce(1, *)
        return (shape[1] * window, shape[0] * window)
    }

    /// Uniform numbers from -bound to bound.
    static func uniform(
        _ shape: [Int], within bound: Double, _ dtype: DType = .float32, from generator: Generator,
        for operation: String
    ) throws -> Tensor {
        try generator.fill(shape, dtype, for: operation) { bound * (2 * $0.uniform() - 1) }
    }

    /// A parameter: a leaf that training changes.
    static func parameter(_ name: String, _ value: Tensor) throws -> ModuleTensor {
        let variable = Variable(value)
        try variable.setRequiresGrad(true, for: "nn")
        return ModuleTensor(name, variable)
    }

    /// PyTorch's default of linear and convolutional layers: weight and bias uniform within 1 / sqrt(fan in).
    /// - Returns: the weight, and the bias of shape (out) if there is one.
    static func affine(
        _ shape: [Int], bias: Bool, from generator: Generator, for operation: String
    ) throws -> (weight: Tensor, bias: ModuleTensor?) {
        let bound = 1 / Double(max(try fans(shape).in, 1)).squareRoot()
        let weight = try uniform(shape, within: bound, from: generator, for: operation)
        guard bias else { return (weight, nil) }
        let values = try uniform([shape[0]], within: bound, from: generator, for: operation)
        return (weight, try parameter("bias", values))
    }
}
