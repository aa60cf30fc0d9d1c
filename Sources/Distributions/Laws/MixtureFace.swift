import Autodiff
import Scripting
import Tensors

extension Mixture {
    public static let constructor = makeConstructor(
        Documentation(
            "distribution.Mixture(weights, {d, e, ...}) -> distribution\ndistribution.Mixture(weights, d) -> distribution\ndistribution.Mixture{weights = w, components = c} -> distribution",
            "Component i with probability weights[i], divided by their sum; components are a table of laws, or one law whose last batch dimension counts them. entropy and rsample have no closed form.",
            errors: "weights that are negative, or all 0; another number of components; events of different shapes", source: "torch.distributions.MixtureSameFamily",
            example: "local d = distribution.Mixture({0.5, 0.5}, {distribution.Normal(-1, 1), distribution.Laplace(1, 1)})\nassert(d.mean:item() == 0 and d:cdf(0).dtype == \"float32\")")
    ) { arguments in
        let arguments = try arguments.placed([.list("weights"), .list("components")], from: 1)
        // Numbers beside float64 components stay float64.
        func weights(_ components: [any Distribution]) throws -> Variable {
            let isWide = components.contains { $0.dtype == .float64 }
            let given = Arguments(function: arguments.function, values: [arguments[1]], context: arguments.context)
            return try given.law(["weights"], beside: isWide ? .float64 : .float32).required(0)
        }
        if case .object(let object as DistributionObject) = arguments[2] {
            try checkDepth([object.law], for: arguments.function)
            return try Mixture(weights([object.law]), batched: object.law)
        }
        let components = try arguments.table(2, "components").elements().enumerated().map { index, element in
            guard case .object(let object as DistributionObject) = element else {
                throw ScriptError(arguments.function, "components[\(index + 1)]: a distribution expected, got \(element.shown)")
            }
            return object.law
        }
        try checkDepth(components, for: arguments.function)
        return try Mixture(weights(components), components)
    }

    /// Mixtures of mixtures of ...: refused before they could exhaust the stack.
    private static func checkDepth(_ components: [any Distribution], for operation: String) throws {
        var level = components
        var depth = 0
        while !level.isEmpty {
            depth += 1
            guard depth <= 16, level.count <= 10_000 else { throw ScriptError(operation, "mixtures nested deeper than 16") }
            level = level.flatMap { ($0 as? Mixture)?.components ?? [] }
        }
    }

    public static let examples = [
        LawExample("Mixture of Normal and Laplace", [.init([0.25, 0.75]), .init([-1]), .init([0.5]), .init([2]), .init([1.5])], points: .init([-1.2, 0, 3])) {
            try Mixture($0[0], [Normal($0[1], $0[2]), Laplace($0[3], $0[4])])
        },
        LawExample("Mixture, batched", [.init([0.25, 0.35, 0.4]), .init([-1, 0, 2, 0, 0, 1], [2, 3]), .init([0.5, 1, 1])], points: .init([-1.2, 0.5])) {
            try Mixture($0[0], batched: Normal($0[1], $0[2]))
        },
        LawExample("Mixture of vectors", [.init([0.25, 0.75]), .init([-1, 0, 2, 1], [2, 2]), .init([1, 0, 0.5, 2], [2, 2])], points: .init([-1.2, 0.5, 2, 2, 0, 0], [3, 2])) {
            try Mixture($0[0], batched: MultivariateNormal($0[1], scale: $0[2].lowerTriangle(diagonal: 1)))
        },
    ]
}
