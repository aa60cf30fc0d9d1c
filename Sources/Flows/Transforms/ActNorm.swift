import Autodiff
import RealModule
import Scripting
import Tensors

/// A transform that can take its initial parameters from data: `t:initialize(x)`.
public protocol DataInitialized: FlowTransform {
    /// Sets the parameters from a batch (rows, event...), unrecorded.
    func initialize(from x: Variable) throws
}

/// z = x exp(log_scale) + shift, feature by feature, or channel by channel of images: Glow's activation normalisation.
/// Kingma and Dhariwal, "Glow", NeurIPS 2018, section 3.1.
public struct ActNorm: CataloguedTransform, DataInitialized {
    public static let name = "ActNorm"
    /// Log scale and shift, of shape (n).
    public let logScale: Variable
    public let shift: Variable

    /// Two tensors of one shape, (n).
    public init(logScale: Variable, shift: Variable) { (self.logScale, self.shift) = (logScale, shift) }

    /// The identity, until it is trained or ``initialize(from:)`` is called.
    public static func make(_ n: Int) throws -> ActNorm {
        ActNorm(logScale: try leaf(Tensor.zeros([n])), shift: try leaf(Tensor.zeros([n])))
    }

    public var recipe: Recipe { .call("flow.ActNorm", [.integer(logScale.shape[0])]) }
    public var parameters: [(name: String, value: Variable)] { [("log_scale", logScale), ("shift", shift)] }

    /// log_scale and shift in a shape that broadcasts to (rows, n, places...).
    private func fitting(_ x: Variable) throws -> (x: Variable, logScale: Variable, shift: Variable) {
        let n = logScale.shape[0]
        try Demand.channels(x, n, "flow.ActNorm")
        try Demand.finite(parameters, "flow.ActNorm")
        let shape = [n] + [Int](repeating: 1, count: x.shape.count - 2)
        let (log, shift) = (try logScale.together(with: x), try shift.together(with: x))
        return (try x.together(with: logScale), try log.reshape(shape), try shift.reshape(shape))
    }

    public func latentShape(of event: [Int]) throws -> [Int] {
        try Demand.channels(of: event, logScale.shape[0], "flow.ActNorm")
    }
    public func dataShape(of event: [Int]) throws -> [Int] { try latentShape(of: event) }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        let (x, logScale, shift) = try fitting(x)
        return (try x * logScale.exp() + shift, try logScale.sum() * Double(Channels.places(x)))
    }

    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        let (z, logScale, shift) = try fitting(z)
        return (try (z - shift) * (-logScale).exp(), try -logScale.sum() * Double(Channels.places(z)))
    }

    /// A channel whose standard deviation is at most this share of its largest number counts as constant.
    static let leastDeviation = 1e-6

    /// Sets mean 0 and standard deviation 1 over the batch and all places. A constant channel is shifted to 0 and not
    /// scaled.
    public func initialize(from x: Variable) throws {
        let n = logScale.shape[0]
        try Demand.channels(x, n, "flow.ActNorm")
        let columns = try x.detached().converted(to: .float64).reshape([x.shape[0], n, Channels.places(x)])
            .permute([1, 0, 2]).reshape([n, x.shape[0] * Channels.places(x)])
        guard columns.shape[1] > 0 else {
            throw ScriptError("flow.ActNorm", "nothing to start from in \(Shape.describe(x.shape))")
        }
        guard try columns.value.isFinite() else { throw ScriptError("flow.ActNorm", "the data holds NaN or infinity") }
        let means = try columns.mean([1]).value.toArray()
        let deviations = try columns.deviation([1], correction: 0).value.toArray()
        let sizes = try columns.abs().extremes([1], largest: true).value.toArray()
        let logScales = zip(deviations, sizes).map { deviation, size in
            deviation > size * Self.leastDeviation ? -Double.log(deviation) : 0
        }
        let shifts = zip(means, logScales).map { -$0 * Double.exp($1) }
        try logScale.value.write(Tensor(logScales, shape: [n], .float64))
        try shift.value.write(Tensor(shifts, shape: [n], .float64))
    }
}

/// A leaf that training changes.
func leaf(_ value: Tensor) throws -> Variable {
    let variable = Variable(value)
    try variable.setRequiresGrad(true)
    return variable
}

extension ActNorm {
    public static let declaration = Declaration(
        "flow.ActNorm",
        """
        z = x exp(log_scale) + shift for each of n features, or of n channels of images: log |det| is the sum of \
        log_scale, times H W for images. It starts as the identity; t:initialize(x) makes mean 0 and deviation 1 of a \
        batch, where a channel that is constant (its deviation at most 1e-6 of its largest number), such as the border \
        of MNIST's digits, is moved to 0 and keeps its scale.
        """,
        takes: .argument("n", .size(from: 1), "features, or channels"), returns: .transform,
        errors: "when called, another number of features; a parameter that is not finite",
        source: "Kingma, Dhariwal, NeurIPS 2018 (Glow), section 3.1",
        example: """
            local t = flow.ActNorm(2):initialize(tensor({{1, 5}, {3, 5}}))
            local z = t:to_latent(tensor({{1, 5}, {3, 5}}))
            assert((z - tensor({{-1, 0}, {1, 0}})):abs():max():item() < 1e-6)
            """,
        see: ["transform:initialize"]
    ) { n in TransformObject(try ActNorm.make(n), description: "flow.ActNorm(\(n))") }

    public static let examples = [
        TransformExample("ActNorm", [.init([3], -1...1), .init([3])], points: .init([3, 3]), extremes: .both) {
            ActNorm(logScale: $0[0], shift: $0[1])
        },
        TransformExample("ActNorm of images", [.init([2], -1...1), .init([2])], points: .init([2, 2, 1, 2])) {
            ActNorm(logScale: $0[0], shift: $0[1])
        },
    ]
}
