import RealModule
import Scripting

/// Draws in proportion to weights: finite numbers from 0, not all 0.
extension Generator {
    /// `count` numbers of 1 to n, each in proportion to its weight: by a search in the sums of the weights.
    func choices(_ count: Int, weights: [Double], for operation: String) throws -> Tensor {
        let drawn = try Tensor.uninitialized([count], .int64, for: operation)
        return try Storage.reserving(weights.count, bytes: MemoryLayout<Double>.stride) {
            // Relative to the largest, so that their sum is finite.
            let largest = weights.max() ?? 1
            var total = 0.0
            let sums = weights.map { weight in
                total += weight / largest
                return total
            }
            // Rounding may make the product with the sum that sum itself: then it is the last that has a weight.
            let last = weights.lastIndex { $0 > 0 } ?? 0
            let to = drawn.base(Int64.self)
            for place in 0..<count {
                if place & 0xfff == 0 { try Cancellation.check() }
                let index = min(sums.firstIndex(above: uniform() * total), last)
                to[place] = Int64(index + 1)
            }
            return withExtendedLifetime(drawn) { drawn }
        }
    }

    /// `count` different numbers of 1 to n, drawn one after the other in proportion to the weights that are left.
    ///
    /// Each gets an exponential time with its weight as rate, and they come in the order of their times: Efraimidis and
    /// Spirakis, "Weighted random sampling with a reservoir", 2006. The times' logarithms are compared, as small
    /// weights make them infinite.
    func distinctChoices(_ count: Int, weights: [Double], for operation: String) throws -> Tensor {
        let positive = weights.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
        guard count <= positive else {
            throw ScriptError(
                operation,
                "no weight is left to draw from: \(count) of \(weights.count) without replacement, \(positive) with a "
                    + "weight above 0"
            )
        }
        let times = try Tensor.uninitialized([weights.count], .float64, for: operation)
        let to = times.base(Double.self)
        for place in weights.indices {
            if place & 0xfff == 0 { try Cancellation.check() }
            // Those without a weight never come; a number is drawn all the same, so that streams stay aligned.
            let time = -Double.log(openUniform())
            to[place] = weights[place] > 0 ? Double.log(time) - Double.log(weights[place]) : .infinity
        }
        let order = try withExtendedLifetime(times) { try times.order(0, limit: count, for: operation) }
        let numbers = order.base(Int64.self)
        for place in 0..<count { numbers[place] += 1 }
        return withExtendedLifetime(order) { order }
    }
}

extension [Double] {
    /// Of numbers in ascending order, where the first is that is above x; their count if none is.
    fileprivate func firstIndex(above x: Double) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] > x { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension Tensor {
    /// The slices at 0-based places along the first dimension, copied one after the other.
    func rows(_ places: [Int], for operation: String) throws -> Tensor {
        let source = try contiguous()
        let result = try Tensor.uninitialized([places.count] + shape.dropFirst(), dtype, for: operation)
        let row = shape.dropFirst().reduce(1, *) * dtype.stride
        let (from, to) = (source.storage.bytes + source.offset * dtype.stride, result.storage.bytes)
        for (index, place) in places.enumerated() {
            if index & 0xfff == 0 { try Cancellation.check() }
            to.advanced(by: index * row).copyMemory(from: from + place * row, byteCount: row)
        }
        return withExtendedLifetime((source, result)) { result }
    }
}
