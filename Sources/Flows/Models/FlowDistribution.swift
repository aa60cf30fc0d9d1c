import Autodiff
import Distributions
import Scripting
import Tensors

/// A flow as a distribution over its points, for whatever takes distributions: mixtures, importance sampling, gradient
/// estimators, the base of another flow.
struct FlowDistribution: Distribution {
    static let name = "flow"
    let flow: Flow

    /// - Throws: ``Fault`` for a conditional flow, which is a distribution only together with a context.
    init(_ flow: Flow) throws {
        if let size = flow.contextSize {
            throw Fault(
                "the flow is conditional (\(size) numbers of context): pass functions of it, {sample = f, log_prob = g}"
            )
        }
        self.flow = flow
    }

    var name: String { "flow.\(flow.name)" }
    var parameters: [DistributionParameter] { [] }
    var batchShape: [Int] { [] }
    var eventShape: [Int] { flow.event }
    var dtype: DType { flow.drawingType }
    var isReparameterised: Bool { (flow.prior as? BaseDistribution)?.isReparameterised ?? true }
    var heldValues: [Value] { flow.heldValues }
    var description: String { "flow.\(flow.name)" }

    func logDensity(_ x: Variable) throws -> Variable {
        let lead = Array(x.shape.dropLast(eventShape.count))
        let rows = try Shape.count(lead, for: "flow:log_prob")
        return try flow.logProbability(x.reshape([rows] + eventShape)).reshape(lead)
    }

    func draw(_ shape: [Int], from generator: Generator, for operation: String) throws -> Variable {
        try flow.rsample(shape, from: generator, for: operation)
    }

    func widened() throws -> (any Distribution)? { nil }
    func wideMean() throws -> Variable { throw missing("mean") }
    func wideVariance() throws -> Variable { throw missing("variance") }

    var support: Support {
        get throws {
            try NumberRange.support(
                NumberRange.ends(of: flow.transforms.map(\.transform)),
                base: (flow.prior as? BaseDistribution)?.distribution.support,
                ScriptError(
                    "flow:support",
                    "it is not known what transforms of a script make, nor parts that do not take all that others make")
            )
        }
    }

    private func missing(_ what: String) -> ScriptError {
        ScriptError("distribution:\(what)", "a flow has no \(what) in closed form; take that of draws, m:sample(1000)")
    }
}

extension Flow: HoldsDistribution {
    public var distribution: any Distribution { get throws { try FlowDistribution(self) } }
}
