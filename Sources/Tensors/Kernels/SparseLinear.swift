import CKernels
import Scripting

/// A linear layer `y = W x + b` on one vector, for weights stored by input unit: W has shape (out, in) and strides
/// (1, s), so that one unit's weights lie together. ``Tensor/storedByInputUnit()`` makes such a weight.
///
/// The time for a single vector is that of reading the weights. A ReLU sets most hidden units to 0; their weights are
/// not read, forward or backward, and float16 weights halve the rest. Skipping is exact as long as weights are finite:
/// an infinite weight of a unit at 0 contributes nothing, where the product would be NaN. Inputs that are NaN or
/// infinite are not skipped.
package enum SparseLinear {
    /// True when these take the fast path: a float16 or float32 weight stored by input unit, a float32 input of shape
    /// (in) or (1, in), and a bias, if any, of shape (out) that does not promote to float64.
    package static func applies(weight: Tensor, bias: Tensor? = nil, input: Tensor) -> Bool {
        problem(weight, bias, input) == nil
    }

    /// `W x + b`, or `W max(x, 0) + b` when `rectified`: float32, of shape (out) or (1, out) like the input's.
    ///
    /// Each output adds its terms to the bias in the order of the input units, so that the result does not depend on
    /// the layout of the work, and on processors with fused multiply-add not on the vector length either.
    /// - Throws: ``ScriptError`` when ``applies(weight:bias:input:)`` is false.
    package static func forward(
        weight: Tensor, bias: Tensor?, input: Tensor, rectified: Bool, level: ck_level = ck_best_level(),
        for operation: String = "linear"
    ) throws -> Tensor {
        if let problem = problem(weight, bias, input) { throw ScriptError(operation, problem) }
        let outputs = weight.shape[0]
        let result = try Tensor.zeros(Array(input.shape.dropLast()) + [outputs], .float32, for: operation)
        if let bias { try result.write(bias, for: operation) }

        let stride = weight.strides[1]
        let activity = rectified ? ck_activity_rectified : ck_activity_nonzero
        try withUnits(of: input.contiguous(), activity, level) { units, values, active in
            try inChunks(active, rows: outputs) { first, count in
                let (units, values, y) = (units + first, values + first, result.base(Float.self))
                if weight.dtype == .float16 {
                    ck_accumulate_units_half(level, weight.base(UInt16.self), stride, outputs, units, values, count, y)
                } else {
                    ck_accumulate_units_float(level, weight.base(Float.self), stride, outputs, units, values, count, y)
                }
            }
        }
        return withExtendedLifetime((weight, result)) { result }
    }

    /// The gradient with respect to the input: `Wᵀ g`, and when `rectified` zero where `input <= 0`, whose weights are
    /// not read. At a NaN it is what it is above 0, as in PyTorch and for batches. float32, of the input's shape;
    /// `cotangent` is a float32 tensor of `forward`'s shape.
    /// - Throws: ``ScriptError`` when ``applies(weight:bias:input:)`` is false or the cotangent does not fit.
    package static func backward(
        weight: Tensor, cotangent: Tensor, input: Tensor, rectified: Bool, level: ck_level = ck_best_level(),
        for operation: String = "linear"
    ) throws -> Tensor {
        if let problem = problem(weight, nil, input) { throw ScriptError(operation, problem) }
        let outputs = weight.shape[0]
        let expected = Array(input.shape.dropLast()) + [outputs]
        guard cotangent.shape == expected, cotangent.dtype == .float32 else {
            throw ScriptError(
                operation,
                "the cotangent is float32 of shape \(Shape.describe(expected)), not \(cotangent.dtype.rawValue) "
                    + "of \(Shape.describe(cotangent.shape))")
        }
        let cotangent = try cotangent.contiguous()
        let result = try Tensor.zeros(input.shape, .float32, for: operation)

        let stride = weight.strides[1]
        try withUnits(of: input.contiguous(), rectified ? ck_activity_rectified : nil, level) { units, _, active in
            try inChunks(active, rows: outputs) { first, count in
                let (units, g, to) = (units + first, cotangent.base(Float.self), result.base(Float.self))
                if weight.dtype == .float16 {
                    ck_dot_units_half(level, weight.base(UInt16.self), stride, outputs, units, count, g, to)
                } else {
                    ck_dot_units_float(level, weight.base(Float.self), stride, outputs, units, count, g, to)
                }
            }
        }
        return withExtendedLifetime((weight, cotangent, result)) { result }
    }

    /// The reason why these cannot take the fast path; nil if they can.
    private static func problem(_ weight: Tensor, _ bias: Tensor?, _ input: Tensor) -> String? {
        guard weight.rank == 2, weight.dtype.isFloating, weight.dtype != .float64 else {
            return "the weight is float16 or float32 with two dimensions, not \(weight.dtype.rawValue) "
                + "of \(Shape.describe(weight.shape))"
        }
        let (outputs, inputs) = (weight.shape[0], weight.shape[1])
        guard weight.strides[0] == 1 || outputs <= 1, inputs <= Int(UInt32.max) else {
            return "the weight of shape \(Shape.describe(weight.shape)) is not stored by input unit"
        }
        guard input.dtype == .float32, input.shape == [inputs] || input.shape == [1, inputs] else {
            return "the input is one float32 vector of \(inputs), not \(input.dtype.rawValue) "
                + "of \(Shape.describe(input.shape))"
        }
        if let bias, bias.shape != [outputs] || !bias.dtype.isFloating || bias.dtype == .float64 {
            return "the bias is float16 or float32 of shape (\(outputs)), not \(bias.dtype.rawValue) "
                + "of \(Shape.describe(bias.shape))"
        }
        return nil
    }

    /// Calls `body` with the active units of a contiguous vector (all if `activity` is nil) and their values.
    private static func withUnits(
        of input: Tensor, _ activity: ck_activity?, _ level: ck_level,
        _ body: (UnsafePointer<UInt32>, UnsafePointer<Float>, Int) throws -> Void
    ) throws {
        let x = input.base(Float.self)
        try withUnsafeTemporaryAllocation(of: UInt32.self, capacity: input.count) { units in
            try withUnsafeTemporaryAllocation(of: Float.self, capacity: input.count) { values in
                guard input.count > 0, let unit = units.baseAddress, let value = values.baseAddress else { return }
                guard let activity else {
                    for j in 0..<input.count { (unit + j).initialize(to: UInt32(truncatingIfNeeded: j)) }
                    return try body(unit, x, input.count)
                }
                try body(unit, value, ck_active_units(level, activity, x, input.count, unit, value))
            }
        }
        withExtendedLifetime(input) {}
    }

    /// Calls `body` with pieces (first, count) of the active units that take about a millisecond, with checks for
    /// cancellation between them.
    private static func inChunks(_ active: Int, rows outputs: Int, _ body: (Int, Int) -> Void) throws {
        let chunk = max(1 << 22 / max(outputs, 1), 8)
        var first = 0
        while first < active {
            try Cancellation.check()
            let count = min(chunk, active - first)
            body(first, count)
            first += count
        }
    }
}

