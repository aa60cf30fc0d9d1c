import Scripting
import Tensors

extension ChainKernel {
    /// The declaration of a constructor `mcmc.NAME{...}`.
    static func declare<each P>(
        _ summary: String, takes parameters: repeat Parameter<each P>, source: String, example: String,
        make: @escaping @Sendable (repeat each P) throws -> any ChainKernel
    ) -> Declaration {
        Declaration(
            "mcmc.\(name)", summary, by: .table, takes: repeat each parameters, returns: .kernel, source: source,
            example: example, see: ["mcmc.sample"], body: make)
    }
}

extension Parameter<Tuning> {
    /// The options `step_size`, `metric` and `inverse_mass_matrix`.
    static var tuning: Parameter {
        .joined(
            .argument(
                "step_size", .optional(.number(above: 0, finite: true)), "left out: found in the warm-up of mcmc.sample"
            ),
            .option(
                "metric", .optional(.choice(), shown: "\"diagonal\""), default: nil,
                """
                what the warm-up finds: "identity" nothing, "diagonal" variances, "dense" a covariance; with a \
                step_size that is given, "identity"
                """),
            .option(
                "inverse_mass_matrix", .optional(.plainTensor),
                "in place of one that is found: variances (D), or a covariance (D, D), of the unconstrained point")
        ) { (size: Double?, choice: MetricChoice?, inverseMass: Tensor?) in
            if choice != nil, inverseMass != nil {
                throw Fault("metric and inverse_mass_matrix are given; one of them expected")
            }
            return Tuning(stepSize: size, choice: choice, inverseMass: inverseMass)
        }
    }
}

extension Tuning {
    /// As a script would write it.
    var text: String {
        [
            stepSize.map { "step_size = \(shown($0))" }, choice.map { "metric = \"\($0.rawValue)\"" },
            inverseMass.map { "inverse_mass_matrix = \(Shape.describe($0.shape))" },
        ].compactMap(\.self).joined(separator: ", ")
    }
}

extension Domain<Tensor> {
    /// Numbers above 0, as a number or a tensor.
    static var positives: Domain {
        Domain<Numbers>.numbers.map(expected: "a number above 0, or a tensor of them", show: { _ in "numbers" }) {
            given in
            let tensor = try given.variable(.float64).value.cast(.float64)
            if let bad = try tensor.toArray().first(where: { !($0 > 0 && $0.isFinite) }) {
                throw Fault("a finite number above 0 expected, got \(shown(bad))")
            }
            return tensor.count == 0 ? nil : tensor
        }
    }
}

extension Results<any ChainKernel> {
    static var kernel: Results { Results(.object(KernelObject.type.name)) { .object(KernelObject($0)) } }
}

extension Domain<any ChainKernel> {
    static var kernel: Domain {
        Domain<KernelObject>.object(KernelObject.type)
            .asking(for: "a kernel such as mcmc.NUTS{}").map(show: { $0.description }) { $0.kernel }
    }
}
