import Scripting
import Tensors

/// The reverse pass.
package enum Backward {
    /// Cotangents of `targets` when `root` has cotangent `seed`; nil where nothing flows.
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
        let order = topologicalOrder(of: roots)
        // Nodes from which something wanted is reachable; the others' rules are not run.
        let wantedLeaves = Set(targets.compactMap(\.leafIdentity))
        let wantedOutputs = Set(targets.compactMap(Place.init))
        var useful: Set<ObjectIdentifier> = []
        func isWanted(_ input: Variable) -> Bool {
            guard input.requiresGrad else { return false }
            if let leaf = input.leafIdentity, wantedLeaves.contains(leaf) { return true }
            if let place = Place(input) { return useful.contains(place.node) || wantedOutputs.contains(place) }
            return accumulate
        }
        // What lies behind a freed node is not known any more: its rule is asked, and says so.
        for node in order.reversed() where node.inputs.contains(where: isWanted) || (accumulate && node.isFreed) {
            useful.insert(ObjectIdentifier(node))
        }

        var flowing: [Place: Variable] = [:]
        var leaves: [ObjectIdentifier: (leaf: History, cotangent: Variable)] = [:]
        func add(_ cotangent: Variable, to variable: Variable) throws {
            if let place = Place(variable) {
                flowing[place] = try flowing[place].map { try $0 + cotangent } ?? cotangent
            } else if let leaf = variable.record {
                let key = ObjectIdentifier(leaf)
                let sum = try leaves[key].map { try $0.cotangent + cotangent } ?? cotangent
                leaves[key] = (leaf, sum)
            }
        }
        var results = [Variable?](repeating: nil, count: targets.count)
        var recordedTargets: [Place: [Int]] = [:]
        for (index, target) in targets.enumerated() {
            if let place = Place(target) { recordedTargets[place, default: []].append(index) }
        }
        try GradMode.$isEnabled.withValue(createGraph) {
            for (root, seed) in zip(roots, seeds) where root.requiresGrad { try add(seed, to: root) }
            for node in order {
                try Cancellation.check()
                let key = ObjectIdentifier(node)
                let cotangents = node.outputShapes.indices.map { flowing.removeValue(forKey: Place(node: key, output: $0)) }
                if !recordedTargets.isEmpty {
                    for output in cotangents.indices {
                        for index in recordedTargets[Place(node: key, output: output)] ?? [] { results[index] = cotangents[output] }
                    }
                }
                if useful.contains(key), cotangents.contains(where: { $0 != nil }) {
                    let inputs = node.inputs
                    if accumulate, inputs.contains(where: \.isSevered) { throw ScriptError(operation, Variable.severedMessage) }
                    let wanted = inputs.map(isWanted)
                    let flows = try node.pullBack(cotangents, wanted: wanted)
                    for (index, input) in inputs.enumerated() where wanted[index] && index < flows.count {
                        if let flow = flows[index] { try add(try flow.shaped(like: input, node.operation), to: input) }
                    }
                }
                if !retainGraph && !createGraph { node.free() }
            }
        }
        for (index, target) in targets.enumerated() where Place(target) == nil {
            results[index] = target.leafIdentity.flatMap { leaves[$0]?.cotangent }
        }
        if accumulate {
            for (leaf, cotangent) in leaves.values where leaf.requiresGrad {
                leaf.grad = try GradMode.$isEnabled.withValue(createGraph) {
                    // The first is a copy, so that no two gradients (or a gradient and a value) share memory.
                    try leaf.grad.map { try $0 + cotangent } ?? cotangent.clone()
                }
            }
        }
        return results
    }

    /// A node's output: what a recorded variable stands for, however many handles there are.
    private struct Place: Hashable {
        let node: ObjectIdentifier
        let output: Int

        init(node: ObjectIdentifier, output: Int) {
            self.node = node
            self.output = output
        }

        init?(_ variable: Variable) {
            guard let record = variable.record, let node = record.node else { return nil }
            self.init(node: ObjectIdentifier(node), output: record.outputIndex)
        }
    }

    /// Every node reachable from the roots, each before the nodes it took its inputs from. Iterative: graphs are deep.
    private static func topologicalOrder(of roots: [Variable]) -> [Node] {
        var finished: [Node] = []
        var seen: Set<ObjectIdentifier> = []
        var stack: [(node: Node, next: Int)] = []
        for root in roots {
            guard let node = root.record?.node, seen.insert(ObjectIdentifier(node)).inserted else { continue }
            stack.append((node, 0))
            while let (node, next) = stack.last {
                if next < node.inputs.count {
                    stack[stack.count - 1].next += 1
                    if let child = node.inputs[next].record?.node, seen.insert(ObjectIdentifier(child)).inserted {
                        stack.append((child, 0))
                    }
                } else {
                    finished.append(node)
                    stack.removeLast()
                }
            }
        }
        return finished.reversed()
    }

    /// True when some leaf under the roots, other than these, requires a gradient: then the pass itself is worth
    /// recording. Ends at the first.
    static func reachesOtherLeaves(_ roots: [Variable], than known: [Variable]) -> Bool {
        let own = Set(known.compactMap(\.leafIdentity))
        var seen: Set<ObjectIdentifier> = []
        var pending: [Node] = []
        func isOther(_ variable: Variable) -> Bool {
            guard variable.requiresGrad, let record = variable.record else { return false }
            guard let node = record.node else { return !own.contains(ObjectIdentifier(record)) }
            if seen.insert(ObjectIdentifier(node)).inserted { pending.append(node) }
            return false
        }
        if roots.contains(where: isOther) { return true }
        while let node = pending.popLast() {
            if node.inputs.contains(where: isOther) { return true }
        }
        return false
    }
}

extension Variable {
    /// What a leaf is known by, however many handles there are; nil for what a recorded operation made.
    fileprivate var leafIdentity: ObjectIdentifier? {
        record.flatMap { $0.node == nil ? ObjectIdentifier($0) : nil }
    }

    /// A cotangent in its variable's dtype, after a check of the rule's shape.
    fileprivate func shaped(like input: Variable, _ operation: String) throws -> Variable {
        guard shape == input.shape else {
            throw ScriptError(
                "autodiff", "\(operation): its gradient rule returned \(Shape.describe(shape)) for an input of \(Shape.describe(input.shape))")
        }
        return input.dtype.computing == dtype ? self : try converted(to: input.dtype.computing)
    }

    /// Adds d(self)/d(leaf) into the `grad` of every leaf that requires one.
    ///
    /// - Parameter cotangent: what to weigh the result with; may be left out for a single number.
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
                    operation, "the cotangent has shape \(Shape.describe(cotangent.shape)), the value \(Shape.describe(shape))")
            }
            return cotangent.dtype == dtype.computing ? cotangent : try cotangent.converted(to: dtype.computing)
        }
        guard value.count == 1 else {
            throw ScriptError(
                operation, "a value of shape \(Shape.describe(shape)) is not a single number; sum it, or pass a cotangent of its shape")
        }
        return Variable(try Tensor.full(shape, 1, dtype.computing))
    }
}
