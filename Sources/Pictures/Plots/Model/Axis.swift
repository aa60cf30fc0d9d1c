import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The range of values along one side of a panel, and the mapping of values to positions.
package struct Axis: Equatable {
    package let low: Double
    package let high: Double
    package let isLogarithmic: Bool
    /// Ticks that were given instead of round numbers; nil for these.
    package var marks: [Ticks.Mark]?

    /// In narrower ranges ticks cannot be computed.
    package static let narrowest = 1e-290

    /// A given range; the caller has checked that it is valid.
    package init(low: Double, high: Double, isLogarithmic: Bool) {
        self.low = low
        self.high = high
        self.isLogarithmic = isLogarithmic
    }

    /// A range that contains all values, with some margin.
    /// - Parameter margin: the margin at the low and the high end, as a share of the range.
    package init(showing values: some Sequence<Double>, isLogarithmic: Bool, margin: (low: Double, high: Double)) {
        var low = Double.infinity
        var high = -Double.infinity
        for value in values where !isLogarithmic || value > 0 {
            let position = isLogarithmic ? log10(value) : value
            low = min(low, position)
            high = max(high, position)
        }
        if low > high { (low, high) = (0, 1) }
        // For a single value, or values that differ only by rounding, the range is widened.
        let largest = max(abs(low), abs(high))
        let least = isLogarithmic ? 0.2 : max(largest * 1e-9, Axis.narrowest)
        if high - low <= least {
            let room = isLogarithmic ? 0.5 : largest * 0.05 > Axis.narrowest ? largest * 0.05 : 1
            low -= room
            high += room
        } else {
            let span = high - low
            low -= span * margin.low
            high += span * margin.high
        }
        if isLogarithmic {
            low = min(max(low, -300), 299)
            high = min(max(high, low + 0.2), 300)
        }
        self.init(
            low: isLogarithmic ? pow(10, low) : low, high: isLogarithmic ? pow(10, high) : high,
            isLogarithmic: isLogarithmic)
    }

    /// The position: 0 at the low end, 1 at the high end; beyond these for values outside, but finite.
    package func position(_ value: Double) -> Double {
        guard isLogarithmic else { return min(max((value - low) / (high - low), -1e30), 1e30) }
        // What a logarithmic axis cannot show (the lower end of an error bar) is far below it.
        guard value > 0 else { return -1e6 }
        return (log10(value) - log10(low)) / (log10(high) - log10(low))
    }

    package func ticks(count: Int) -> Ticks {
        if let marks {
            var ticks = Ticks()
            ticks.marks = marks.filter { $0.value >= low && $0.value <= high }
            return ticks
        }
        return isLogarithmic ? .logarithmic(low, high, count: count) : .linear(low, high, count: count)
    }
}
