import Scripting
import Tensors

/// One recorded operation: where a value came from, and how a cotangent of the result becomes cotangents of the inputs.
package final class Node {
    /// The operation's full name, for messages.
    let operation: String
    /// The inputs with their histories at that time. Emptied when the graph is freed.
    fileprivate(set) var inputs: [NodeInput]
    /// The results that the rule reads.
    fileprivate(set) var outputs: [Tensor]
    /// Shape, dtype and layout of the first result, and of the others.
    private let outputForm: Form
    private let otherForms: [Form]
    fileprivate(set) var rule: GradientRule.Body?
    /// Further storages that the rule reads, with their versions when it was recorded.
    fileprivate(set) var saved: [(storage: Storage, version: Int)]
    fileprivate(set) var isFreed = false
    /// Whether it wrote into the memory of its first input.
    var isWrite = false
    /// Used by a running backward pass, see ``BackwardPass``.
    var slot = 0
    /// The line of the script that recorded it; only in anomaly mode and in a profile.
    let location: String?
    /// The memory account of the results, and the bytes that were charged there for this record.
    private let memory: NativeMemory?
    private let footprint: Int

    struct Form {
        let layout: Layout
        let dtype: DType

        init(_ tensor: Tensor) { (layout, dtype) = (tensor.layout, tensor.dtype) }
    }

    fileprivate init(
        _ operation: String, inputs: [NodeInput], outputs: [Tensor], keeps: GradientRule.Keeps,
        reading others: [Tensor],
        isWatched: Bool, rule: GradientRule.Body?
    ) {
        self.operation = operation
        self.inputs = inputs
        let keepsOutputs = keeps.contains(.outputs)
        self.outputs = keepsOutputs ? outputs : []
        outputForm = Form(outputs[0])
        otherForms = outputs.count == 1 ? [] : outputs.dropFirst().map(Form.init)
        self.rule = rule
        saved = others.isEmpty ? [] : others.map { ($0.storage, $0.storage.version) }
        if keepsOutputs { saved += outputs.map { ($0.storage, $0.storage.version) } }
        // The size of the node with its rule, and of each input's entry.
        memory = outputs[0].storage.memory
        location = isWatched || memory?.profile != nil ? ScriptLocation.current?.describe() : nil
        footprint = 256 + 128 * inputs.count
        memory?.count(footprint)
    }

    var outputCount: Int { 1 + otherForms.count }

    func form(ofOutput index: Int) -> Form { index == 0 ? outputForm : otherForms[index - 1] }

    /// Releases everything that the rule needed.
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

    /// Releases a chain of nodes one by one: by reference counting alone, a chain of a million operations would be
    /// freed by a million nested calls, which overflows the stack.
    private func releaseInputs() {
        var pending: [NodeInput] = []
        swap(&pending, &inputs)
        while var input = pending.popLast() {
            var record: History?
            swap(&record, &input.record)
            guard isKnownUniquelyReferenced(&record), let only = record, only.node != nil else { continue }
            var node = only.node
            only.node = nil
            if isKnownUniquelyReferenced(&node), let last = node {
                if pending.isEmpty { swap(&pending, &last.inputs) } else { pending += last.inputs }
                last.inputs = []
            }
        }
    }
}

/// An input of an operation with its place on the tape at that time: a later write in place, which gives the variable
/// another history, does not change what was computed before. A leaf's identity is its history, not its variable.
/// Numbers are kept only where the rule reads them.
struct NodeInput {
    let layout: Layout
    let dtype: DType
    /// Identifies the memory it lay in, without keeping it alive: tells whether two views share memory.
    let memory: ObjectIdentifier
    fileprivate(set) var record: History?
    let isSevered: Bool
    private let storage: Storage?
    private let offset: Int
    private let version: Int

    fileprivate init(_ variable: Variable, isRead: Bool) {
        let (value, record) = (variable.value, variable.record)
        (layout, dtype, self.record, offset) = (value.layout, value.dtype, record, value.offset)
        (storage, version) = (isRead ? value.storage : nil, value.storage.version)
        memory = ObjectIdentifier(value.storage)
        isSevered = variable.isSevered(record)
    }

