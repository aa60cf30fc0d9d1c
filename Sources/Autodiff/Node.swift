import Scripting
import Tensors

/// One recorded operation: where a value came from, and how a cotangent of the result becomes cotangents of the inputs.
package final class Node {
    /// The operation's full name, for messages.
    let operation: String
    /// What it was computed from, as it was then (see ``Variable/frozen``). Emptied when the graph is freed.
    fileprivate(set) var inputs: [Variable]
    fileprivate(set) var outputs: [Tensor]
    let outputShapes: [(shape: [Int], dtype: DType)]
    fileprivate(set) var rule: GradientRule?
    /// Storages whose contents the rule reads, with their versions when it was recorded.
    fileprivate(set) var saved: [(storage: Storage, version: Int)]
    fileprivate(set) var isFreed = false
    /// It wrote into the memory of its first input.
    var isWrite = false
    /// The script's line that recorded it, in anomaly mode.
    let location: String?
    /// The account of the results, and what was counted there for the record.
    private let memory: NativeMemory?
    private let footprint: Int

    fileprivate init(
        _ operation: String, inputs: [Variable], outputs: [Tensor], keeps: GradientRule.Keeps, reading others: [Tensor],
        rule: GradientRule?
    ) {
        self.operation = operation
        location = AnomalyMode.isEnabled ? ScriptLocation.current?.describe() : nil
        self.inputs = inputs.map(\.frozen)
        self.outputs = keeps.contains(.outputs) ? outputs : []
        outputShapes = outputs.map { ($0.shape, $0.dtype) }
        self.rule = rule
        saved = others.map { ($0.storage, $0.storage.version) }
        for (place, input) in inputs.enumerated() where keeps.reads(place, of: inputs) {
            saved.append((input.value.storage, input.value.storage.version))
        }
        if keeps.contains(.outputs) { saved += outputs.map { ($0.storage, $0.storage.version) } }
        // Itself with its rule, and each input's frozen copy.
        memory = outputs.first?.storage.memory
        footprint = 256 + 128 * inputs.count
        memory?.count(footprint)
    }

    /// Lets go of everything the rule needed.
    func free() {
        releaseInputs()
        outputs = []
        saved = []
        rule = nil
        isFreed = true
    }

    deinit {
        releaseInputs()
        memory?.release(footprint)
    }

    /// Drops a chain of nodes link by link: left to reference counting, a chain of a million operations would be
    /// freed by a million nested calls and overflow the stack.
    private func releaseInputs() {
        var pending: [Variable] = []
        swap(&pending, &inputs)
        while let variable = pending.popLast() {
            var record = variable.record
            variable.history = nil
            guard isKnownUniquelyReferenced(&record), let only = record, only.node != nil else { continue }
            var node = only.node
            only.node = nil
            if isKnownUniquelyReferenced(&node), let last = node {
                pending += last.inputs
                last.inputs = []
            }
        }
    }
}

/// How an operation's gradient is computed.
public struct GradientRule {
    /// What the rule reads when it runs; writing over any of it in place is an error at backward time.
    public struct Keeps: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }
        public static let inputs = Keeps(rawValue: 1)
        public static let outputs = Keeps(rawValue: 2)
        /// Each input for the gradients of the others only: a product's. It may be overwritten where those have none.
        public static let factors = Keeps(rawValue: 4)
        /// The last input: a quotient's divisor.
        public static let divisor = Keeps(rawValue: 8)
        public static let nothing: Keeps = []

        fileprivate func reads(_ place: Int, of inputs: [Variable]) -> Bool {
            contains(.inputs) || (contains(.divisor) && place == inputs.count - 1)
                || (contains(.factors) && inputs.indices.contains { $0 != place && inputs[$0].requiresGrad })
        }
    }

    /// What a rule is given.
    public struct Call {
        public let inputs: [Variable]
        /// The results, joined to the tape so that the rule can be differentiated again. Only with `.outputs` kept.
        public let outputs: [Variable]
        /// One per result; zeros where nothing flowed back.
        public let cotangents: [Variable]
        /// Per result, whether anything flowed back: where not, its cotangent is zeros.
        public let flowed: [Bool]
        /// Per input, whether its cotangent is wanted.
        public let wanted: [Bool]

        /// The cotangent of an operation of one result.
        public var cotangent: Variable { cotangents[0] }
    }

    /// Cotangents of the inputs, written in differentiable operations; nil for an input without one.
    public typealias Body = (Call) throws -> [Variable?]

    let body: Body
}

