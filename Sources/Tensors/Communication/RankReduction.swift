import Scripting

extension ReductionOfRanks {
    /// Combines `ranks` lists of `count` elements that lie one after the other, in the order of ranks. Floating sums
    /// and products are accumulated in float64 and rounded once, so that they do not depend on how ranks are connected.
    func combine(
        _ parts: UnsafeRawPointer, ranks: Int, count: Int, _ dtype: DType, into result: UnsafeMutableRawPointer
    ) throws {
        switch dtype {
        case .float16, .float32:
            try combine(Float.self, parts, ranks, count, result) {
                Double($0)
            } _: {
                Float($0)
            }
        case .float64:
            try combine(Double.self, parts, ranks, count, result) {
                $0
            } _: {
                $0
            }
        case .int64: try combineWhole(Int64.self, parts, ranks, count, result)
        case .bool: try combineWhole(UInt8.self, parts, ranks, count, result)
        }
    }

    private func combine<T>(
        _: T.Type, _ parts: UnsafeRawPointer, _ ranks: Int, _ count: Int, _ result: UnsafeMutableRawPointer,
        _ widened: (T) -> Double, _ rounded: (Double) -> T
    ) throws {
        let (from, to) = (parts.assumingMemoryBound(to: T.self), result.assumingMemoryBound(to: T.self))
        let block = 512
        try withUnsafeTemporaryAllocation(of: Double.self, capacity: block) { sums in
            guard let sums = sums.baseAddress else { return }
            for start in stride(from: 0, to: count, by: block) {
                if start & 0xf_ffff == 0 { try Cancellation.check() }
                let length = Swift.min(block, count - start)
                for i in 0..<length { sums[i] = widened(from[start + i]) }
                for rank in 1..<Swift.max(ranks, 1) {
                    let row = from + rank * count + start
                    switch self {
                    case .sum, .mean: for i in 0..<length { sums[i] += widened(row[i]) }
                    case .prod: for i in 0..<length { sums[i] *= widened(row[i]) }
                    // NaN is kept, whichever rank it came from.
                    case .min:
                        for i in 0..<length where !(sums[i] <= widened(row[i])) && !sums[i].isNaN {
                            sums[i] = widened(row[i])
                        }
                    case .max:
                        for i in 0..<length where !(sums[i] >= widened(row[i])) && !sums[i].isNaN {
                            sums[i] = widened(row[i])
                        }
                    }
                }
                if self == .mean { for i in 0..<length { sums[i] /= Double(ranks) } }
                for i in 0..<length { to[start + i] = rounded(sums[i]) }
            }
        }
    }

    /// Integers wrap around; booleans have min and max only.
    private func combineWhole<T: FixedWidthInteger>(
        _: T.Type, _ parts: UnsafeRawPointer, _ ranks: Int, _ count: Int, _ result: UnsafeMutableRawPointer
    ) throws {
        let (from, to) = (parts.assumingMemoryBound(to: T.self), result.assumingMemoryBound(to: T.self))
        for i in 0..<count { to[i] = from[i] }
        for rank in 1..<Swift.max(ranks, 1) {
            try Cancellation.check()
            let row = from + rank * count
            switch self {
            case .sum, .mean: for i in 0..<count { to[i] &+= row[i] }
            case .prod: for i in 0..<count { to[i] &*= row[i] }
            case .min: for i in 0..<count { to[i] = Swift.min(to[i], row[i]) }
            case .max: for i in 0..<count { to[i] = Swift.max(to[i], row[i]) }
            }
        }
    }
}

/// Tensors converted to one dtype, one after the other in one block of memory, each in its own order of elements.
struct PackedTensors {
    let flat: Tensor
    private let layouts: [Layout]

    /// - Parameter tensors: at least one.
    init(_ tensors: [Tensor], _ dtype: DType, for operation: String) throws {
        let count = tensors.reduce(0) { $0 + $1.count }
        let flat = try Tensor.uninitialized([count], dtype, for: operation)
        var (layouts, start) = ([Layout](), 0)
        for tensor in tensors {
            let layout = try tensor.layout.isDense ? tensor.layout : Layout.rowMajor(tensor.shape, for: operation)
            try Tensor(storage: flat.storage, layout: layout, offset: start).write(tensor, for: operation)
            layouts.append(layout)
            start += tensor.count
        }
        (self.flat, self.layouts) = (flat, layouts)
    }

    /// The tensors, each in memory of its own.
    func unpacked(for operation: String) throws -> [Tensor] {
        var start = 0
        return try layouts.map { layout in
            let part = Tensor(storage: flat.storage, layout: layout, offset: start)
            start += layout.count
            return layouts.count == 1 ? part : try part.copy(inOrderOf: layout)
        }
    }
}
