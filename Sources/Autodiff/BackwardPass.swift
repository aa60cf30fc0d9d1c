import Scripting
import Tensors

/// The state of one reverse pass: which cotangent goes where.
///
/// Every node and leaf on the way has an entry here and stores its index (`slot`). A pass that runs within a gradient
/// rule of this one may change that index; so an entry is used only if it belongs to the node or leaf asked for, and is
/// searched for otherwise.
struct BackwardPass {
    private struct Entry {
        let node: Node
        /// The cotangent of the first result, and of the others.
        var first: Variable?
        var others: [Variable?] = []
        /// Whether a wanted leaf or target lies behind this node; the rules of other nodes are not run.
        var isUseful = false
        /// Which results of the node are targets, and their indices among the targets.
        var targets: [(output: Int, index: Int)] = []
    }

    private struct Leaf {
        let record: History
        /// The layout of the value; its gradient is kept in the same order in memory.
        let layout: Layout
        var cotangent: Variable?
        var isTarget = false
    }

    private var entries: [Entry] = []
    /// Indices of entries in reverse topological order: a node comes before those that made its inputs.
    private var order: [Int] = []
    private var leaves: [Leaf] = []
    /// For each target the entry of the leaf that it is; nil if it is no leaf that was met.
    private var targetLeaves: [Int?]
    private let accumulates: Bool
    private let createsGraph: Bool

    init(from roots: [Variable], to targets: [Variable], accumulates: Bool, createsGraph: Bool) {
        (self.accumulates, self.createsGraph) = (accumulates, createsGraph)
        targetLeaves = Array(repeating: nil, count: targets.count)
        sort(from: roots)
        for (index, target) in targets.enumerated() {
            guard let record = target.record else { continue }
            if let node = record.node {
                if let place = slot(of: node) { entries[place].targets.append((record.outputIndex, index)) }
            } else if let leaf = slot(of: record) {
                leaves[leaf].isTarget = true
                targetLeaves[index] = leaf
            }
        }
        // It is unknown what lies behind a node whose graph was freed: its rule is run, which throws with an
        // explanation.
        for place in order.reversed() {
            let node = entries[place].node
            entries[place].isUseful = (accumulates && node.isFreed) || node.inputs.contains { isWanted($0.record) }
        }
    }

    /// Finds every node and leaf reachable from the roots. Iterative: graphs are deep.
    private mutating func sort(from roots: [Variable]) {
        var stack: [(place: Int, next: Int)] = []
        for root in roots {
            if let node = enter(root.record, root.value.layout) { stack.append((node, 0)) }
            while let (place, next) = stack.last {
                let node = entries[place].node
                if next < node.inputs.count {
                    stack[stack.count - 1].next += 1
                    if let child = enter(node.inputs[next].record, node.inputs[next].layout) {
                        stack.append((child, 0))
                    }
                } else {
                    order.append(place)
                    stack.removeLast()
                }
            }
        }
        order.reverse()
    }

    /// - Returns: the entry of a node that is met for the first time; nil for others.
    private mutating func enter(_ record: History?, _ layout: Layout) -> Int? {
        guard let record, record.requiresGrad else { return nil }
        guard let node = record.node else {
            if slot(of: record) == nil {
                record.slot = leaves.count
                leaves.append(Leaf(record: record, layout: layout))
            }
            return nil
        }
        guard slot(of: node) == nil else { return nil }
        node.slot = entries.count
        entries.append(Entry(node: node))
        return node.slot
    }

    private func slot(of node: Node) -> Int? {
        node.slot < entries.count && entries[node.slot].node === node ? node.slot : nil
    }

    private func slot(of leaf: History) -> Int? {
        leaf.slot < leaves.count && leaves[leaf.slot].record === leaf ? leaf.slot : nil
    }

    private func place(of node: Node) -> Int? { slot(of: node) ?? entries.firstIndex { $0.node === node } }
    private func place(of leaf: History) -> Int? { slot(of: leaf) ?? leaves.firstIndex { $0.record === leaf } }

    private func isWanted(_ record: History?) -> Bool {
        guard let record, record.requiresGrad else { return false }
        guard let node = record.node else {
            return accumulates || (place(of: record).map { leaves[$0].isTarget } ?? false)
        }
        guard let place = place(of: node) else { return false }
        return entries[place].isUseful || entries[place].targets.contains { $0.output == record.outputIndex }
    }

    /// Adds to the cotangent of a recorded value or of a leaf.
    mutating func add(_ cotangent: Variable, to record: History) throws {
        guard let node = record.node else {
            guard let leaf = place(of: record) else { return }
            return try BackwardPass.join(cotangent, to: &leaves[leaf].cotangent, createsGraph)
        }
        guard let place = place(of: node) else { return }
        let output = record.outputIndex
        if output == 0 { return try BackwardPass.join(cotangent, to: &entries[place].first, createsGraph) }
        if entries[place].others.isEmpty { entries[place].others = Array(repeating: nil, count: node.outputCount - 1) }
        try BackwardPass.join(cotangent, to: &entries[place].others[output - 1], createsGraph)
    }

