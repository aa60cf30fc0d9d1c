import Scripting

/// Draws from a distribution with two parameters, for `random.normal`, `x:normal_` and the uniform ones.
package struct RandomFill: Sendable {
    package typealias Draw = @Sendable (Generator, Double, Double, [Int], DType, String) throws -> Tensor

    package let name: String
    package let summary: String
    package let first: Parameter<Double>
    package let second: Parameter<Double>
    /// Draws a tensor from the two parameters, a shape and a dtype; the last argument is the operation's name.
    package let draw: Draw

    package static let normal = RandomFill(
        name: "normal", summary: "Normal numbers with a mean and a standard deviation.",
        first: .argument("mean", .ordered, default: 0), second: .argument("std", .number(from: 0), default: 1)
    ) { try $0.normals($3, $4, mean: $1, std: $2, for: $5) }

    package static let uniform = RandomFill(
        name: "uniform", summary: "Uniform numbers in [low, high).", first: .argument("low", .ordered, default: 0),
        second: .argument("high", .ordered, default: 1)
    ) { generator, low, high, shape, dtype, operation in
        guard low <= high, (high - low).isFinite else {
            throw Fault("low \(shown(low)) and high \(shown(high)): finite numbers, low not above high, expected")
        }
        return try generator.uniforms(shape, dtype, low: low, span: high - low, for: operation)
    }
}
