import COpenBLAS
import RealModule
import Scripting

extension Tensor {
    /// Throws unless the last two axes hold square matrices.
    public func checkSquare(for operation: String) throws {
        guard rank >= 2, shape[rank - 1] == shape[rank - 2] else {
            throw ScriptError(operation, "square matrices expected, got shape \(Shape.describe(shape))")
        }
    }

    /// The inverse of each matrix.
    /// - Throws: when one is singular, or so nearly that its inverse is not finite.
    public func inverse(for operation: String = "tensor.inverse") throws -> Tensor {
        try checkSquare(for: operation)
        let factors = try LUFactors(self, finite: true, for: operation)
        try factors.checkRegular(operation)
        let n = Int32(factors.matrices.rows)
        let work = try Workspace(64 * Int(n), for: operation)
        for index in 0..<factors.matrices.count {
            _ = try LongCall.run(operations: 2 * cube(Int(n))) {
                var (size, room, info) = (n, work.count, Int32(0))
                dgetri_(&size, factors.matrices.base(index), &size, factors.pivots(index), work.doubles, &room, &info)
                return info
            }
        }
        work.hold()
        factors.hold()
        try factors.matrices.checkFinite(
            "the matrix is singular to working precision, or has infinite or NaN elements", operation)
        return try factors.matrices.tensor(dtype.computing)
    }

    /// X with A X = B; self is A: matrices (..., n, n) and right-hand sides (..., n, k) with the same leading axes.
    /// - Throws: when a matrix is singular, or so nearly that the solution is not finite.
    public func solve(_ right: Tensor, for operation: String = "tensor.solve") throws -> Tensor {
        try checkSquare(for: operation)
        guard right.rank == rank, right.shape.dropLast() == shape.dropLast() else {
            throw ScriptError(operation, "\(Shape.describe(shape)) and \(Shape.describe(right.shape)) do not fit")
        }
        let factors = try LUFactors(self, finite: true, for: operation)
        try factors.checkRegular(operation)
        let solution = try ColumnMajor(right, for: operation)
        for index in 0..<solution.count {
            let operations = 2 * Double(solution.rows) * Double(solution.rows) * Double(solution.columns)
            _ = try LongCall.run(operations: operations) {
                var (n, columns, info) = (Int32(solution.rows), Int32(solution.columns), Int32(0))
                dgetrs_(
                    "N", &n, &columns, factors.matrices.base(index), &n, factors.pivots(index), solution.base(index),
                    &n, &info, 1)
                return info
            }
        }
        factors.hold()
        try solution.checkFinite(
            "the matrix is singular to working precision, or there are infinite or NaN elements", operation)
        return try solution.tensor(dtype.promoted(with: right.dtype))
    }

    /// The determinant of each matrix, the product of its pivots; 1 for an empty matrix.
    public func determinant(for operation: String) throws -> Tensor {
        try checkSquare(for: operation)
        let factors = try LUFactors(self, for: operation)
        let result = try Tensor.full(factors.matrices.lead, 1, .float64)
        let n = factors.matrices.rows
        for index in 0..<factors.matrices.count {
            let (base, pivots) = (factors.matrices.base(index), factors.pivots(index))
            // Mantissa and exponent are kept apart, so that intermediate products cannot overflow.
            var (mantissa, exponent) = (1.0, 0)
            for i in 0..<n {
                mantissa *= base[i * n + i]
                // The row was exchanged (pivots count from 1).
                if pivots[i] != Int32(i + 1) { mantissa = -mantissa }
                guard mantissa.isNormal else { continue }
                exponent += Int(mantissa.exponent)
                mantissa = Double(sign: mantissa.sign, exponent: 0, significand: mantissa.significand)
            }
            result.base(Double.self)[index] = Double(sign: .plus, exponent: exponent, significand: mantissa)
        }
        factors.hold()
        return try result.cast(dtype.computing)
    }

    /// The sign of the determinant of each matrix and log |det|: 0 and -inf for a singular matrix, 1 and 0 for an empty
    /// one.
    public func signAndLogDeterminant(for operation: String) throws -> (sign: Tensor, logarithm: Tensor) {
        try checkSquare(for: operation)
        let factors = try LUFactors(self, for: operation)
        let lead = factors.matrices.lead
        let (signs, logarithms) = (try Tensor.full(lead, 1, .float64), try Tensor.zeros(lead, .float64))
        let n = factors.matrices.rows
        for index in 0..<factors.matrices.count {
            let (base, pivots) = (factors.matrices.base(index), factors.pivots(index))
            var (sign, logarithm) = (1.0, 0.0)
            for i in 0..<n {
                let pivot = base[i * n + i]
                logarithm += Double.log(abs(pivot))
                sign *= pivot > 0 ? 1 : pivot < 0 ? -1 : pivot
                // The row was exchanged (pivots count from 1).
                if pivots[i] != Int32(i + 1) { sign = -sign }
            }
            signs.base(Double.self)[index] = sign
            logarithms.base(Double.self)[index] = logarithm
        }
        factors.hold()
        return (try signs.cast(dtype.computing), try logarithms.cast(dtype.computing))
    }
}

/// A = P L U with partial pivoting, in LAPACK's packed form.
struct LUFactors {
    let matrices: ColumnMajor
    private let pivotMemory: Workspace
    /// The first matrix with a pivot of exactly 0, and which pivot, from 1; nil if there is none.
    private(set) var singular: (matrix: Int, pivot: Int)?

    /// - Parameter finite: whether infinite and NaN elements are errors.
    init(_ tensor: Tensor, finite: Bool = false, for operation: String) throws {
        matrices = try ColumnMajor(tensor, for: operation)
        if finite { try matrices.checkFinite("the matrix has infinite or NaN elements", operation) }
        let size = min(matrices.rows, matrices.columns)
        pivotMemory = try Workspace((size * matrices.count + 1) / 2, for: operation)
        let (matrices, pivotMemory) = (matrices, pivotMemory)
        let operations = Double(matrices.rows) * Double(matrices.columns) * Double(size)
        for index in 0..<matrices.count {
            let info = try LongCall.run(operations: operations) {
                var (m, n, info) = (Int32(matrices.rows), Int32(matrices.columns), Int32(0))
                dgetrf_(&m, &n, matrices.base(index), &m, pivotMemory.integers + index * size, &info)
                return info
            }
            if info > 0, singular == nil { singular = (index + 1, Int(info)) }
        }
    }

    /// Row i was exchanged with row pivots[i], counted from 1.
    func pivots(_ index: Int) -> UnsafeMutablePointer<Int32> {
        pivotMemory.integers + index * min(matrices.rows, matrices.columns)
    }

    func hold() {
        matrices.hold()
        pivotMemory.hold()
    }

    func checkRegular(_ operation: String) throws {
        guard let singular else { return }
        throw ScriptError(
            operation,
            (matrices.count > 1 ? "matrix \(singular.matrix) of \(matrices.count)" : "the matrix")
                + " is singular: pivot \(singular.pivot) of \(matrices.rows) is 0")
    }
}
