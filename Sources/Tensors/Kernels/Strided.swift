import CKernels
import RealModule
import Scripting

/// The Swift types that floating functions compute in.
public protocol TensorElement: Real, BinaryFloatingPoint, StoredElement {
    /// from[0] + from[step] + ... in float64, by this type's kernel.
    static func sum(_ from: UnsafePointer<Self>, _ step: Int, _ count: Int) -> Double
    /// to[r] += the sum of row r, rows `stride` apart, in float64, by this type's kernel.
    static func sumRows(
        _ from: UnsafePointer<Self>, _ stride: Int, _ rows: Int, _ step: Int, _ count: Int,
        _ to: UnsafeMutablePointer<Double>)
    /// to[c] += from[c] for every row, rows `stride` apart, in float64, by this type's kernel.
    static func addRows(
        _ from: UnsafePointer<Self>, _ stride: Int, _ rows: Int, _ columns: Int, _ to: UnsafeMutablePointer<Double>)
}

extension Float: TensorElement {
    public static var dtype: DType { .float32 }
    public static func sum(_ from: UnsafePointer<Float>, _ step: Int, _ count: Int) -> Double {
        ck_sum_floats(Vectors.level, from, step, count)
    }
    public static func sumRows(
        _ from: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ step: Int, _ count: Int,
        _ to: UnsafeMutablePointer<Double>
    ) {
        ck_sum_rows_floats(Vectors.level, from, stride, rows, step, count, to)
    }
    public static func addRows(
        _ from: UnsafePointer<Float>, _ stride: Int, _ rows: Int, _ columns: Int, _ to: UnsafeMutablePointer<Double>
    ) {
        ck_add_rows_floats(Vectors.level, from, stride, rows, columns, to)
    }
}

extension Double: TensorElement {
    public static var dtype: DType { .float64 }
    public static func sum(_ from: UnsafePointer<Double>, _ step: Int, _ count: Int) -> Double {
        ck_sum_doubles(Vectors.level, from, step, count)
    }
    public static func sumRows(
        _ from: UnsafePointer<Double>, _ stride: Int, _ rows: Int, _ step: Int, _ count: Int,
        _ to: UnsafeMutablePointer<Double>
    ) {
        ck_sum_rows_doubles(Vectors.level, from, stride, rows, step, count, to)
    }
    public static func addRows(
        _ from: UnsafePointer<Double>, _ stride: Int, _ rows: Int, _ columns: Int, _ to: UnsafeMutablePointer<Double>
    ) {
        ck_add_rows_doubles(Vectors.level, from, stride, rows, columns, to)
    }
}

/// A walk over several strided views of one shape at once, row by row.
///
/// Axes that are contiguous in every operand are merged first, so that contiguous operands are walked as one row.
public struct StridedWalk {
    /// The merged extents; the last one is the row.
    public private(set) var shape: [Int]
    /// For each operand the strides along the merged axes.
    public private(set) var strides: [[Int]]

    /// One list of strides, in elements, per operand; all have the rank of the shape.
    public init(shape: [Int], strides operands: [[Int]]) {
        self.shape = []
        strides = operands.map { _ in [] }
        for axis in shape.indices where shape[axis] != 1 {
            let last = self.shape.count - 1
            let merges = last >= 0 && operands.indices.allSatisfy {
                strides[$0][last] == operands[$0][axis] * shape[axis]
            }
            if merges {
                self.shape[last] *= shape[axis]
                for operand in operands.indices { strides[operand][last] = operands[operand][axis] }
            } else {
                self.shape.append(shape[axis])
                for operand in operands.indices { strides[operand].append(operands[operand][axis]) }
            }
        }
        if self.shape.isEmpty {
            self.shape = [1]
            strides = operands.map { _ in [0] }
        }
    }

    /// The length of a row, and each operand's step along it.
    public var rowCount: Int { shape[shape.count - 1] }
    public func rowStep(_ operand: Int) -> Int { strides[operand][shape.count - 1] }

