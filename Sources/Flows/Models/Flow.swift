import Autodiff
import Distributions
import Scripting
import Tensors

/// A normalizing flow: transforms from data to noise, and the law of the noise.
///
///     let flow = try NICE.load("nice.pt")
///     let nats = try flow.logProbability(x)      // (rows), for x (rows, D)
public final class Flow: ScriptObject {
    public static let type = ObjectType("flow")
    public var scriptType: ObjectType { Flow.type }

    /// What made it, for messages: `NICE`.
    public let name: String
    public let dimension: Int
    public let transforms: [(name: String, transform: any FlowTransform)]
    public let prior: any Law
    public var heldValues: [Value] { transforms.flatMap(\.transform.heldValues) + prior.heldValues }
    /// Facts to keep beside the parameters in a file.
    public let metadata: [ByteString: String]

    /// Tensors of the prior that a file keeps: `base.loc`.
    private let priorBuffers: [(name: String, value: Variable)]

    public init(
        name: String, dimension: Int, transforms: [(name: String, transform: any FlowTransform)], prior: any Law,
        metadata: [ByteString: String] = [:], priorBuffers: [(name: String, value: Variable)] = []
    ) {
        self.priorBuffers = priorBuffers
        self.name = name
        self.dimension = dimension
        self.transforms = transforms
        self.prior = prior
        self.metadata = metadata
    }

    /// Data -> noise, of (rows, D): the noise, and log |det| per row.
    public func toLatent(
        _ x: Variable, context: Variable? = nil
    ) throws -> (z: Variable, logDeterminant: Variable) {
        let context = try rows(of: context, x.shape[0])
        var (value, total) = (x, try x.constant(0))
        for (_, transform) in transforms {
            let (next, logDeterminant) = try transform.toLatent(value, context: context)
            (value, total) = (next, try total + logDeterminant)
        }
        return (value, try total.expand([x.shape[0]]))
    }

    /// Noise -> data, of (rows, D): the data, and log |det| of this direction per row.
    public func toData(
        _ z: Variable, context: Variable? = nil
    ) throws -> (x: Variable, logDeterminant: Variable) {
        let context = try rows(of: context, z.shape[0])
        var (value, total) = (z, try z.constant(0))
        for (_, transform) in transforms.reversed() {
            let (next, logDeterminant) = try transform.toData(value, context: context)
            (value, total) = (next, try total + logDeterminant)
        }
        return (value, try total.expand([z.shape[0]]))
    }

    /// log p(x) in nats, per row of (rows, D): log p(z) + log |det dz/dx| (change of variables).
    public func logProbability(_ x: Variable, context: Variable? = nil) throws -> Variable {
        let (z, logDeterminant) = try toLatent(x, context: context)
        return try prior.logProbabilityOfRows(z) + logDeterminant
    }

    /// How many numbers the context has; nil for a flow without.
    public var contextSize: Int? { transforms.lazy.compactMap(\.transform.contextSize).first }

    /// The context as (rows, C): (C) is the same for every row.
    /// - Throws: ``Fault`` for one that is missing, of another size, or that a flow without does not expect.
    private func rows(of context: Variable?, _ count: Int) throws -> Variable? {
        let takesAny = transforms.contains { $0.transform is ScriptedTransform }
        guard let size = contextSize ?? (takesAny ? context?.shape.last : nil) else {
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

    /// Draws from the model: noise from the prior, mapped to data; differentiable by the flow's parameters.
    ///
    /// - Returns: of shape (..., D) for `shape` (...), and (..., B, D) for a context of shape (B, C).
    public func sample(
        _ shape: [Int], context: Variable? = nil, from generator: Generator, for operation: String = "flow:sample"
    ) throws -> Variable {
        let count = try Shape.count(shape, for: operation)
        let result: [Int]
        var told = context
        if let context, context.shape.count == 2 {
            let (batch, size) = (context.shape[0], context.shape[1])
            told = try context.reshape([1, batch, size]).expand([count, batch, size]).reshape([count * batch, size])
            result = shape + [batch, dimension]
        } else {
            result = shape + [dimension]
        }
        let rows = try Shape.count(Array(result.dropLast()), for: operation)
        let dtype = transforms.reduce(DType.float32) { $0.promoted(with: $1.transform.drawingType) }
        let noise = try prior.sample([rows, dimension], dtype, from: generator, for: operation)
        return try toData(Variable(noise), context: told).x.reshape(result)
    }

    /// Everything training changes, by its name in a state dict.
    public var parameters: [(name: String, value: Variable)] {
        transforms.flatMap { part in
            part.transform.parameters.map { (name: "\(part.name).\($0.name)", value: $0.value) }
        }
    }

    /// What a file keeps beside the parameters: masks, orders, the prior's tensors.
    public var buffers: [(name: String, value: Variable)] {
        transforms.flatMap { part in part.transform.buffers.map { (name: "\(part.name).\($0.name)", value: $0.value) } }
            + priorBuffers
    }
}