/// Autodiff's part of a ``Variable``: its place on the tape.
package final class History {
    /// The operation it came from; nil for a leaf.
    package fileprivate(set) var node: Node?
    let outputIndex: Int
    var requiresGrad: Bool
    /// What `backward` accumulated (leaves only).
    var grad: Variable?
    /// The storage's version when the value was made: a recorded value that was since overwritten is refused.
    let version: Int
    /// Something recorded was left out where the value was made; see ``Variable/severed(_:)``.
    var isSevered: Bool

    init(node: Node?, outputIndex: Int = 0, requiresGrad: Bool, version: Int, isSevered: Bool = false) {
        self.node = node
        self.outputIndex = outputIndex
        self.requiresGrad = requiresGrad
        self.version = version
        self.isSevered = isSevered
    }
}

extension Variable {
    var record: History? {
        get { history as? History }
        set { history = newValue }
    }

    /// True when gradients flow to or through this value.
    public var requiresGrad: Bool { record?.requiresGrad ?? false }

    /// True of what ``severed(_:)`` made, of what was computed from it without being recorded, and of what it was written into.
    var isSevered: Bool {
        if record?.isSevered ?? false { return true }
        guard let since = value.storage.severedSince, record?.node == nil, !requiresGrad else { return false }
        return (record?.version ?? 0) < since
    }

    /// True when no recorded operation made it.
    public var isLeaf: Bool { record?.node == nil }

    /// The gradient that `backward` accumulated here.
    public var grad: Variable? {
        get { record?.grad }
        set {
            if let record { record.grad = newValue } else if let newValue {
                record = History(node: nil, requiresGrad: false, version: value.storage.version)
                record?.grad = newValue
            }
        }
    }

    /// Makes a leaf that gradients accumulate in, or stops it.
    /// - Throws: on a value that a recorded operation made, when turned off.
    public func setRequiresGrad(_ flag: Bool, for operation: String = "tensor:requires_grad_") throws {
        guard !flag || dtype.isFloating else {
            throw ScriptError(operation, "only floating tensors can require a gradient, this one is \(dtype.rawValue); convert it with x:to(\"float32\") first")
        }
        guard isLeaf else {
            if flag { return }
            throw ScriptError(operation, "only a leaf can stop requiring a gradient; use x:detach()")
        }
        // A view whose memory was written since would hide, as a leaf, where its numbers came from.
        if flag, !requiresGrad { try checkFresh(operation) }
        if let record {
            record.requiresGrad = flag
            if flag { record.isSevered = false }
        } else if flag {
            record = History(node: nil, requiresGrad: true, version: value.storage.version)
        }
    }

    /// The same memory without history: PyTorch's `detach` and `.data`.
    public func detached() -> Variable { .plain(value) }

    /// A value without a place on the tape. In memory that holds recorded or severed values it remembers when it was taken.
    static func plain(_ value: Tensor) -> Variable {
        let variable = Variable(value)
        if value.storage.trackedSince != nil || value.storage.severedSince != nil {
            variable.record = History(node: nil, requiresGrad: false, version: value.storage.version)
        }
        return variable
    }

    /// A result of a transform that depends on leaves beyond its arguments, without the graph that leads to them: a constant
    /// for every later transform, but an error where `backward` would need what is not there.
    static func severed(_ value: Tensor) -> Variable {
        let variable = Variable(value)
        variable.record = History(node: nil, requiresGrad: false, version: value.storage.version, isSevered: true)
        return variable
    }

    /// What `backward` says where it meets a severed value.
    static let severedMessage = "a derivative that autodiff computed without {create_graph = true} is part of this value, "
        + "so that its graph is gone; pass {create_graph = true} there, or detach() it to take it as a constant"

    /// This value with its present place on the tape: what a node holds, so that a later write in place, which gives the
    /// variable another history, does not change what was computed before. The history, not the variable, is a leaf's identity.
    fileprivate var frozen: Variable {
        let copy = Variable(value)
        copy.history = history
        return copy
    }

