import Autodiff
import Distributions
import Scripting
import Tensors

/// A normalizing flow: transforms from data to noise, and the distribution of the noise.
///
///     let flow = try NICE.load("nice.pt")
///     let nats = try flow.logProbability(x)      // (rows), for x (rows, D)
public final class Flow: RemembersCall {
    /// What scripts see as its type: `flow`.
    public static let type = ObjectType("flow")
    public var scriptType: ObjectType { Flow.type }

    /// The constructor's name, for messages: `NICE`.
    public let name: String
    /// How many numbers a point has.
    public let dimension: Int
    /// The shape of a point: (D), or (C, H, W) of images.
    public let event: [Int]
    public let transforms: [(name: String, transform: any FlowTransform)]
    public let prior: any Prior
    public var heldValues: [Value] { transforms.flatMap(\.transform.heldValues) + prior.heldValues }
    /// Texts to keep beside the parameters in a file.
    public let metadata: [ByteString: String]
    public var origin: Origin?
    /// Options whose values the constructor chose itself, such as seeds of random orders; a file holds these values.
    var settledOptions: [Recipe.Field] = []

    /// The mode of a flow without networks.
    private var ownMode = false

    let sequence: TransformSequence
    /// Tensors of the prior that a file keeps, such as `base.loc`.
    private let priorBuffers: [(name: String, value: Variable)]

    /// - Parameter event: the shape of one point; (dimension) by default.
    public init(
        name: String, dimension: Int, event: [Int]? = nil,
        transforms: [(name: String, transform: any FlowTransform)], prior: any Prior,
        metadata: [ByteString: String] = [:],
        priorBuffers: [(name: String, value: Variable)] = []
    ) {
        self.priorBuffers = priorBuffers
        self.name = name
        self.dimension = dimension
        self.event = event ?? [dimension]
        self.transforms = transforms
        self.prior = prior
        self.metadata = metadata
        sequence = TransformSequence(transforms.map(\.transform), event: event ?? [dimension])
    }

    /// Whether any of its networks is in the mode of training; without networks, the mode that was set last.
    var isTraining: Bool {
        let modes = modules.flatMap(\.modes)
        return modes.isEmpty ? ownMode : modes.contains(true)
    }

    func setTraining(_ flag: Bool) {
        ownMode = flag
        for module in modules { module.setTraining(flag) }
    }

    /// The shape of one point's noise.
    /// - Throws: when a transform does not take what the ones before give.
    public func latentShape() throws -> [Int] { try sequence.plan(event).latent }

    /// Data -> noise, of (rows, D) or (rows, event...): the noise (rows, latent...), and log |det| per row.
    public func toLatent(
        _ x: Variable, context: Variable? = nil
    ) throws -> (z: Variable, logDeterminant: Variable) {
        let rows = try rowCount(x)
        let context = try self.rows(of: context, rows)
        _ = try sequence.plan(event)
        let (z, total) = try sequence.toLatent(shaped(x, rows, event), context: context)
        return (z, try total.expand([rows]))
    }

    /// Noise -> data, of (rows, D) or (rows, latent...): the data, and log |det| of this direction per row.
    public func toData(
        _ z: Variable, context: Variable? = nil
    ) throws -> (x: Variable, logDeterminant: Variable) {
        let rows = try rowCount(z)
        let context = try self.rows(of: context, rows)
        let (x, total) = try sequence.toData(shaped(z, rows, latentShape()), context: context)
        return (try shaped(x, rows, event), try total.expand([rows]))
    }

    private func rowCount(_ x: Variable) throws -> Int {
        guard let rows = x.shape.first else {
            throw ScriptError("flow", "a batch (rows, \(dimension)) expected, got ()")
        }
        return rows
    }

    private func shaped(_ x: Variable, _ rows: Int, _ event: [Int]) throws -> Variable {
        x.shape == [rows] + event ? x : try x.reshape([rows] + event)
    }

