import Scripting
import Tensors

/// Functions that turn functions into their derivatives (JAX's names and composition rules).
public enum Transform {
    /// The value and the gradients with respect to `arguments` of a function whose first result is a single number.
    ///
    /// Composable: gradients are themselves recorded whenever an outer transform, or a leaf, needs them.
    ///
    /// - Returns: all the function's results, and one gradient per argument (zeros where it does not matter).
    public static func valueAndGradient(
        of function: ([Variable]) throws -> [Variable], at arguments: [Variable], for operation: String
    ) throws -> (values: [Variable], gradients: [Variable]) {
        let inner = try arguments.map { try fresh($0) }
        let values = try GradMode.$isEnabled.withValue(true) { try function(inner) }
        guard let value = values.first else {
            throw ScriptError(operation, "the function returned nothing; a tensor of one number expected")
        }
        guard value.value.count == 1 else {
            throw ScriptError(
                operation, "the function returned a tensor of shape \(Shape.describe(value.shape)); a single number expected (sum it?)")
        }
        let recording = isRecording(values, arguments, inner)
        let gradients = try pullBack([value], seeds: [try value.seed(nil, operation)], to: inner, recording, operation)
        return (recording ? values : values.map { $0.detached() }, gradients)
    }

    /// Whether a transform's results are to be joined to the tape: when what they are computed from (`outer`), or a leaf
    /// that the function brought along, requires a gradient. Otherwise they hold no graph.
    static func isRecording(_ values: [Variable], _ outer: [Variable], _ inner: [Variable]) -> Bool {
        GradMode.isEnabled && (outer.contains(where: \.requiresGrad) || Backward.reachesOtherLeaves(values, than: inner))
    }

    /// Cotangents of `inner` for given cotangents of `values`; zeros where nothing flows.
    static func pullBack(
        _ values: [Variable], seeds: [Variable], to inner: [Variable], _ createGraph: Bool, _ operation: String
    ) throws -> [Variable] {
        let cotangents = try Backward.run(
            from: values, seeds: seeds, targets: inner, createGraph: createGraph, retainGraph: true, accumulate: false,
            for: operation)
        return try zip(inner, cotangents).map { variable, cotangent in
            try cotangent ?? Variable(Tensor.zeros(variable.shape, variable.dtype.computing))
        }
    }

    /// A stand-in for an argument that gradients can be taken with respect to: a new leaf, or, where the argument is
    /// recorded already, a recorded copy that stays joined to it.
    static func fresh(_ variable: Variable) throws -> Variable {
        if variable.requiresGrad, GradMode.isEnabled { return try variable.identity() }
        let leaf = variable.detached()
        try leaf.setRequiresGrad(true)
        return leaf
    }
}