    /// Throws if the recorded value has been overwritten since: its history no longer describes it.
    func checkFresh(_ operation: String) throws {
        let storage = value.storage
        if let record, record.node != nil, record.version != storage.version {
            throw ScriptError(
                operation, "the value made by \(record.node?.operation ?? "an operation") was since overwritten in place; clone() it first")
        }
        if record?.node == nil, let since = storage.trackedSince, (record?.version ?? 0) < since {
            throw ScriptError(
                operation, "this view was taken before a recorded value was written into its memory; take the view again")
        }
    }

    /// Runs nothing: joins results that were already computed to the tape.
    ///
    /// - Parameters:
    ///   - operation: the full name for messages.
    ///   - keeps: what `rule` reads later.
    ///   - others: further values that `rule` reads, such as masks.
    ///   - rule: nil for an operation without a gradient, which says its name when one is asked for.
    public static func recorded(
        _ operation: String, _ inputs: [Variable], outputs: [Tensor], keeps: GradientRule.Keeps = .inputs,
        reading others: [Tensor] = [], rule: GradientRule.Body?
    ) throws -> [Variable] {
        if AnomalyMode.isEnabled { try Anomaly.check(operation, inputs, outputs) }
        guard GradMode.isEnabled else { return outputs.map { .plain($0) } }
        // Also where nothing requires a gradient: a stale plain view may hold what a recorded write put there.
        for input in inputs { try input.checkFresh(operation) }
        // Whole numbers and truth values have no derivative.
        guard inputs.contains(where: \.requiresGrad), outputs.contains(where: \.dtype.isFloating) else {
            let isSevered = inputs.contains(where: \.isSevered)
            return outputs.map { isSevered ? .severed($0) : .plain($0) }
        }
        let results = outputs.map { Variable($0) }
        let node = Node(
            operation, inputs: inputs, outputs: outputs, keeps: keeps, reading: others, rule: rule.map(GradientRule.init))
        for (index, result) in results.enumerated() {
            result.record = History(
                node: node, outputIndex: index, requiresGrad: true, version: result.value.storage.version)
        }
        return results
    }

    /// ``recorded(_:_:outputs:keeps:rule:)`` for one result.
    public static func recorded(
        _ operation: String, _ inputs: [Variable], _ output: Tensor, keeps: GradientRule.Keeps = .inputs,
        reading others: [Tensor] = [], rule: GradientRule.Body?
    ) throws -> Variable {
        try recorded(operation, inputs, outputs: [output], keeps: keeps, reading: others, rule: rule)[0]
    }
}

extension Node {
    /// Applies the rule to what flowed back, after checking that nothing it reads was overwritten.
    func pullBack(_ cotangents: [Variable?], wanted: [Bool]) throws -> [Variable?] {
        guard !isFreed else {
            throw ScriptError(
                "autodiff", "the graph through \(operation) was freed by an earlier backward; pass {retain_graph = true} to the first")
        }
        guard let rule else { throw ScriptError("autodiff", "\(operation) has no gradient") }
        for (storage, version) in saved where storage.version != version {
            throw ScriptError(
                "autodiff",
                "\(operation) needs a value that was overwritten in place after it was used; clone() it, or write after backward")
        }
        let outputs = outputs.enumerated().map { index, value in
            let variable = Variable(value)
            variable.record = History(node: self, outputIndex: index, requiresGrad: true, version: value.storage.version)
            return variable
        }
        let filled = try cotangents.enumerated().map { index, cotangent in
            try cotangent ?? Variable(Tensor.zeros(outputShapes[index].shape, outputShapes[index].dtype))
        }
        let call = GradientRule.Call(
            inputs: inputs, outputs: outputs, cotangents: filled, flowed: cotangents.map { $0 != nil }, wanted: wanted)
        guard AnomalyMode.isEnabled else { return try rule.body(call) }
        // The rule as a whole is watched: what it computes on the way is not what the script wrote.
        let flows = try AnomalyMode.$isEnabled.withValue(false) { try rule.body(call) }
        try Anomaly.check(self, cotangents: cotangents, flows: flows)
        return flows
    }
}