    var shape: [Int] { layout.shape }
    var requiresGrad: Bool { record?.requiresGrad ?? false }

    /// Whether it was overwritten since, although the rule reads it.
    var isStale: Bool { storage.map { $0.version != version } ?? false }

    /// The variable that the rule gets. Where the rule does not read the numbers they are all NaN (one shared element),
    /// so that a rule that reads them nevertheless is noticed.
    fileprivate func variable() throws -> Variable {
        let variable: Variable
        if let storage {
            variable = Variable(Tensor(storage: storage, layout: layout, offset: offset))
        } else {
            variable = Variable(try .unread(layout, dtype))
        }
        if let record { variable.record = record }
        return variable
    }
}

/// The rule that computes an operation's cotangents.
public enum GradientRule {
    /// What the rule reads when it runs; writing over any of it in place is an error at backward time.
    public struct Keeps: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }
        /// All inputs; the default.
        public static let inputs = Keeps(rawValue: 1)
        /// The results, as for softmax, whose gradient is a function of its values.
        public static let outputs = Keeps(rawValue: 2)
        /// Each input, but only for the gradient by the others, as in a product: an input may be overwritten if the
        /// others need no gradient.
        public static let factors = Keeps(rawValue: 4)
        /// The last input, such as the divisor of a quotient.
        public static let divisor = Keeps(rawValue: 8)
        /// For rules that use only the shapes, such as a sum's.
        public static let nothing: Keeps = []

        fileprivate func reads(_ place: Int, of inputs: [Variable]) -> Bool {
            if rawValue & ~Keeps.outputs.rawValue == 0 { return false }
            return contains(.inputs) || (contains(.divisor) && place == inputs.count - 1)
                || (contains(.factors) && inputs.indices.contains { $0 != place && inputs[$0].requiresGrad })
        }
    }

    /// The arguments of a rule.
    public struct Call {
        /// The inputs. Those that the rule did not declare to read have shape, dtype and place on the tape, but NaN as
        /// numbers.
        public let inputs: [Variable]
        /// The results, recorded so that the rule can be differentiated again. Only with `.outputs` in `keeps`.
        public let outputs: [Variable]
        /// The cotangent of the (first) result.
        public let cotangent: Variable
        fileprivate let otherCotangents: [Variable]
        private let arrivals: [Bool]
        /// For each input whether its cotangent is wanted.
        public let wanted: WantedInputs

        /// The cotangents of all results; zeros for those that none arrived for.
        public var cotangents: [Variable] { [cotangent] + otherCotangents }
        /// For each result whether a cotangent arrived.
        public var received: [Bool] { arrivals.isEmpty ? [true] : arrivals }

        fileprivate init(
            inputs: [Variable], outputs: [Variable], cotangent: Variable, others: [Variable], arrivals: [Bool],
            wanted: WantedInputs
        ) {
            (self.inputs, self.outputs, self.wanted) = (inputs, outputs, wanted)
            (self.cotangent, otherCotangents, self.arrivals) = (cotangent, others, arrivals)
        }
    }

    /// Returns the cotangents of the inputs, computed with differentiable operations; nil for an input without a
    /// gradient.
    public typealias Body = (Call) throws -> [Variable?]
}

/// For which inputs a cotangent is wanted.
public struct WantedInputs: Sendable {
    /// Bit i stands for input i, for the first 64 inputs.
    private var bits: UInt64 = 0
    private var others: [Bool] = []

    init(_ count: Int, _ isWanted: (Int) -> Bool) {
        for index in 0..<min(count, 64) where isWanted(index) { bits |= 1 << UInt64(index) }
        if count > 64 { others = (64..<count).map(isWanted) }
    }

    /// Whether the gradient by that input is asked for; inputs count from 0.
    public subscript(_ input: Int) -> Bool { input < 64 ? bits >> UInt64(input) & 1 != 0 : others[input - 64] }
}