    /// Calls `body` with the offset of each operand at the beginning of every row, and the row's length. Rows of more
    /// than a million elements come in pieces, with checks for cancellation between them: an expanded view can be
    /// longer than any memory.
    @inlinable @inline(__always)
    public func forEachRow(_ body: (UnsafePointer<Int>, Int) throws -> Void) throws {
        if shape.contains(0) { return }
        let outer = shape.count - 1
        let (row, piece) = (rowCount, 1 << 20)
        var index = [Int](repeating: 0, count: outer)
        var offsets = [Int](repeating: 0, count: strides.count)
        var sinceCheck = 0
        while true {
            var start = 0
            while true {
                let n = Swift.min(piece, row - start)
                try offsets.withUnsafeBufferPointer { if let base = $0.baseAddress { try body(base, n) } }
                sinceCheck += n
                if sinceCheck >= piece {
                    try Cancellation.check()
                    sinceCheck = 0
                }
                if start + n == row { break }
                for operand in offsets.indices { offsets[operand] += n * strides[operand][outer] }
                start += n
            }
            if start > 0 { for operand in offsets.indices { offsets[operand] -= start * strides[operand][outer] } }
            var axis = outer - 1
            while axis >= 0 {
                index[axis] += 1
                for operand in offsets.indices { offsets[operand] += strides[operand][axis] }
                if index[axis] < shape[axis] { break }
                for operand in offsets.indices { offsets[operand] -= strides[operand][axis] * shape[axis] }
                index[axis] = 0
                axis -= 1
            }
            if axis < 0 { return }
        }
    }
}

extension Tensor {
    /// Writes `source`, broadcast and converted, into this view.
    /// - Throws: when its shape does not broadcast to this one's.
    public func write(_ source: Tensor, for operation: String = "tensor.copy_") throws {
        var source = try source.expand(shape, for: operation)
        // When both are views of one memory, the overlapping part is copied first.
        if source.storage === storage, !(source.offset == offset && source.strides == strides) {
            source = try source.copy()
        }
        defer { withExtendedLifetime(source) {} }
        // (Without elements, an offset may be any number.)
        if dtype == source.dtype, count > 0, count < Tensor.manyElements, isContiguous, source.isContiguous {
            let from = source.storage.bytes + source.offset * dtype.stride
            (storage.bytes + offset * dtype.stride).copyMemory(from: from, byteCount: count * dtype.stride)
            storage.version += 1
            return
        }
        switch (dtype, source.dtype) {
        case (.float32, .float16) where isContiguous && source.isContiguous:
            let (to, from) = (base(Float.self), source.base(UInt16.self))
            try Tensor.forEachPiece(count) { ck_floats_from_halves(from + $0.lowerBound, to + $0.lowerBound, $0.count) }
        case (.float16, .float32) where isContiguous && source.isContiguous:
            let (to, from) = (base(UInt16.self), source.base(Float.self))
            try Tensor.forEachPiece(count) { ck_halves_from_floats(from + $0.lowerBound, to + $0.lowerBound, $0.count) }
        case (.float32, .float32): try convert(source, Float.self, Float.self) { $0 }
        case (.float64, .float64): try convert(source, Double.self, Double.self) { $0 }
        case (.float16, .float16): try convert(source, UInt16.self, UInt16.self) { $0 }
        case (.float32, .float64): try convert(source, Double.self, Float.self) { Float($0) }
        case (.float64, .float32): try convert(source, Float.self, Double.self) { Double($0) }
        case (.float16, .float32): try convert(source, Float.self, UInt16.self) { ck_half_from_float($0) }
        case (.float16, .float64): try convert(source, Double.self, UInt16.self) { ck_half_from_float(Float($0)) }
        case (.float32, .float16): try convert(source, UInt16.self, Float.self) { ck_float_from_half($0) }
        case (.float64, .float16): try convert(source, UInt16.self, Double.self) { Double(ck_float_from_half($0)) }
        case (.int64, .int64): try convert(source, Int64.self, Int64.self) { $0 }
        case (.int64, .bool): try convert(source, UInt8.self, Int64.self) { Int64($0) }
        case (.float16, .int64): try convert(source, Int64.self, UInt16.self) { ck_half_from_float(Float($0)) }
        case (.float32, .int64): try convert(source, Int64.self, Float.self) { Float($0) }
        case (.float64, .int64): try convert(source, Int64.self, Double.self) { Double($0) }
        case (.float16, .bool): try convert(source, UInt8.self, UInt16.self) { ck_half_from_float(Float($0)) }
        case (.float32, .bool): try convert(source, UInt8.self, Float.self) { Float($0) }
        case (.float64, .bool): try convert(source, UInt8.self, Double.self) { Double($0) }
        case (.bool, .bool): try convert(source, UInt8.self, UInt8.self) { $0 }
        case (.bool, .int64): try convert(source, Int64.self, UInt8.self) { $0 == 0 ? 0 : 1 }
        case (.bool, .float16): try convert(source, UInt16.self, UInt8.self) { ck_float_from_half($0) == 0 ? 0 : 1 }
        case (.bool, .float32): try convert(source, Float.self, UInt8.self) { $0 == 0 ? 0 : 1 }
        case (.bool, .float64): try convert(source, Double.self, UInt8.self) { $0 == 0 ? 0 : 1 }
        case (.int64, .float16): try truncate(source, UInt16.self, operation) { Double(ck_float_from_half($0)) }
        case (.int64, .float32): try truncate(source, Float.self, operation) { Double($0) }
        case (.int64, .float64): try truncate(source, Double.self, operation) { $0 }
        }
        storage.version += 1
    }

