import Autodiff
import RealModule
import Scripting
import Tensors

/// Triangular matrices in the last two axes, with gradients of any order.
extension Variable {
    /// L⁻¹ B, or L⁻ᵀ B, for lower triangular L (..., n, n) and B (..., n, m); leading axes broadcast.
    func solvingTriangular(_ b: Variable, transposed: Bool = false) throws -> Variable {
        let operation = "distribution.solve_triangular"
        let (n, m) = (shape[shape.count - 1], b.shape[b.shape.count - 1])
        let lead = try Shape.broadcast(Array(shape.dropLast(2)), Array(b.shape.dropLast(2)), for: operation)
        // A factor shared by several right-hand sides is read in place, not copied.
        let factors = try value.toArray()
        let rows = try Tensor(
            (0..<shape.dropLast(2).reduce(1, *)).map(Double.init), shape: Array(shape.dropLast(2)), .float64
        )
        .expand(lead).toArray()
        var x = try b.value.expand(lead + [n, m]).toArray()
        for (index, row) in rows.enumerated() where n * m > 0 {
            if index & 0xff == 0 { try Cancellation.check() }
            let (l, at) = (Int(row) * n * n, index * n * m)
            for i in transposed ? Array((0..<n).reversed()) : Array(0..<n) {
                for column in 0..<m {
                    var sum = x[at + i * m + column]
                    for k in transposed ? (i + 1)..<n : 0..<i {
                        sum -= factors[l + (transposed ? k * n + i : i * n + k)] * x[at + k * m + column]
                    }
                    x[at + i * m + column] = sum / factors[l + i * n + i]
                }
            }
        }
        let result = try Tensor(x, shape: lead + [n, m], dtype.promoted(with: b.dtype))
        return try .recorded(operation, [self, b], result, keeps: [.inputs, .outputs]) { call in
            let (l, solution) = (call.inputs[0], call.outputs[0])
            let cotangent = try l.solvingTriangular(call.cotangent, transposed: !transposed)
            let factor =
                try transposed
                ? solution.matmul(cotangent.transposed()) : cotangent.matmul(solution.transposed())
            return [
                call.wanted[0] ? try (-factor.lowerTriangle(diagonal: 1)).summed(to: l.shape) : nil,
                call.wanted[1] ? try cotangent.summed(to: call.inputs[1].shape) : nil,
            ]
        }
    }

    /// The part below the diagonal plus the diagonal times a factor.
    func lowerTriangle(diagonal: Double) throws -> Variable { try self * mask(below: 1, diagonal: diagonal) }

    /// The diagonals of the last two axes.
    func diagonalOfLast() throws -> Variable { try (self * mask(below: 0, diagonal: 1)).sumOfLast(1) }

    private func mask(below: Double, diagonal: Double) throws -> Variable {
        let n = shape.last ?? 0
        let values = (0..<n * n).map { $0 / n > $0 % n ? below : $0 / n == $0 % n ? diagonal : 0 }
        return Variable(try Tensor(values, shape: [n, n], dtype.computing))
    }
}
