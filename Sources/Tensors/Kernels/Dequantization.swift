import Scripting

/// Discrete levels made continuous by noise.
extension Tensor {
    /// (k + u) / levels for u uniform in [0, 1), where k is an element: an integer in int64, or a fraction k / (levels
    /// - 1) in [0, 1] as images have. Every result stays in its interval [k / levels, (k + 1) / levels).
    /// - Throws: ``ScriptError`` naming the first element that is no level.
    package func dequantized(levels: Int, from generator: Generator, for operation: String) throws -> Tensor {
        let isWhole = !dtype.isFloating
        let source = try cast(.float64).contiguous()
        let result = try generator.uniforms(shape, isWhole ? .float32 : dtype, for: operation)
        let (from, steps) = (source.base(Double.self), Double(levels - 1))
        defer { withExtendedLifetime((source, result)) {} }
        func fill<T: TensorElement>(_: T.Type) throws {
            let to = result.base(T.self)
            try Tensor.forEachPiece(count, nanoseconds: 4) { piece in
                for i in piece {
                    let k = isWhole ? from[i] : (from[i] * steps).rounded()
                    guard k >= 0, k <= steps, isWhole || abs(from[i] * steps - k) < 1e-2 else {
                        throw ScriptError(operation, Tensor.complaint(from[i], at: i, levels, isWhole))
                    }
                    let below = Double((k + 1) / Double(levels)).below(in: result.dtype)
                    to[i] = T(min((k + Double(to[i])) / Double(levels), below))
                }
            }
        }
        result.dtype == .float64 ? try fill(Double.self) : try fill(Float.self)
        return result
    }

    private static func complaint(_ number: Double, at place: Int, _ levels: Int, _ isWhole: Bool) -> String {
        let element = "element \(place + 1) is \(shown(number))"
        if isWhole { return "\(element); whole levels from 0 to \(levels - 1) expected" }
        if number > 1, number == number.rounded() {
            return """
                \(element); k / \(levels - 1) from 0 to 1 expected: divide by \(levels - 1), or give the levels as \
                whole numbers, x:to("int64")
                """
        }
        return
            "\(element), which is no k / \(levels - 1) with k from 0 to \(levels - 1): the data has not \(levels) "
                + "levels"
    }
}