    /// log p(x) in nats, per row of (rows, D): log p(z) + log |det dz/dx| (change of variables).
    public func logProbability(_ x: Variable, context: Variable? = nil) throws -> Variable {
        let (z, logDeterminant) = try toLatent(x, context: context)
        return try prior.logProbabilityOfRows(z.flatRows()) + logDeterminant
    }

    /// How many numbers the context has; nil for a flow without.
    public var contextSize: Int? { sequence.contextSize }

    /// The context as (rows, C); one of shape (C) is used for every row.
    /// - Throws: ``Fault`` for a context that is missing, of another size, or not expected.
    func rows(of context: Variable?, _ count: Int) throws -> Variable? {
        guard let size = contextSize ?? (sequence.takesAnyContext ? context?.shape.last : nil) else {
            guard context == nil else { throw Fault("context", "this flow takes none") }
            return nil
        }
        guard let context else { throw Fault("context", "one of \(size) numbers expected: the flow is conditional") }
        let shape = context.shape
        if shape == [size] { return try context.reshape([1, size]).expand([count, size]) }
        guard shape == [count, size] || shape == [1, size] else {
            throw Fault("context", "shape \(Shape.describe(shape)); (\(size)) or (\(count), \(size)) expected")
        }
        return shape[0] == count ? context : try context.expand([count, size])
    }

    /// Draws from the model, not recorded: as many as wanted cost no memory beside them.
    ///
    /// - Returns: of shape (..., event) for `shape` (...), and (..., B, event) for a context of shape (B, C).
    public func sample(
        _ shape: [Int], context: Variable? = nil, from generator: Generator, for operation: String = "flow:sample"
    ) throws -> Variable {
        try GradMode.$isEnabled.withValue(false) {
            try rsample(shape, context: context, from: generator, for: operation).detached()
        }
    }

    /// The draws of ``sample(_:context:from:for:)`` as functions of the flow's parameters.
    ///
    /// - Returns: of shape (..., event) for `shape` (...), and (..., B, event) for a context of shape (B, C).
    public func rsample(
        _ shape: [Int], context: Variable? = nil, from generator: Generator, for operation: String = "flow:rsample"
    ) throws -> Variable {
        let count = try Shape.count(shape, for: operation)
        var lead = shape
        var told = context
        if let context, context.shape.count == 2 {
            let (batch, size) = (context.shape[0], context.shape[1])
            told = try context.reshape([1, batch, size]).expand([count, batch, size]).reshape([count * batch, size])
            lead.append(batch)
        }
        let rows = try Shape.count(lead, for: operation)
        _ = try Shape.count(lead + [dimension], for: operation)
        return try toData(noise(rows, from: generator, for: operation), context: told).x.reshape(lead + event)
    }

    /// The smallest dtype that samples are drawn in: float64 if a transform has float64 parameters.
    public var drawingType: DType { transforms.reduce(.float32) { $0.promoted(with: $1.transform.drawingType) } }

    /// Noise of shape (rows, D), recorded if the base has parameters.
    package func noise(_ rows: Int, from generator: Generator, for operation: String) throws -> Variable {
        if let base = prior as? BaseDistribution, base.isReparameterised {
            return try base.draw(rows, dimension, drawingType, from: generator, for: operation)
        }
        return Variable(try prior.sample([rows, dimension], drawingType, from: generator, for: operation))
    }

    /// Everything training changes, by its name in a state dict.
    public var parameters: [(name: String, value: Variable)] {
        transforms.flatMap { part in
            part.transform.parameters.map { (name: "\(part.name).\($0.name)", value: $0.value) }
        } + ((prior as? BaseDistribution)?.parameters.map { ("base.\($0.name)", $0.value) } ?? [])
    }

    /// What a file keeps beside the parameters: masks, orders, the prior's tensors.
    public var buffers: [(name: String, value: Variable)] {
        transforms.flatMap { part in part.transform.buffers.map { (name: "\(part.name).\($0.name)", value: $0.value) } }
            + priorBuffers + ((prior as? BaseDistribution)?.buffers.map { ("base.\($0.name)", $0.value) } ?? [])
    }
}
