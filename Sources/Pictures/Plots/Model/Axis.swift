import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The range of values along one side of a panel, and how values become positions.
package struct Axis: Equatable {
    package let low: Double
    package let high: Double
    package let isLogarithmic: Bool

    /// A range given outright; the caller has checked that it is one.
    package init(low: Double, high: Double, isLogarithmic: Bool) {
        self.low = low
        self.high = high
        self.isLogarithmic = isLogarithmic
    }

    /// A range that shows all of the values, with a little room around them.
    /// - Parameter margin: the room, as a share of the range, at the low and the high end.
    package init(showing values: some Sequence<Double>, isLogarithmic: Bool, margin: (low: Double, high: Double)) {
        var low = Double.infinity
        var high = -Double.infinity
        for value in values where !isLogarithmic || value > 0 {
            let position = isLogarithmic ? log10(value) : value
            low = min(low, position)
            high = max(high, position)
        }
        if low > high { (low, high) = (0, 1) }
        // One value, or values that differ only by rounding, need a range to stand in.
        let least = isLogarithmic ? 0.2 : max(abs(low), abs(high)) * 1e-9
        if high - low <= least {
            let room = isLogarithmic ? 0.5 : max(max(abs(low), abs(high)) * 0.05, low == 0 && high == 0 ? 1 : 0)
            low -= room
            high += room
        } else {
            let span = high - low
            low -= span * margin.low
            high += span * margin.high
        }
        self.init(
            low: isLogarithmic ? pow(10, max(low, -300)) : low, high: isLogarithmic ? pow(10, min(high, 300)) : high,
            isLogarithmic: isLogarithmic)
    }

    /// 0 at the low end, 1 at the high end; outside for values outside, but finite.
    package func position(_ value: Double) -> Double {
        guard isLogarithmic else { return min(max((value - low) / (high - low), -1e30), 1e30) }
        // What a logarithmic axis cannot show (the lower end of an error bar) lies far below it.
        guard value > 0 else { return -1e6 }
        return (log10(value) - log10(low)) / (log10(high) - log10(low))
    }

    package func ticks(count: Int) -> Ticks {
        isLogarithmic ? .logarithmic(low, high, count: count) : .linear(low, high, count: count)
    }
}
