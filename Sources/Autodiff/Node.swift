import Scripting
import Tensors

/// One recorded operation: where a value came from, and how a cotangent of the result becomes cotangents of the inputs.
package final class Node {
    /// The operation's full name, for messages.
    let operation: String
    /// What it was computed from, as it was then. Emptied when the graph is freed.
    fileprivate(set) var inputs: [NodeInput]
    /// The results that the rule reads.
    fileprivate(set) var outputs: [Tensor]
    /// Of the first result, and of the others.
    private let outputForm: Form
    private let otherForms: [Form]
    fileprivate(set) var rule: GradientRule.Body?
    /// Further storages whose contents the rule reads, with their versions when it was recorded.
    fileprivate(set) var saved: [(storage: Storage, version: Int)]
    fileprivate(set) var isFreed = false
    /// It wrote into the memory of its first input.
    var isWrite = false
    /// Where a backward pass keeps what it knows of this node; see ``BackwardPass``.
    var slot = 0
    /// The script's line that recorded it, in anomaly mode and in a profile.
    let location: String?
    /// The account of the results, and what was counted there for the record.
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
        // Itself with its rule, and what it knows of each input.
        memory = outputs[0].storage.memory
        location = isWatched || memory?.profile != nil ? ScriptLocation.current?.describe() : nil
        footprint = 256 + 128 * inputs.count
        memory?.count(footprint)
    }

    var outputCount: Int { 1 + otherForms.count }

    func form(ofOutput index: Int) -> Form { index == 0 ? outputForm : otherForms[index - 1] }

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

/// A value that an operation was computed from, with its place on the tape at that time: a later write in place, which
/// gives the variable another history, does not change what was computed before. The history, not the variable, is a
/// leaf's identity. The numbers are held only where the rule reads them.
struct NodeInput {
    let layout: Layout
    let dtype: DType
    /// The memory that it lay in, which is not held: it tells views of one memory apart from others.
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

    /// It was overwritten since, and the rule reads it.
    var isStale: Bool { storage.map { $0.version != version } ?? false }

    /// What a rule is given. Where it does not read the numbers, these are NaN, all in one place: should a rule read
    /// them after all, that is seen.
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

/// How an operation's gradient is computed.
public enum GradientRule {
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
            if rawValue & ~Keeps.outputs.rawValue == 0 { return false }
            return contains(.inputs) || (contains(.divisor) && place == inputs.count - 1)
                || (contains(.factors) && inputs.indices.contains { $0 != place && inputs[$0].requiresGrad })
        }
    }

    /// What a rule is given.
    public struct Call {
        /// Of those that the rule did not say it reads, only the shape, the dtype and the place on the tape: their
        /// numbers are NaN.
        public let inputs: [Variable]
        /// The results, joined to the tape so that the rule can be differentiated again. Only with `.outputs` kept.
        public let outputs: [Variable]
        /// The cotangent of an operation of one result, or of the first.
        public let cotangent: Variable
        fileprivate let otherCotangents: [Variable]
        private let arrivals: [Bool]
        /// Per input, whether its cotangent is wanted.
        public let wanted: WantedInputs

        /// One per result; zeros where none arrived.
        public var cotangents: [Variable] { [cotangent] + otherCotangents }
        /// Per result, whether a cotangent arrived: where not, it is zeros.
        public var received: [Bool] { arrivals.isEmpty ? [true] : arrivals }

        fileprivate init(
            inputs: [Variable], outputs: [Variable], cotangent: Variable, others: [Variable], arrivals: [Bool],
            wanted: WantedInputs
        ) {
            (self.inputs, self.outputs, self.wanted) = (inputs, outputs, wanted)
            (self.cotangent, otherCotangents, self.arrivals) = (cotangent, others, arrivals)
        }
    }

    /// Cotangents of the inputs, written in differentiable operations; nil for an input without one.
    public typealias Body = (Call) throws -> [Variable?]
}

