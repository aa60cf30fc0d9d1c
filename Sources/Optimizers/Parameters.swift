import Autodiff
import Scripting
import Tensors

/// Checks of the tensors that are to be optimised.
enum Parameters {
    /// Throws unless all can be updated in place; then makes all of them require gradients, as they must for an
    /// optimiser.
    static func adopt(_ parameters: [Variable], for operation: String) throws {
        guard !parameters.isEmpty else { throw ScriptError(operation, "no parameters to optimise") }
        var seen: Set<ObjectIdentifier> = []
        for (index, parameter) in parameters.enumerated() {
            func refuse(_ reason: String) -> ScriptError { ScriptError(operation, "parameter \(index + 1) \(reason)") }
            guard parameter.isLeaf else {
                throw refuse(
                    "was computed from other tensors; only a leaf can be optimised (x:detach():clone() makes one)")
            }
            guard parameter.dtype != .float16 else {
                throw refuse("is stored in float16, which is for evaluating; load float32 to train")
            }
            guard !zip(parameter.shape, parameter.value.strides).contains(where: { $0 > 1 && $1 == 0 }) else {
                throw refuse("repeats elements (an expanded view) and cannot be updated; clone() it")
            }
            guard seen.insert(ObjectIdentifier(parameter)).inserted else { throw refuse("is there twice") }
        }
        // Nothing is changed before everything is checked.
        for parameter in parameters where !parameter.requiresGrad {
            try parameter.setRequiresGrad(true, for: operation)
        }
    }
}
