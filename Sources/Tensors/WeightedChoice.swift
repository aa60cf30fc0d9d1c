import RealModule
import Scripting

/// Draws in proportion to weights, which are finite numbers >= 0, not all 0.
extension Generator {
    /// `count` numbers from 1 to n, drawn in proportion to their weights by binary search in the cumulated weights.
    func choices(_ count: Int, weights: [Double], for operation: String) throws -> Tensor {
        let drawn = try Tensor.uninitialized([count], .int64, for: operation)
        return try Storage.reserving(weights.count, bytes: MemoryLayout<Double>.stride) {
            // Relative to the largest one, so that their sum is finite.
            let largest = weights.max() ?? 1
            var total = 0.0
            let sums = weights.map { weight in
                total += weight / largest
                return total
            }
            // Where rounding makes u times the sum equal to the sum, the last one with a weight above 0 is drawn.
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

    /// `count` distinct numbers from 1 to n, drawn one after the other in proportion to the remaining weights.
    ///
    /// Each number gets an exponential time with its weight as rate, and the earliest times are chosen (Efraimidis and
    /// Spirakis, "Weighted random sampling with a reservoir", 2006). Logarithms of the times are compared, as small
    /// weights make times infinite.
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
            // Numbers without a weight are never chosen; a time is drawn for them all the same, so that streams stay
            // aligned.
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
    /// The index of the first number above x in an ascending list; its count if there is none.
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
    /// The slices at 0-based places along the first dimension, copied in that order.
    func rows(_ places: [Int], for operation: String) throws -> Tensor {
        let source = try contiguous()
        let result = try Tensor.uninitialized([places.count] + shape.dropFirst(), dtype, for: operation)
        let row = shape.dropFirst().reduce(1, *) * dtype.stride
        let (from, to) = (source.storage.bytes + source.offset &* dtype.stride, result.storage.bytes)
        for (index, place) in places.enumerated() {
            if index & 0xfff == 0 { try Cancellation.check() }
            to.advanced(by: index * row).copyMemory(from: from + place * row, byteCount: row)
        }
        return withExtendedLifetime((source, result)) { result }
    }
}
