import Autodiff
import Scripting
import Tensors

extension ProjectableSet {
    /// The projection of a value that may be recorded. The result of a recorded one is recorded too, so that a gradient
    /// through it is right or refused, never silently lost: elementwise sets have the gradient of a clamp, a
    /// ``DifferentiableSet`` its own, and for the others `backward` says that the projection has none.
    func project(_ x: Variable) throws -> Variable {
        let projected = try project(x.value)
        let operation = operation
        if let set = self as? any DifferentiableSet {
            return try .recorded(operation, [x], projected) { call in
                let slope = try set.pullback(call.cotangent.value, at: call.inputs[0].value)
                return [try .recorded("the gradient of \(operation)", [call.cotangent, call.inputs[0]], slope, keeps: .nothing, rule: nil)]
            }
        }
        guard let intervals = elementwise else {
            return try .recorded(operation, [x], projected, keeps: .nothing, rule: nil)
        }
        return try .recorded(operation, [x], projected) { call in
            [try call.cotangent.kept(where: Variable(intervals.slope(at: call.inputs[0].value, for: operation)))]
        }
    }
}