    /// Writes floats as int64, rounded towards 0 as in PyTorch.
    /// - Throws: for NaN, infinity and numbers outside int64.
    private func truncate<S>(_ source: Tensor, _: S.Type, _ operation: String, _ number: (S) -> Double) throws {
        var lost: Double?
        let walk = StridedWalk(shape: shape, strides: [strides, source.strides])
        let (to, from) = (base(Int64.self), source.base(S.self))
        let (toStep, fromStep) = (walk.rowStep(0), walk.rowStep(1))
        try walk.forEachRow { offsets, n in
            let (to, from) = (to + offsets[0], from + offsets[1])
            for i in 0..<n {
                let value = number(from[i * fromStep])
                let whole = Int64(exactly: value.rounded(.towardZero))
                if whole == nil { lost = value }
                to[i * toStep] = whole ?? 0
            }
        }
        guard let lost else { return }
        storage.version += 1
        throw ScriptError(operation, "\(shown(lost)) has no int64")
    }

    /// Writes one number into every element.
    public func fill(_ value: Double) throws {
        try write(try Tensor(value, dtype.working))
    }

    @inline(__always)
    private func convert<S, T>(_ source: Tensor, _: S.Type, _: T.Type, _ f: (S) -> T) throws {
        let walk = StridedWalk(shape: shape, strides: [strides, source.strides])
        let to = base(T.self)
        let from = source.base(S.self)
        if S.self == T.self, count >= Tensor.manyElements, isContiguous, let planes = TransposedPlanes(walk) {
            return try planes.copy(UnsafeRawPointer(from), UnsafeMutableRawPointer(to), bytes: MemoryLayout<T>.stride)
        }
        let (toStep, fromStep) = (walk.rowStep(0), walk.rowStep(1))
        func row(_ to: UnsafeMutablePointer<T>, _ from: UnsafePointer<S>, _ n: Int) {
            if toStep == 1, fromStep == 1 {
                for i in 0..<n { to[i] = f(from[i]) }
            } else {
                for i in 0..<n { to[i * toStep] = f(from[i * fromStep]) }
            }
        }
        if isContiguous {
            try walk.forEachRowAnyOrder { offsets, n in row(to + offsets[0], from + offsets[1], n) }
        } else {
            // Elements that share memory get the last value written.
            try walk.forEachRow { offsets, n in row(to + offsets[0], from + offsets[1], n) }
        }
    }
}
