import Scripting
import Tensors

extension Variable {
    /// A copy of this matrix with `scale` times `other` added to every `step`-th column from a 0-based start, as one
    /// operation: an additive coupling changes one half of its columns so. Both have the same floating dtype.
    package func adding(_ other: Variable, scale: Double, toColumnsFrom start: Int, step: Int, for operation: String)
        throws -> Variable
    {
        let count = other.shape.last ?? 0
        let sum = try value.copy()
        try sum.slice(1, from: start, count: count, step: step, for: operation).add(
            inPlace: other.value, scale: scale, for: operation)
        return try .recorded(operation, self, other, sum, keeps: .nothing) { call in
            let cotangent = call.cotangent
            let part = call.wanted[1] ? try cotangent.slice(1, start, count, step: step, for: operation) : nil
            return [cotangent, try scale == 1 ? part : part.map { try $0 * scale }]
        }
    }
}
