import CKernels
import Scripting

/// A linear layer on a batch whose inputs are mostly 0, as after a ReLU: the loops of ``SparseLinear`` for each row,
/// over a block of weights that stays in the cache for all rows.
///
/// In a trained network about a sixth of the units is active in a row, different ones in each, so that a dense product
/// mostly multiplies zeros. Skipping is exact, as in ``SparseLinear``.
package struct SparseBatch {
    private let weight: Tensor
    private let input: Tensor
    private let units: Tensor
    private let values: Tensor
    private let counts: [Int]
    private let level: ck_level
    private let operation: String

    private var rows: Int { input.shape[0] }
    private var inputs: Int { input.shape[1] }
    private var outputs: Int { weight.shape[0] }

    /// Up to this share of active units, loops over these are faster than the dense product (measured:
    /// ARCHITECTURE.md).
    package static let densest = 0.25

    /// How many rows share a block of weights, and the extents of a block: half a megabyte of float16.
    private static let rowsTogether = 64, outputsTogether = 256, unitsTogether = 128

    /// Nil when it would not be faster: for a single row, too many active units, or weights that are not stored by
    /// input unit.
    /// - Parameter rectified: whether the layer takes max(x, 0), so that negative numbers are zeros.
    package init?(
        weight: Tensor, input: Tensor, rectified: Bool, densest: Double = densest, level: ck_level = ck_best_level(),
        for operation: String = "linear"
    ) throws {
        guard weight.rank == 2, weight.dtype == .float16 || weight.dtype == .float32, input.dtype == .float32,
            input.rank == 2, input.shape[1] == weight.shape[1], input.shape[0] > 1, input.count > 0,
            weight.shape[0] > 0, weight.strides[0] == 1 || weight.shape[0] == 1, weight.shape[1] <= Int(UInt32.max)
        else { return nil }
        let input = try input.contiguous()
        guard SparseBatch.seemsSparse(input, rectified, densest) else { return nil }
        // Room for the indices of all units, in float32 tensors, whose elements are as wide.
        let units = try Tensor.uninitialized(input.shape, .float32, for: operation)
        let values = try Tensor.uninitialized(input.shape, .float32, for: operation)
        let activity = rectified ? ck_activity_rectified : ck_activity_nonzero
        let (rows, width) = (input.shape[0], input.shape[1])
        var counts = [Int](repeating: 0, count: rows)
        try counts.withUnsafeMutableBufferPointer { counts in
            nonisolated(unsafe) let counts = counts
            try Parallel.forEach(rows, grain: max(1, (1 << 16) / width)) { range in
                for row in range {
                    counts[row] = ck_active_units(
                        level, activity, input.base(Float.self) + row * width, width,
                        units.storage.bytes.assumingMemoryBound(to: UInt32.self) + row * width,
                        values.base(Float.self) + row * width)
                }
            }
        }
        guard Double(counts.reduce(0, +)) <= densest * Double(input.count) else { return nil }
        (self.weight, self.input, self.units, self.values, self.counts) = (weight, input, units, values, counts)
        (self.level, self.operation) = (level, operation)
    }

    /// A few rows suffice to recognise most batches that are not sparse.
    private static func seemsSparse(_ input: Tensor, _ rectified: Bool, _ densest: Double) -> Bool {
        let few = input.base(Float.self)
        let sampled = min(input.count, 4096)
        let zeros = (0..<sampled).reduce(0) { $0 + (few[$1] == 0 || rectified && few[$1] < 0 ? 1 : 0) }
        return Double(sampled - zeros) <= 1.5 * densest * Double(sampled)
    }

    /// The gradient with respect to the weight, `gᵀ max(x, 0)`, of shape (out, in) and stored by input unit. It is
    /// the same product, with the cotangent in the weight's place: the gradient of a unit's weights is the sum, over
    /// the rows in which it is active, of its value times the row's cotangent.
    ///
    /// Nil when it would not be faster, and where a cotangent is NaN or infinite, whose products with 0 are NaN.
    /// - Parameters:
    ///   - cotangent: of shape (rows, out).
    ///   - input: x before it is rectified, of shape (rows, in).
    package static func weightGradient(
        _ cotangent: Tensor, input: Tensor, densest: Double = densest, level: ck_level = ck_best_level(),
        for operation: String = "linear"
    ) throws -> Tensor? {
        guard cotangent.dtype == .float32, input.dtype == .float32, cotangent.rank == 2, input.rank == 2,
            cotangent.shape[0] == input.shape[0], cotangent.count > 0, input.count > 0
        else { return nil }
        let (input, cotangent) = (try input.contiguous(), try cotangent.contiguous())
        guard seemsSparse(input, true, densest),
            try cotangent.sum([0, 1], for: operation).toArray().allSatisfy(\.isFinite)
        else { return nil }
        return try SparseBatch(
            weight: cotangent.transpose(0, 1), input: input.transpose(0, 1), rectified: true, densest: densest,
            level: level, for: operation)?.forward(bias: nil).transpose(0, 1)
    }

    /// `W x + b` of each row; each output adds its terms to the bias in the order of the input units.
    /// - Parameter bias: float16 or float32 of shape (out).
    package func forward(bias: Tensor?) throws -> Tensor {
        let result = try Tensor.uninitialized([rows, outputs], .float32, for: operation)
        let start = try bias?.cast(.float32).contiguous()
        if let start, start.shape != [outputs] {
            throw ScriptError(operation, "the bias has shape \(Shape.describe(start.shape)), not (\(outputs))")
        }
        let stride = weight.strides[1]
        try forEachBlock(of: outputs, size: SparseBatch.outputsTogether) { block, row in
            let y = result.base(Float.self) + row * outputs + block.lowerBound
            if let start {
                y.update(from: start.base(Float.self) + block.lowerBound, count: block.count)
            } else {
                y.update(repeating: 0, count: block.count)
            }
            let (units, values, count) = (unit(row), values.base(Float.self) + row * inputs, counts[row])
            if weight.dtype == .float16 {
                let from = weight.base(UInt16.self) + block.lowerBound
                ck_accumulate_units_half(level, from, stride, block.count, units, values, count, y)
            } else {
                let from = weight.base(Float.self) + block.lowerBound
                ck_accumulate_units_float(level, from, stride, block.count, units, values, count, y)
            }
        }
        return withExtendedLifetime((self, start)) { result }
    }

    /// The gradient with respect to a rectified input: `Wᵀ g` where it is active, zero elsewhere.
    /// - Parameter cotangent: float32 of shape (rows, out).
    package func backward(_ cotangent: Tensor) throws -> Tensor {
        guard cotangent.shape == [rows, outputs], cotangent.dtype == .float32 else {
            throw ScriptError(
                operation,
                "the cotangent is float32 of shape (\(rows), \(outputs)), not \(cotangent.dtype.rawValue) "
                    + "of \(Shape.describe(cotangent.shape))")
        }
        let cotangent = try cotangent.contiguous()
        let result = try Tensor.uninitialized([rows, inputs], .float32, for: operation)
        let stride = weight.strides[1]
        try forEachBlock(of: inputs, size: SparseBatch.unitsTogether) { block, row in
            let to = result.base(Float.self) + row * inputs
            (to + block.lowerBound).update(repeating: 0, count: block.count)
            let g = cotangent.base(Float.self) + row * outputs
            let first = active(row, before: block.lowerBound)
            let (units, count) = (unit(row) + first, active(row, before: block.upperBound) - first)
            if weight.dtype == .float16 {
                ck_dot_units_half(level, weight.base(UInt16.self), stride, outputs, units, count, g, to)
            } else {
                ck_dot_units_float(level, weight.base(Float.self), stride, outputs, units, count, g, to)
            }
        }
        return withExtendedLifetime((self, cotangent)) { result }
    }

    private func unit(_ row: Int) -> UnsafePointer<UInt32> {
        UnsafePointer(units.storage.bytes.assumingMemoryBound(to: UInt32.self) + row * inputs)
    }

    /// How many active units of a row precede this unit; they are in order.
    private func active(_ row: Int, before end: Int) -> Int {
        let units = unit(row)
        var (low, high) = (0, counts[row])
        while low < high {
            let middle = (low + high) / 2
            if Int(units[middle]) < end { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Calls `body` with blocks of 0..<extent and rows: all rows for a block, then the next block.
    private func forEachBlock(of extent: Int, size: Int, _ body: (Range<Int>, Int) -> Void) throws {
        let (blocks, groups) = ((extent - 1) / size + 1, (rows - 1) / SparseBatch.rowsTogether + 1)
        try Parallel.forEach(blocks * groups, grain: 1) { pieces in
            for piece in pieces {
                let (block, group) = piece.quotientAndRemainder(dividingBy: groups)
                let range = block * size..<min((block + 1) * size, extent)
                let first = group * SparseBatch.rowsTogether
                for row in first..<min(first + SparseBatch.rowsTogether, rows) { body(range, row) }
            }
        }
    }
}
