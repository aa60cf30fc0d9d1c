import Scripting
import Tensors

/// The reverse pass.
package enum Backward {
    /// Cotangents of `targets` when `root` has cotangent `seed`; nil where none arrives.
    ///
    /// - Parameters:
    ///   - createGraph: record the pass itself, so that its results can be differentiated.
    ///   - retainGraph: keep the graph for another pass; otherwise it is freed on the way.
    ///   - accumulate: add into the `grad` of every leaf that requires one.
    static func run(
        from roots: [Variable], seeds: [Variable], targets: [Variable], createGraph: Bool, retainGraph: Bool,
        accumulate: Bool, for operation: String
    ) throws -> [Variable?] {
        for root in roots { try root.checkFresh(operation) }
        var pass = BackwardPass(from: roots, to: targets, accumulates: accumulate, createsGraph: createGraph)
        return try GradMode.$isEnabled.withValue(createGraph) {
            for (root, seed) in zip(roots, seeds) {
                if let record = root.record, record.requiresGrad { try pass.add(seed, to: record) }
            }
            return try pass.run(freesGraph: !retainGraph && !createGraph, for: operation)
        }
    }

    /// Whether a leaf under the roots that is not in `known` requires a gradient: only then is the pass itself worth
    /// recording. Stops at the first such leaf.
    static func reachesOtherLeaves(_ roots: [Variable], than known: [Variable]) -> Bool {
        var (own, seen) = (FewOrManyObjects(), FewOrManyObjects())
        for variable in known {
            if let record = variable.record, record.node == nil { own.insert(record) }
        }
        var pending: [Node] = []
        func isOther(_ record: History?) -> Bool {
            guard let record, record.requiresGrad else { return false }
            guard let node = record.node else { return !own.contains(record) }
            if seen.insert(node) { pending.append(node) }
            return false
        }
        if roots.contains(where: { isOther($0.record) }) { return true }
        while let node = pending.popLast() {
            if node.inputs.contains(where: { isOther($0.record) }) { return true }
        }
        return false
    }
}

extension Variable {
    /// Adds d(self)/d(leaf) into the `grad` of every leaf that requires one.
    ///
    /// - Parameter cotangent: the weights of the result's elements; optional for a single number.
    /// - Throws: when the value has no history, is not a single number and no cotangent is given, or the graph is gone.
    public func backward(
        _ cotangent: Variable? = nil, retainGraph: Bool = false, createGraph: Bool = false,
        for operation: String = "tensor:backward"
    ) throws {
        guard requiresGrad else {
            throw ScriptError(
                operation,
                isSevered
                    ? Variable.severedMessage
                    : "nothing this value was computed from requires a gradient; call x:requires_grad_(true) first")
        }
        try checkFresh(operation)
        _ = try Backward.run(
            from: [self], seeds: [try seed(cotangent, operation)], targets: [], createGraph: createGraph,
            retainGraph: retainGraph, accumulate: true, for: operation)
    }

    func seed(_ cotangent: Variable?, _ operation: String) throws -> Variable {
        if let cotangent {
            if GradMode.isEnabled { try cotangent.checkFresh(operation) }
            guard cotangent.shape == shape else {
                throw ScriptError(
                    operation,
                    "the cotangent has shape \(Shape.describe(cotangent.shape)), the value \(Shape.describe(shape))")
            }
            return cotangent.dtype == dtype.computing ? cotangent : try cotangent.converted(to: dtype.computing)
        }
        guard value.count == 1 else {
            throw ScriptError(
                operation,
                "a value of shape \(Shape.describe(shape)) is not a single number; sum it, or pass a cotangent of its "
                    + "shape"
            )
        }
        return Variable(try Tensor.full(shape, 1, dtype.computing))
    }
}
