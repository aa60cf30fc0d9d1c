import Autodiff
import Scripting
import Tensors

/// Checks of a flow at given points, in float64: round trip, both log-determinants, dense Jacobian.
struct FlowCheck {
    let flow: Flow
    let operation: String
    private let accuracy: MapAccuracy
    /// The largest dimension for which the dense Jacobian is computed.
    private let largestDense = 64

    init(flow: Flow, operation: String) {
        (self.flow, self.operation) = (flow, operation)
        accuracy = .joint(flow.transforms.map(\.transform))
    }

    func report(_ x: Variable, context: Variable? = nil) throws -> Value {
        try GradMode.$isEnabled.withValue(false) {
            let x = try x.detached().converted(to: .float64)
            let context = try context?.detached().converted(to: .float64)
            let (z, there) = try flow.toLatent(x, context: context)
            let (back, again) = try flow.toData(z, context: context)
            let roundTrip = try worst(back - x, scale: x)
            try demand(otherwise: "to_data(to_latent(x)) is not x", roundTrip)
            if accuracy.isEstimate { return .record([("round_trip", .number(roundTrip.error))]) }
            let sum = try worst(there + again, scale: there)
            try demand(otherwise: "the log-determinants of the two directions do not cancel", sum)
            var facts: [(key: String, value: Value)] = [
                ("round_trip", .number(roundTrip.error)), ("log_det_sum", .number(sum.error)),
            ]
            if flow.dimension <= largestDense {
                let dense = try worst(there - denseLogDeterminants(x, context), scale: there)
                try demand(otherwise: "the log-determinant is not that of the dense Jacobian", dense)
                facts.append(("log_det_dense", .number(dense.error)))
            }
            return .record(facts)
        }
    }

    /// log |det dz/dx| of every row from its dense Jacobian.
    private func denseLogDeterminants(_ x: Variable, _ context: Variable?) throws -> Variable {
        let values = try (0..<x.shape[0]).map { row in
            let point = Variable(try x.value.select(0, row).copy().reshape([flow.dimension]))
            let isOfRows = context?.shape.count == 2 && context?.shape[0] == x.shape[0]
            let told = isOfRows ? try context?.slice(0, row, 1) : context
            let jacobian = try Transform.jacobian(
                of: { [flow] in
                    [try flow.toLatent($0[0].reshape([1, flow.dimension]), context: told).z.reshape([flow.dimension])]
                }, at: point, for: operation)
            return try jacobian.signAndLogDeterminant().logarithm.value.item()
        }
        return Variable(try Tensor(values, shape: [values.count], .float64))
    }

    private func worst(_ difference: Variable, scale: Variable) throws -> (error: Double, position: Int) {
        let errors = try difference.value.toArray()
        let sizes = try scale.value.toArray()
        var result = (error: 0.0, position: 0)
        for index in errors.indices {
            let error = abs(errors[index]) / max(1, abs(sizes[index]))
            if error.isNaN { return (error, index) }
            if error > result.error { result = (error, index) }
        }
        return result
    }

    private func demand(otherwise fault: String, _ worst: (error: Double, position: Int)) throws {
        guard worst.error <= accuracy.tolerance else {
            throw ScriptError(
                operation, "\(fault) at element \(worst.position + 1): relative error \(shown(worst.error))")
        }
    }
}
