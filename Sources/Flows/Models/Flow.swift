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

    public init(
        name: String, dimension: Int, transforms: [(name: String, transform: any FlowTransform)], prior: any Law,
        metadata: [ByteString: String] = [:]
    ) {
        self.name = name
        self.dimension = dimension
        self.transforms = transforms
        self.prior = prior
        self.metadata = metadata
    }

    /// Data -> noise, of (rows, D): the noise, and log |det| per row.
    public func toLatent(_ x: Variable) throws -> (z: Variable, logDeterminant: Variable) {
        var (value, total) = (x, try x.constant(0))
        for (_, transform) in transforms {
            let (next, logDeterminant) = try transform.toLatent(value)
            (value, total) = (next, try total + logDeterminant)
        }
        return (value, try total.expand([x.shape[0]]))
    }

    /// Noise -> data, of (rows, D): the data, and log |det| of this direction per row.
    public func toData(_ z: Variable) throws -> (x: Variable, logDeterminant: Variable) {
        var (value, total) = (z, try z.constant(0))
        for (_, transform) in transforms.reversed() {
            let (next, logDeterminant) = try transform.toData(value)
            (value, total) = (next, try total + logDeterminant)
        }
        return (value, try total.expand([z.shape[0]]))
    }

    /// log p(x) in nats, per row of (rows, D): log p(z) + log |det dz/dx| (change of variables).
    public func logProbability(_ x: Variable) throws -> Variable {
        let (z, logDeterminant) = try toLatent(x)
        return try prior.logProbabilityOfRows(z) + logDeterminant
    }

    /// Draws from the model: noise from the prior, mapped to data. Shape (count, D).
    public func sample(_ count: Int, from generator: Generator, for operation: String = "flow:sample") throws -> Variable {
        let dtype = transforms.reduce(DType.float32) { $0.promoted(with: $1.transform.drawingType) }
        let noise = try prior.sample([count, dimension], dtype, from: generator, for: operation)
        return try toData(Variable(noise)).x
    }

    /// Everything training changes, by its name in a state dict.
    public var parameters: [(name: String, value: Variable)] {
        transforms.flatMap { part in
            part.transform.parameters.map { (name: "\(part.name).\($0.name)", value: $0.value) }
        }
    }
}
