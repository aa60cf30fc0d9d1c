import Scripting

/// One vector for each chain: `count` rows of `width` float64 numbers, one row after the other.
struct Rows: Equatable {
    let count: Int
    let width: Int
    var values: [Double]

    init(_ count: Int, _ width: Int) {
        (self.count, self.width) = (count, width)
        values = [Double](repeating: 0, count: count * width)
    }

    /// - Throws: ``Fault`` when there are more or fewer values than elements.
    init(_ values: [Double], count: Int, width: Int) throws {
        guard values.count == count * width else {
            throw Fault("\(values.count) values for \(count) rows of \(width)")
        }
        (self.values, self.count, self.width) = (values, count, width)
    }

    func range(_ row: Int) -> Range<Int> { row * width..<(row + 1) * width }

    func row(_ row: Int) -> [Double] { Array(values[range(row)]) }

    mutating func set(_ row: Int, _ numbers: [Double]) {
        let start = row * width
        for i in 0..<min(width, numbers.count) { values[start + i] = numbers[i] }
    }

    mutating func set(_ row: Int, from other: Rows) {
        for i in range(row) { values[i] = other.values[i] }
    }

    /// The inner product with the same row of another.
    func dot(_ other: Rows, row: Int) -> Double {
        var sum = 0.0
        for i in range(row) { sum += values[i] * other.values[i] }
        return sum
    }

    func isFinite(row: Int) -> Bool { values[range(row)].allSatisfy(\.isFinite) }

    /// self + factor other
    func plus(_ other: Rows, times factor: Double = 1) -> Rows {
        var result = self
        for i in values.indices { result.values[i] += factor * other.values[i] }
        return result
    }

    func map(_ transform: (Double) -> Double) -> Rows {
        var result = self
        result.values = values.map(transform)
        return result
    }
}