    /// Adds in place if only the sum uses its memory; else allocates.
    private static func join(_ cotangent: Variable, to sum: inout Variable?, _ createsGraph: Bool) throws {
        guard let before = sum else {
            sum = cotangent
            return
        }
        if !createsGraph, cotangent.dtype == before.dtype, cotangent.shape == before.shape {
            _ = consume before
            guard let own = Variable.takeMemory(&sum) else {
                if let before = sum { sum = try before + cotangent }
                return
            }
            try own.add(inPlace: cotangent.value, for: "tensor.add")
            sum = Variable(own)
        } else {
            sum = try before + cotangent
        }
    }

    /// - Parameter freesGraph: nodes release what they hold as soon as their rule has run.
    /// - Returns: the cotangents of the targets, nil where none arrives.
    mutating func run(freesGraph: Bool, for operation: String) throws -> [Variable?] {
        var results = [Variable?](repeating: nil, count: targetLeaves.count)
        for place in order {
            try Cancellation.check()
            let node = entries[place].node
            for (output, index) in entries[place].targets {
                let others = entries[place].others
                results[index] = output == 0 ? entries[place].first : others.isEmpty ? nil : others[output - 1]
            }
            if entries[place].isUseful,
                entries[place].first != nil || entries[place].others.contains(where: { $0 != nil })
            {
                try pull(place, node, operation)
            }
            entries[place].first = nil
            entries[place].others = []
            if freesGraph { node.free() }
        }
        for (index, leaf) in targetLeaves.enumerated() {
            if let leaf { results[index] = leaves[leaf].cotangent }
        }
        if accumulates { try accumulate() }
        return results
    }

    private mutating func pull(_ place: Int, _ node: Node, _ operation: String) throws {
        let inputs = node.inputs
        if accumulates, inputs.contains(where: { $0.isSevered }) {
            throw ScriptError(operation, Variable.severedMessage)
        }
        let wanted = WantedInputs(inputs.count) { isWanted(inputs[$0].record) }
        var others = entries[place].others
        if others.isEmpty, node.outputCount > 1 { others = Array(repeating: nil, count: node.outputCount - 1) }
        var gradients = try node.pullBack(entries[place].first.take(), others, wanted: wanted)
        for index in inputs.indices where wanted[index] && index < gradients.count {
            guard let gradient = gradients[index].take(), let record = inputs[index].record else { continue }
            try add(try gradient.shaped(like: inputs[index], node.operation), to: record)
        }
    }

    /// Adds the leaves' gradients to their `grad`. No two gradients, and no gradient and value, may share memory: a
    /// gradient that something else refers to is copied; any other is moved, or added into the existing gradient's
    /// memory.
    private mutating func accumulate() throws {
        for index in leaves.indices where leaves[index].record.requiresGrad && leaves[index].cotangent != nil {
            let (record, layout) = (leaves[index].record, leaves[index].layout)
            guard !createsGraph, record.grad == nil else {
                if let cotangent = leaves[index].cotangent.take() { try accumulate(cotangent, in: record) }
                continue
            }
            if let own = Variable.takeMemory(&leaves[index].cotangent) {
                record.grad = Variable(
                    own.isContiguous || own.layout.matches(layout) ? own : try own.copy(inOrderOf: layout))
            } else if let cotangent = leaves[index].cotangent.take() {
                record.grad = Variable(try cotangent.value.copy(inOrderOf: layout))
            }
        }
    }

    private func accumulate(_ cotangent: Variable, in record: History) throws {
        guard record.grad != nil else {
            record.grad = try cotangent.clone()
            return
        }
        try BackwardPass.join(cotangent, to: &record.grad, createsGraph)
    }
}

extension Variable {
    /// Takes the tensor out of `variable` (leaving nil) if nothing else refers to it and it fills its memory; else
    /// returns nil and changes nothing.
    fileprivate static func takeMemory(_ variable: inout Variable?) -> Tensor? {
        guard isKnownUniquelyReferenced(&variable), variable?.history == nil, var tensor = variable?.value,
            tensor.count == tensor.storage.count, tensor.layout.isDense
        else { return nil }
        variable = nil
        if isKnownUniquelyReferenced(&tensor.storage) { return tensor }
        variable = Variable(tensor)
        return nil
    }

    /// A cotangent converted to its variable's dtype; throws if the rule gave it another shape.
    fileprivate func shaped(like input: NodeInput, _ operation: String) throws -> Variable {
        guard shape == input.shape else {
            throw ScriptError(
                "autodiff",
                "\(operation): its gradient rule returned \(Shape.describe(shape)) for an input of "
                    + "\(Shape.describe(input.shape))"
            )
        }
        return input.dtype.computing == dtype ? self : try converted(to: input.dtype.computing)
    }
}
