import Autodiff
import Scripting
import Tensors

/// The multi-scale division of Real NVP (Dinh, Sohl-Dickstein, Bengio, ICLR 2017, section 3.6) and Glow: the second
/// half of the channels goes to the latent vector, the transforms behind see the first half. By itself it flattens the
/// event.
///
/// ``TransformSequence`` carries it out.
public struct Split: CataloguedTransform {
    public static let name = "Split"

    public init() {}

    private var alone: TransformSequence { TransformSequence([self]) }

    public func toLatent(_ x: Variable, context: Variable?) throws -> (z: Variable, logDeterminant: Variable) {
        try alone.toLatent(x, context: context)
    }
    public func toData(_ z: Variable, context: Variable?) throws -> (x: Variable, logDeterminant: Variable) {
        try alone.toData(z, context: context)
    }
    public func latentShape(of event: [Int]) throws -> [Int] { try alone.plan(event).latent }
    public func dataShape(of event: [Int]) throws -> [Int] { try alone.dataShape(of: event) }

    public var parameters: [(name: String, value: Variable)] { [] }
    public var recipe: Recipe { .call("flow.Split", []) }

    /// The shapes of the part that stays and of the part that goes to the latent: halves of the first dimension.
    static func halves(of event: [Int]) throws -> (kept: [Int], sent: [Int]) {
        guard let channels = event.first, channels >= 2, channels % 2 == 0 else {
            throw Fault(
                "flow.Split halves the channels, but the data is \(Shape.describe(event)): an even first dimension "
                    + "expected"
            )
        }
        let half = [channels / 2] + event.dropFirst()
        return (half, half)
    }

    static func whole(of kept: [Int]) throws -> [Int] {
        guard let channels = kept.first else { throw Fault("flow.Split has channels, but the data is ()") }
        let (whole, overflow) = channels.multipliedReportingOverflow(by: 2)
        guard !overflow else {
            throw Fault("flow.Split: data of shape \(Shape.describe(kept)) twice over is too large")
        }
        return [whole] + kept.dropFirst()
    }

    static func divide(_ x: Variable) throws -> (kept: Variable, sent: Variable) {
        let half = try halves(of: Array(x.shape.dropFirst())).kept[0]
        return (try x.slice(1, 0, half), try x.slice(1, half, half))
    }

    static func join(_ kept: Variable, _ sent: Variable) throws -> Variable {
        try Variable.concatenate([kept, sent.reshape(kept.shape)], 1)
    }
}

extension Split {
    public static let declaration = Declaration(
        "flow.Split",
        """
        Multi-scale: the second half of the channels (of the numbers, for vectors) goes to the latent vector, which \
        gathers all in order; the transforms that follow in the flow.Chain or flow.Flow see the first half.
        """,
        takes: .context, returns: .transform,
        errors: "when used, an odd number of channels; to_data where nothing says the data's shape",
        source: "Dinh, Sohl-Dickstein, Bengio, ICLR 2017, section 3.6; Kingma, Dhariwal, NeurIPS 2018",
        example: """
            local t = flow.Chain{flow.Squeeze(), flow.Split(), shape = {1, 4, 4}}
            local z, log_det = t:to_latent(tensor.ones(3, 1, 4, 4))
            assert(z.shape[2] == 16 and (t:to_data(z) - 1):abs():max():item() == 0)
            """,
        see: ["flow.Squeeze", "flow.Chain"]
    ) { _ in TransformObject(Split(), description: "flow.Split()") }

    public static let examples = [
        TransformExample("Chain{Split, Scaling}", [.init([1, 2], -1...1)], points: .init([3, 4])) {
            try Chain([Split(), Scaling(logScale: $0[0])], event: [4])
        }
    ]
}
