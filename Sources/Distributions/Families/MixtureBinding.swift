import Autodiff
import Scripting
import Tensors

/// The argument `components`: a table of distributions, or one distribution whose last batch dimension counts them.
private enum MixtureComponents {
    case each([any Distribution])
    case batched(any Distribution)

    var distributions: [any Distribution] {
        switch self {
        case .each(let distributions): distributions
        case .batched(let distribution): [distribution]
        }
    }
}

extension Domain<MixtureComponents> {
    fileprivate static var components: Domain {
        let one = Domain<any Distribution>.distribution.map(show: { _ in "d" }) { MixtureComponents.batched($0) }
        let list = Domain<[any Distribution]>.list(of: .distribution, expected: "a table of distributions")
        return one.or(list.map(show: { _ in "{d, e}" }) { .each($0) })
    }
}

extension Mixture {
    public static let declaration = Declaration(
        "distribution.Mixture",
        "Component i with probability weights[i]. entropy and rsample have no closed form.",
        by: .placesOrNames,
        takes: .argument("weights", .numbers, "from 0, not all 0; divided by their sum"),
        .argument("components", .components, "one whose last batch dimension counts them, or a table of them"),
        returns: .distribution,
        errors: "another number of components than of weights; events of different shapes; mixtures nested too deep",
        source: "torch.distributions.MixtureSameFamily",
        example: """
            local normal, laplace = distribution.Normal(-1, 1), distribution.Laplace(1, 1)
            local d = distribution.Mixture({0.5, 0.5}, {normal, laplace})
            assert(d.mean:item() == 0 and d:cdf(0).dtype == "float32")
            """
    ) { weights, components in
        try checkDepth(components.distributions, for: Mixture.operation)
        // With float64 components, plain numbers become float64 weights.
        let isWide = weights.dtype == .float64 || components.distributions.contains { $0.dtype == .float64 }
        let weights = try weights.converted(to: isWide ? .float64 : .float32)
        return switch components {
        case .each(let distributions): try Mixture(weights, distributions)
        case .batched(let distribution): try Mixture(weights, batched: distribution)
        }
    }

    /// Mixtures nested too deeply are refused before they could exhaust the stack.
    private static func checkDepth(_ components: [any Distribution], for operation: String) throws {
        var level = components
        var depth = 0
        while !level.isEmpty {
            depth += 1
            guard depth <= 16, level.count <= 10_000 else {
                throw ScriptError(operation, "mixtures nested deeper than 16")
            }
            level = level.flatMap { ($0 as? Mixture)?.components ?? [] }
        }
    }

    public static let examples = [
        DistributionExample(
            "Mixture of Normal and Laplace",
            [.init([0.25, 0.75]), .init([-1]), .init([0.5]), .init([2]), .init([1.5])], points: .init([-1.2, 0, 3])
        ) {
            try Mixture($0[0], [Normal($0[1], $0[2]), Laplace($0[3], $0[4])])
        },
        DistributionExample(
            "Mixture, batched", [.init([0.25, 0.35, 0.4]), .init([-1, 0, 2, 0, 0, 1], [2, 3]), .init([0.5, 1, 1])],
            points: .init([-1.2, 0.5])
        ) {
            try Mixture($0[0], batched: Normal($0[1], $0[2]))
        },
        DistributionExample(
            "Mixture of vectors",
            [.init([0.25, 0.75]), .init([-1, 0, 2, 1], [2, 2]), .init([1, 0, 0.5, 2], [2, 2])],
            points: .init([-1.2, 0.5, 2, 2, 0, 0], [3, 2])
        ) {
            try Mixture($0[0], batched: MultivariateNormal($0[1], scale: $0[2].lowerTriangle(diagonal: 1)))
        },
    ]
}