extension Tensor {
    /// The same (out, in) matrix with strides (1, out), as ``SparseLinear`` reads weights: itself if it lies so, else a
    /// copy.
    package func storedByInputUnit(for operation: String = "linear") throws -> Tensor {
        guard rank == 2 else {
            throw ScriptError(operation, "a weight has two dimensions, not shape \(Shape.describe(shape))")
        }
        let (outputs, inputs) = (shape[0], shape[1])
        if strides == [1, outputs] { return self }
        let stored = try Tensor.uninitialized([inputs, outputs], dtype, for: operation)
        if strides[1] == 1, dtype == .float16 || dtype == .float32 {
            // Some rows at a time, with checks for cancellation between them.
            let chunk = max(1 << 22 / max(inputs, 1) / 64 * 64, 64)
            for row in stride(from: 0, to: outputs, by: chunk) {
                try Cancellation.check()
                let (count, step) = (min(chunk, outputs - row), strides[0])
                if dtype == .float16 {
                    ck_transpose_2(
                        base(UInt16.self) + row * step, step, count, inputs, stored.base(UInt16.self) + row, outputs)
                } else {
                    ck_transpose_4(
                        base(UInt32.self) + row * step, step, count, inputs, stored.base(UInt32.self) + row, outputs)
                }
            }
        } else {
            try stored.write(transpose(0, 1, for: operation), for: operation)
        }
        return withExtendedLifetime((self, stored)) {
            Tensor(storage: stored.storage, shape: shape, strides: [1, outputs], offset: 0)
        }
    }
}
