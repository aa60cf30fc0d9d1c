import Scripting
import Tensors

/// Draws of shape (chains, draws, ...), given as a tensor or as a table `{samples = tensor}`.
package struct ChainDraws {
    package let values: Tensor
    /// How many divergences the table reports; 0 where it is not `mcmc.sample`'s.
    package var divergences = 0
    /// The draws (counted from 1) at which a step diverged.
    package var divergentDraws: [Int] = []
    /// (divergences, ...): the points where those steps began.
    var starts: Tensor?

    /// The name of one number of a point: `x`, `x[3]`, `x[1, 2]`.
    package static func name(_ index: Int, _ shape: [Int]) -> String {
        guard !shape.isEmpty else { return "x" }
        var (rest, places) = (index, [String]())
        for extent in shape.reversed() {
            places.insert(String(rest % extent + 1), at: 0)
            rest /= extent
        }
        return "x[\(places.joined(separator: ", "))]"
    }

    /// The starts of divergent steps, one list for each number of a point; nil where there were none.
    package func startsByNumber() throws -> [[Double]]? {
        guard let starts, starts.rank >= 1, starts.shape[0] > 0, starts.count > 0 else { return nil }
        let (count, width) = (starts.shape[0], starts.count / starts.shape[0])
        guard width == values.shape.dropFirst(2).reduce(1, *) else { return nil }
        let all = try starts.toArray()
        return (0..<width).map { number in (0..<count).map { all[$0 * width + number] } }
    }
}

extension Domain<ChainDraws> {
    package static var draws: Domain {
        Domain(
            .either([.object(Variable.type.name), .table]),
            expected: "samples (chains, draws, ...), or what mcmc.sample returns", show: { _ in "samples" }
        ) { value in
            var draws: ChainDraws
            switch value {
            case .object(let object as Variable): draws = ChainDraws(values: object.value)
            case .table(let table):
                guard case .object(let object as Variable) = try table.value(for: "samples") else { return nil }
                draws = ChainDraws(values: object.value)
                draws.divergences = try table.value(for: "divergences").asInteger ?? 0
                if case .object(let steps as Variable) = try table.value(for: "divergent_draws") {
                    draws.divergentDraws = try steps.value.toIntegers()
                }
                if case .object(let points as Variable) = try table.value(for: "divergent_points") {
                    draws.starts = points.value
                }
            default: return nil
            }
            guard draws.values.rank >= 2 else {
                throw Fault("shape (chains, draws, ...) expected, got \(Shape.describe(draws.values.shape))")
            }
            guard draws.values.shape[0] > 0, draws.values.shape[1] > 0 else {
                throw Fault("no draws in shape \(Shape.describe(draws.values.shape)); (chains, draws, ...) expected")
            }
            return draws
        }
    }
}
