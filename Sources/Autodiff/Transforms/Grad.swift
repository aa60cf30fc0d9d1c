import Scripting
import Tensors

/// Functions that turn functions into their derivatives (JAX's names and composition rules).
///
/// **What results are connected to.** Inside the function of another transform: to that transform's arguments, so that
/// transforms nest. Outside, with `createGraph`: to the leaves and recorded values that the function read, as with
/// PyTorch's `create_graph`. Without it: to nothing. Arguments are then treated as leaves, whatever they were computed
/// from, and results hold no graph, so that `x = x - lr * grad(f)(x)` costs the same at every step although f reads
/// parameters; but the results are ``Variable/severed(_:)``, so that a gradient that would need that graph is an error,
/// not 0.
public enum Transform {
    /// Whether the function of a transform is running.
    @TaskLocal private static var isInside = false

    /// The value and the gradients with respect to `arguments` of a function whose first result is a single number.
    ///
    /// - Returns: all results of the function, and one gradient per argument (zeros where the value does not depend on
    ///   it).
    public static func valueAndGradient(
        of function: ([Variable]) throws -> [Variable], at arguments: [Variable], createGraph: Bool = true,
        for operation: String
    ) throws -> (values: [Variable], gradients: [Variable]) {
        let (values, gradients, call, recording) = try derivatives(
            of: function, at: arguments, createGraph: createGraph, for: operation)
        return (call.results(try values.map { try $0.clone() }, recording), gradients)
    }

    /// ``valueAndGradient(of:at:createGraph:for:)`` without the values.
    public static func gradient(
        of function: ([Variable]) throws -> [Variable], at arguments: [Variable], createGraph: Bool = true,
        for operation: String
    ) throws -> [Variable] {
        try derivatives(of: function, at: arguments, createGraph: createGraph, for: operation).gradients
    }

    /// The function's own results, the gradients for the caller, and how other results become the caller's.
    private static func derivatives(
        of function: ([Variable]) throws -> [Variable], at arguments: [Variable], createGraph: Bool,
        for operation: String
    ) throws -> (values: [Variable], gradients: [Variable], call: Call, recording: Bool) {
        let call = Call(joins: createGraph || isInside, operation)
        let inner = try arguments.map { try call.fresh($0) }
        let values = try call.values(of: function, at: inner)
        guard let value = values.first else {
            throw ScriptError(operation, "the function returned nothing; a tensor of one number expected")
        }
        guard value.value.count == 1 else {
            throw ScriptError(
                operation,
                "the function returned a tensor of shape \(Shape.describe(value.shape)); a single number expected "
                    + "(sum it?)"
            )
        }
        let recording = isRecording(values, arguments, inner)
        let gradients = try call.pullBack([value], seeds: [try value.seed(nil, operation)], to: inner, recording)
        return (values, call.results(try apart(gradients, from: arguments), recording), call, recording)
    }

    /// Whether a transform's results depend on more than its stand-ins (`inner`): on a recorded value behind an
    /// argument (`outer`), or on another leaf that the function read. If not, the results are plain.
    static func isRecording(_ values: [Variable], _ outer: [Variable], _ inner: [Variable]) -> Bool {
        GradMode.isEnabled
            && (outer.contains(where: \.requiresGrad) || Backward.reachesOtherLeaves(values, than: inner))
    }

    /// Results that share memory with arguments or with each other are copied, so that writing into one changes nothing
    /// else. (Values that functions return are always copied, as they may be anything.)
    static func apart(_ results: [Variable], from arguments: [Variable]) throws -> [Variable] {
        var taken = FewOrManyObjects()
        for argument in arguments { taken.insert(argument.value.storage) }
        return try results.map { result in
            let isAlone = taken.insert(result.value.storage)
            return isAlone && result.value.isContiguous && result.value.count == result.value.storage.count
                ? result : try result.clone()
        }
    }

    /// One call of a transform.
    struct Call {
        /// Whether its results are connected to what surrounds it.
        let joins: Bool
        let operation: String

        init(joins: Bool, _ operation: String) { (self.joins, self.operation) = (joins, operation) }

        /// A transform within the function of another one always connects its results.
        init(createGraph: Bool, _ operation: String) { self.init(joins: createGraph || Transform.isInside, operation) }

        /// A stand-in for an argument, by which gradients are taken: a new leaf, or a recorded copy if the argument is
        /// recorded and stays connected.
        func fresh(_ variable: Variable) throws -> Variable {
            if joins, variable.requiresGrad, GradMode.isEnabled { return try variable.identity() }
            if GradMode.isEnabled { try variable.checkFresh(operation) }
            let leaf = variable.detached()
            try leaf.setRequiresGrad(true)
            return leaf
        }

        /// The function's results at the stand-ins, recorded.
        func values(of function: ([Variable]) throws -> [Variable], at inner: [Variable]) throws -> [Variable] {
            try Transform.$isInside.withValue(true) { try GradMode.$isEnabled.withValue(true) { try function(inner) } }
        }

        /// Cotangents of `inner` for given cotangents of `values`; zeros where none arrives.
        ///
        /// - Parameter recording: whether to record the pass, if this transform connects its results at all.
        func pullBack(_ values: [Variable], seeds: [Variable], to inner: [Variable], _ recording: Bool) throws
            -> [Variable]
        {
            let cotangents = try Backward.run(
                from: values, seeds: seeds, targets: inner, createGraph: recording && joins, retainGraph: true,
                accumulate: false,
                for: operation)
            return try zip(inner, cotangents).map { variable, cotangent in
                try cotangent ?? Variable(Tensor.zeros(variable.shape, variable.dtype.computing))
            }
        }

        /// The results for the caller: recorded, severed, or plain where there is nothing to connect to.
        func results(_ values: [Variable], _ recording: Bool) -> [Variable] {
            guard recording else { return values.map { $0.detached() } }
            return joins ? values : values.map { .severed($0.value) }
        }

        func result(_ value: Variable, _ recording: Bool) -> Variable { results([value], recording)[0] }
    }
}