/// The part of a ``Variable`` that belongs to Autodiff: its place on the tape.
package final class History {
    /// The operation that made it; nil for a leaf.
    package fileprivate(set) var node: Node?
    let outputIndex: Int
    var requiresGrad: Bool
    /// What `backward` accumulated (leaves only).
    var grad: Variable?
    /// The version of the storage when the value was made: a recorded value that was overwritten since is refused.
    let version: Int
    /// Whether a recorded dependency was left out when the value was made; see ``Variable/severed(_:)``.
    var isSevered: Bool
    /// Used by a running backward pass, see ``BackwardPass``.
    var slot = 0

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
        // Only this room sets the property, and only to a History.
        get { history.map { unsafeDowncast($0, to: History.self) } }
        set { history = newValue }
    }

    /// Whether gradients go to or through this value.
    public var requiresGrad: Bool { record?.requiresGrad ?? false }

    /// True for values made by ``severed(_:)``, for what was computed from them without recording, and for what they
    /// were written into.
    var isSevered: Bool { isSevered(record) }

    /// Whether the value is severed, for a record that was read already.
    fileprivate func isSevered(_ record: History?) -> Bool {
        if let record, record.isSevered { return true }
        guard let since = value.storage.severedSince, record?.node == nil, !(record?.requiresGrad ?? false) else {
            return false
        }
        return (record?.version ?? 0) < since
    }

    /// True when it was not made by a recorded operation.
    public var isLeaf: Bool { record?.node == nil }

    /// The gradient that `backward` accumulated here.
    public var grad: Variable? {
        get { record?.grad }
        set {
            if let record {
                record.grad = newValue
            } else if let newValue {
                record = History(node: nil, requiresGrad: false, version: value.storage.version)
                record?.grad = newValue
            }
        }
    }

    /// Turns accumulation of gradients in this leaf on or off.
    /// - Throws: on a value that a recorded operation made, when turned off.
    public func setRequiresGrad(_ flag: Bool, for operation: String = "tensor:requires_grad_") throws {
        guard !flag || dtype.isFloating else {
            throw ScriptError(
                operation,
                "only floating tensors can require a gradient, this one is \(dtype.rawValue); convert it with "
                    + "x:to(\"float32\") first"
            )
        }
        guard isLeaf else {
            if flag { return }
            throw ScriptError(operation, "only a leaf can stop requiring a gradient; use x:detach()")
        }
        // Not a view whose memory was written since: as a leaf it would hide where its numbers came from.
        if flag, !requiresGrad { try checkFresh(operation) }
        if let record {
            record.requiresGrad = flag
            if flag { record.isSevered = false }
        } else if flag {
            record = History(node: nil, requiresGrad: true, version: value.storage.version)
        }
    }

    /// The same memory without a history: PyTorch's `detach` and `.data`.
    public func detached() -> Variable { .plain(value) }

    /// A value without a place on the tape. If the memory holds recorded or severed values, it stores the memory's
    /// version, for checks.
    static func plain(_ value: Tensor) -> Variable {
        let variable = Variable(value)
        if value.storage.trackedSince != nil || value.storage.severedSince != nil {
            variable.record = History(node: nil, requiresGrad: false, version: value.storage.version)
        }
        return variable
    }

    /// A result of a transform that depends on leaves other than its arguments, without the graph to them: a constant
    /// for later transforms, but `backward` through it is an error.
    static func severed(_ value: Tensor) -> Variable {
        let variable = Variable(value)
        variable.record = History(node: nil, requiresGrad: false, version: value.storage.version, isSevered: true)
        return variable
    }

    /// The message of `backward` at a severed value.
    static let severedMessage =
        "a derivative that autodiff computed without {create_graph = true} is part of this value, "
        + "so that its graph is gone; pass {create_graph = true} there, or detach() it to take it as a constant"

    /// Throws if the recorded value was overwritten since: its history no longer describes it.
    func checkFresh(_ operation: String) throws {
        let (storage, record) = (value.storage, record)
        if let record, let node = record.node {
            guard record.version != storage.version else { return }
            throw ScriptError(
                operation, "the value made by \(node.operation) was since overwritten in place; clone() it first")
        }
        if let since = storage.trackedSince, (record?.version ?? 0) < since {
            throw ScriptError(
                operation,
                "this view was taken before a recorded value was written into its memory; take the view again")
        }
    }

    /// Puts results that were already computed onto the tape.
    ///
    /// - Parameters:
    ///   - operation: the full name for messages.
    ///   - keeps: what `rule` reads later.
    ///   - others: further values that `rule` reads, such as masks.
    ///   - rule: nil for an operation without a gradient; asking for one is an error that names it.
    public static func recorded(
        _ operation: String, _ inputs: [Variable], outputs: [Tensor], keeps: GradientRule.Keeps = .inputs,
        reading others: [Tensor] = [], rule: GradientRule.Body?
    ) throws -> [Variable] {
        outputs.first?.tellProfile(operation)
        let isWatched = AnomalyMode.isEnabled
        if isWatched { try Anomaly.check(operation, inputs, outputs) }
        guard GradMode.isEnabled else { return outputs.map { .plain($0) } }
        // Checked also where nothing requires a gradient: a plain view may hold what a recorded write put there since.
        for input in inputs { try input.checkFresh(operation) }
        // Integers and booleans have no derivative.
        guard inputs.contains(where: { $0.requiresGrad }), outputs.contains(where: { $0.dtype.isFloating }) else {
            let isSevered = inputs.contains(where: { $0.isSevered })
            return outputs.map { isSevered ? .severed($0) : .plain($0) }
        }
        let node = Node(
            operation, inputs: inputs.indices.map { NodeInput(inputs[$0], isRead: keeps.reads($0, of: inputs)) },
            outputs: outputs,
            keeps: keeps, reading: others, isWatched: isWatched, rule: rule)
        return outputs.enumerated().map { .made(by: node, $0.offset, $0.element) }
    }

    fileprivate static func made(by node: Node, _ index: Int, _ value: Tensor) -> Variable {
        let variable = Variable(value)
        variable.record = History(node: node, outputIndex: index, requiresGrad: true, version: value.storage.version)
        return variable
    }

    /// ``recorded(_:_:outputs:keeps:reading:rule:)`` for one result.
    public static func recorded(
        _ operation: String, _ inputs: [Variable], _ output: Tensor, keeps: GradientRule.Keeps = .inputs,
        reading others: [Tensor] = [], rule: GradientRule.Body?
    ) throws -> Variable {
        try recorded(operation, inputs, outputs: [output], keeps: keeps, reading: others, rule: rule)[0]
    }

    /// ``recorded(_:_:outputs:keeps:reading:rule:)`` for one input and one result; allocates no list where nothing is
    /// recorded.
    public static func recorded(
        _ operation: String, _ x: Variable, _ output: Tensor, keeps: GradientRule.Keeps = .inputs,
        reading others: [Tensor] = [], rule: GradientRule.Body?
    ) throws -> Variable {
        output.tellProfile(operation)
        let isWatched = AnomalyMode.isEnabled
        if isWatched { try Anomaly.check(operation, [x], [output]) }
        guard GradMode.isEnabled else { return .plain(output) }
        try x.checkFresh(operation)
        guard x.requiresGrad, output.dtype.isFloating else { return x.isSevered ? .severed(output) : .plain(output) }
        // A single input is the divisor, if there is one, and has no other factor beside it.
        let isRead = keeps.contains(.inputs) || keeps.contains(.divisor)
        return .made(
            by: Node(
                operation, inputs: [NodeInput(x, isRead: isRead)], outputs: [output], keeps: keeps, reading: others,
                isWatched: isWatched, rule: rule), 0, output)
    }

    /// ``recorded(_:_:outputs:keeps:reading:rule:)`` for two inputs and one result.
    public static func recorded(
        _ operation: String, _ x: Variable, _ y: Variable, _ output: Tensor, keeps: GradientRule.Keeps = .inputs,
        rule: GradientRule.Body?
    ) throws -> Variable {
        output.tellProfile(operation)
        let isWatched = AnomalyMode.isEnabled
        if isWatched { try Anomaly.check(operation, [x, y], [output]) }
        guard GradMode.isEnabled else { return .plain(output) }
        try x.checkFresh(operation)
        try y.checkFresh(operation)
        let (xWants, yWants) = (x.requiresGrad, y.requiresGrad)
        guard xWants || yWants, output.dtype.isFloating else {
            return x.isSevered || y.isSevered ? .severed(output) : .plain(output)
        }
        let (inputs, factors) = (keeps.contains(.inputs), keeps.contains(.factors))
        return .made(
            by: Node(
                operation,
                inputs: [
                    NodeInput(x, isRead: inputs || factors && yWants),
                    NodeInput(y, isRead: inputs || factors && xWants || keeps.contains(.divisor)),
                ], outputs: [output], keeps: keeps, reading: [], isWatched: isWatched, rule: rule), 0, output)
    }
}