/// Of which inputs a cotangent is wanted.
public struct WantedInputs: Sendable {
    /// Bit i for input i, of the first 64.
    private var bits: UInt64 = 0
    private var others: [Bool] = []

    init(_ count: Int, _ isWanted: (Int) -> Bool) {
        for index in 0..<min(count, 64) where isWanted(index) { bits |= 1 << UInt64(index) }
        if count > 64 { others = (64..<count).map(isWanted) }
    }

    public subscript(_ input: Int) -> Bool { input < 64 ? bits >> UInt64(input) & 1 != 0 : others[input - 64] }
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
    /// Where a backward pass keeps what it knows of this leaf; see ``BackwardPass``.
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
        // Nobody else hangs anything there.
        get { history.map { unsafeDowncast($0, to: History.self) } }
        set { history = newValue }
    }

    /// True when gradients go to or through this value.
    public var requiresGrad: Bool { record?.requiresGrad ?? false }

    /// True of what ``severed(_:)`` made, of what was computed from it without being recorded, and of what it was
    /// written into.
    var isSevered: Bool { isSevered(record) }

    /// The same for a record that was read already.
    fileprivate func isSevered(_ record: History?) -> Bool {
        if let record, record.isSevered { return true }
        guard let since = value.storage.severedSince, record?.node == nil, !(record?.requiresGrad ?? false) else {
            return false
        }
        return (record?.version ?? 0) < since
    }

    /// True when no recorded operation made it.
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

    /// Makes a leaf that gradients accumulate in, or stops it.
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

    /// A value without a place on the tape. In memory that holds recorded or severed values it remembers when it was
    /// taken.
    static func plain(_ value: Tensor) -> Variable {
        let variable = Variable(value)
        if value.storage.trackedSince != nil || value.storage.severedSince != nil {
            variable.record = History(node: nil, requiresGrad: false, version: value.storage.version)
        }
        return variable
    }

    /// A result of a transform that depends on leaves beyond its arguments, without the graph that leads to them: a
    /// constant for every later transform, but an error where `backward` would need what is not there.
    static func severed(_ value: Tensor) -> Variable {
        let variable = Variable(value)
        variable.record = History(node: nil, requiresGrad: false, version: value.storage.version, isSevered: true)
        return variable
    }

    /// What `backward` says where it meets a severed value.
    static let severedMessage =
        "a derivative that autodiff computed without {create_graph = true} is part of this value, "
        + "so that its graph is gone; pass {create_graph = true} there, or detach() it to take it as a constant"

    /// Throws if the recorded value has been overwritten since: its history no longer describes it.
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
        outputs.first?.tellProfile(operation)
        let isWatched = AnomalyMode.isEnabled
        if isWatched { try Anomaly.check(operation, inputs, outputs) }
        guard GradMode.isEnabled else { return outputs.map { .plain($0) } }
        // Also where nothing requires a gradient: a stale plain view may hold what a recorded write put there.
        for input in inputs { try input.checkFresh(operation) }
        // Whole numbers and truth values have no derivative.
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

    /// The same for one input, and without a list of it where nothing is recorded.
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
        // Of `.factors` and `.divisor` only what is left without a second input is read.
        let isRead = keeps.contains(.inputs) || keeps.contains(.divisor)
        return .made(
            by: Node(
                operation, inputs: [NodeInput(x, isRead: isRead)], outputs: [output], keeps: keeps, reading: others,
                isWatched: isWatched, rule: rule), 0, output)
    }

    /// The same for two inputs.
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
    /// A profile of the run hears that the operation has this result.
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
        // The rule as a whole is watched: what it computes on the way is not what the script wrote.
        let gradients = try AnomalyMode.$isEnabled.withValue(false) { try rule(call) }
        try Anomaly.check(self, cotangents: [first] + others, gradients: gradients)
        return gradients
    }
}
