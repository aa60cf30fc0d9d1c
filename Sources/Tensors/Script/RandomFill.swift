import Scripting

/// Numbers drawn from a law with two parameters: `random.normal`, `x:normal_`, and the uniform ones.
package struct RandomFill: Sendable {
    package let name: String
    package let summary: String
    let parameters: [(name: String, fallback: Double)]
    /// What is wrong with the parameters, if anything.
    let fault: @Sendable ([Double]) -> String?
    let draw: @Sendable (Generator, [Double], [Int], DType, String) throws -> Tensor

    package static let normal = RandomFill(
        name: "normal", summary: "Normal numbers with that mean (0) and standard deviation (1).", parameters: [("mean", 0), ("std", 1)],
        fault: { $0[1] >= 0 ? nil : "std: a number from 0 expected, got \($0[1])" }
    ) { try $0.normals($2, $3, mean: $1[0], std: $1[1], for: $4) }

    package static let uniform = RandomFill(
        name: "uniform", summary: "Uniform numbers in [low, high), [0, 1) by default.", parameters: [("low", 0), ("high", 1)],
        fault: { $0[0] <= $0[1] && ($0[1] - $0[0]).isFinite ? nil : "low \($0[0]) and high \($0[1]): finite numbers, low not above high, expected" }
    ) { try $0.uniforms($2, $3, low: $1[0], span: $1[1] - $1[0], for: $4) }

    /// Draws a tensor. The parameters stand from a position on, before a table of options, or in it.
    ///
    /// - Parameter dtype: nil where it is an option.
    package func tensor(_ arguments: Arguments, _ shape: [Int], _ dtype: DType?, from first: Int) throws -> Tensor {
        var next = first
        var given: [Double?] = []
        for parameter in parameters {
            given.append(arguments[next].asNumber)
            if let number = arguments[next].asNumber, number.isNaN { throw arguments.error("\(parameter.name): a number expected, got nan") }
            if arguments[next].asNumber != nil || (arguments.isNil(next) && next < arguments.count) { next += 1 }
        }
        try arguments.atMost(next)
        let options = try arguments.options(next, parameters.map(\.name) + ["generator"] + (dtype == nil ? ["dtype"] : []))
        var numbers: [Double] = []
        for (parameter, number) in zip(parameters, given) {
            guard number == nil || !options.has(parameter.name) else { throw arguments.error("\(parameter.name) is given twice, by its place and as an option") }
            let value = try number ?? options.number(parameter.name, default: parameter.fallback)
            guard !value.isNaN else { throw options.error(parameter.name, expected: "a number") }
            numbers.append(value)
        }
        if let fault = fault(numbers) { throw arguments.error(fault) }
        return try draw(arguments.generator(options), numbers, shape, dtype ?? arguments.dtype(options), arguments.function)
    }
}