extension Tensor {
    /// Reports the operation and its result to a profile, if one runs.
    @inline(__always) fileprivate func tellProfile(_ operation: String) {
        guard let memory = storage.memory, let profile = memory.profile else { return }
        profile.finish(operation, charged: memory.chargedBytes)
    }
}

extension Node {
    /// Applies the rule to the cotangents, after checking that nothing it reads was overwritten.
    ///
    /// - Parameters:
    ///   - first: the cotangent of the first result, nil where none arrived.
    ///   - others: of the other results.
    func pullBack(_ first: Variable?, _ others: [Variable?], wanted: WantedInputs) throws -> [Variable?] {
        guard let memory, let profile = memory.profile else { return try applyRule(first, others, wanted: wanted) }
        let outer = profile.enterBackward(operation, recordedAt: location, charged: memory.chargedBytes)
        defer { profile.leave(outer, charged: memory.chargedBytes) }
        return try applyRule(first, others, wanted: wanted)
    }

    private func applyRule(_ first: Variable?, _ others: [Variable?], wanted: WantedInputs) throws -> [Variable?] {
        guard !isFreed else {
            throw ScriptError(
                "autodiff",
                "the graph through \(operation) was freed by an earlier backward; pass {retain_graph = true} to the "
                    + "first"
            )
        }
        guard let rule else { throw ScriptError("autodiff", "\(operation) has no gradient") }
        guard !inputs.contains(where: { $0.isStale }), !saved.contains(where: { $0.storage.version != $0.version })
        else {
            throw ScriptError(
                "autodiff",
                "\(operation) needs a value that was overwritten in place after it was used; clone() it, or write "
                    + "after backward"
            )
        }
        let outputs: [Variable] =
            outputs.isEmpty ? [] : outputs.enumerated().map { .made(by: self, $0.offset, $0.element) }
        func filled(_ cotangent: Variable?, _ index: Int) throws -> Variable {
            if let cotangent { return cotangent }
            let form = form(ofOutput: index)
            return Variable(try Tensor.zeros(form.layout.shape, form.dtype))
        }
        let call = GradientRule.Call(
            inputs: try inputs.map { try $0.variable() }, outputs: outputs, cotangent: try filled(first, 0),
            others: others.isEmpty ? [] : try others.enumerated().map { try filled($1, $0 + 1) },
            arrivals: others.isEmpty ? [] : [first != nil] + others.map { $0 != nil }, wanted: wanted)
        guard AnomalyMode.isEnabled else { return try rule(call) }
        // In anomaly mode the rule is checked as a whole; the operations inside it are not the script's.
        let gradients = try AnomalyMode.$isEnabled.withValue(false) { try rule(call) }
        try Anomaly.check(self, cotangents: [first] + others, gradients: gradients)
        return gradients
    }
}
