import Distributions
import Scripting
import Tensors

extension Domain<Flow> {
    static var flow: Domain { .object(Flow.type) }
}

extension Domain<TransformObject> {
    static var transform: Domain { .object(TransformObject.type).asking(for: "a transform such as flow.Scaling(s)") }
}

extension Results<TransformObject> {
    static var transform: Results { Results(.object(TransformObject.type.name)) { .object($0) } }
}

extension Domain<any Prior> {
    /// Standard noise by its name, `normal` or `logistic`.
    static var noise: Domain {
        let names = Domain<String>.choice([StandardNormal.name, StandardLogistic.name])
        return names.map(show: { "\"\(Swift.type(of: $0).name)\"" }) { name in
            name == StandardNormal.name ? StandardNormal() as any Prior : StandardLogistic()
        }
    }

    /// The base of any flow: a name, or a distribution, which may be a flow.
    static var base: Domain {
        Domain<any Distribution>.distribution.map(show: { _ in "d" }) { try BaseDistribution($0) as any Prior }.or(
            .noise)
    }
}

extension ScriptType {
    /// The largest errors that ``FlowCheck`` found.
    static let flowCheck = ScriptType.record([
        Field("round_trip", .number), Field("log_det_sum", .either([.number, .none])),
        Field("log_det_dense", .either([.number, .none])),
    ])
}
