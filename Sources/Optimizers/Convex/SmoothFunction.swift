import Autodiff
import Scripting
import Tensors

/// A function of one tensor to one number, and its gradient; both unrecorded and finite.
struct SmoothFunction {
    let body: (Variable) throws -> Variable
    let operation: String

    /// f(x) and its gradient.
    /// - Throws: naming the step, when one is not finite.
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
