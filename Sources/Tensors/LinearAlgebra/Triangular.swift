import COpenBLAS
import Scripting

extension Tensor {
    /// X with A X = B; self is A, triangular matrices (..., n, n) of which only one triangle is read. B has shape (...,
    /// n, k) with the same leading axes.
    ///
    /// - Parameters:
    ///   - upper: which triangle is read.
    ///   - unit: whether the diagonal counts as 1, whatever it holds.
    /// - Throws: when there is a 0 on a diagonal, or the solution is not finite.
    public func solveTriangular(_ right: Tensor, upper: Bool, unit: Bool, for operation: String) throws -> Tensor {
        try checkSquare(for: operation)
        guard right.rank == rank, right.shape.dropLast() == shape.dropLast() else {
            throw ScriptError(operation, "\(Shape.describe(shape)) and \(Shape.describe(right.shape)) do not fit")
        }
        let (matrices, solution) = (try ColumnMajor(self, for: operation), try ColumnMajor(right, for: operation))
        let (n, columns) = (matrices.rows, solution.columns)
        for index in 0..<(unit ? 0 : matrices.count) {
            let base = matrices.base(index)
            guard let zero = (0..<n).first(where: { base[$0 * n + $0] == 0 }) else { continue }
            let which = matrices.count > 1 ? "matrix \(index + 1) of \(matrices.count)" : "the matrix"
            throw ScriptError(operation, "\(which) is singular: element \(zero + 1) of its diagonal is 0")
        }
        for index in 0..<solution.count {
            _ = try LongCall.run(operations: Double(n) * Double(n) * Double(columns)) {
                let (size, width) = (Int32(n), Int32(columns))
                cblas_dtrsm(
                    CblasColMajor, CblasLeft, upper ? CblasUpper : CblasLower, CblasNoTrans,
                    unit ? CblasUnit : CblasNonUnit, size, width, 1, matrices.base(index), size, solution.base(index),
                    size)
                return 0
            }
        }
        matrices.hold()
        let fault = "the matrix is singular to working precision, or there are infinite or NaN elements"
        try solution.checkFinite(fault, operation)
        return try solution.tensor(dtype.promoted(with: right.dtype))
    }
}
