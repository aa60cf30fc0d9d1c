import Autodiff
import Scripting
import Tensors

/// A differentiable function from a tensor to a number; value and gradient are unrecorded.
struct SmoothFunction {
    let body: (Variable) throws -> Variable
    let operation: String

    /// f(x) and its gradient.
    /// - Throws: naming step k, when one of them is not finite.
    func slope(at x: Tensor, _ k: Int) throws -> (value: Double, gradient: Tensor) {
        let (values, gradients) = try GradMode.$isEnabled.withValue(false) {
            try Transform.valueAndGradient(of: { [try body($0[0])] }, at: [Variable(x)], for: operation)
        }
        let (value, gradient) = (try values[0].value.item(), gradients[0].value)
        guard value.isFinite else { throw ScriptError(operation, "f is \(shown(value)) at step \(k)") }
        let size = try gradient.reshape([gradient.count]).largestMagnitude()
        guard size.isFinite else {
            throw ScriptError(
                operation, "the gradient of f has an element of \(size.isNaN ? "nan" : "infinite size") at step \(k)")
        }
        return (value, gradient)
    }

    /// f(x) alone, which may be infinite or NaN.
    func value(at x: Tensor) throws -> Double {
        let result = try GradMode.$isEnabled.withValue(false) { try body(Variable(x)) }
        guard result.value.count == 1 else {
            throw ScriptError(
                operation,
                "the function returned a tensor of shape \(Shape.describe(result.shape)); a single number expected")
        }
        return try result.value.item()
    }
}
