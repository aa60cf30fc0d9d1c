import Autodiff
import Tensors

extension LawCase {
    /// The case's inputs in float64, drawn uniformly from their ranges. The same seed gives the same points.
    public func points(seed: UInt64 = 1) throws -> [Variable] {
        let generator = Generator(seed: seed)
        return try inputs.map { input in
            let (low, high) = (input.range.lowerBound, input.range.upperBound)
            return Variable(try generator.fill(input.shape, .float64) { low + (high - low) * $0.uniform() })
        }
    }
}

extension LawCase {
    /// The case as a function of one of its inputs, with the others held.
    func function(of position: Int, at points: [Variable]) -> ([Variable]) throws -> [Variable] {
        { arguments in
            var all = points
            all[position] = arguments[0]
            return [try self.apply(all)]
        }
    }
}

/// Standard normal numbers in float64. The same seed gives the same numbers.
public func normals(_ shape: [Int], seed: UInt64) throws -> Variable {
    Variable(try Generator(seed: seed).fill(shape, .float64) { $0.normal() })
}
