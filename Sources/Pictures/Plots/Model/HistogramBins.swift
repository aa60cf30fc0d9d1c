import Scripting

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Counts of numbers in bins of equal width.
package struct HistogramBins {
    /// The edges of the bins, one more than there are counts.
    package let edges: [Double]
    package let heights: [Double]

    /// - Parameters:
    ///   - values: finite numbers, at least one.
    ///   - bins: how many; nil for the rule of Freedman and Diaconis (1981), between 5 and 100.
    ///   - density: whether heights are scaled to area 1 instead of counts.
    package init(_ values: [Double], bins: Int?, density: Bool) {
        let sorted = values.sorted()
        var low = sorted.first ?? 0
        var high = sorted.last ?? 1
        if high - low <= max(max(abs(low), abs(high)) * 1e-12, Axis.narrowest) {
            let room = max(abs(low) * 0.05, 0.5)
            (low, high) = (low - room, high + room)
        }
        let count = bins ?? HistogramBins.automatic(sorted, span: high - low)
        let width = (high - low) / Double(count)
        var counts = [Double](repeating: 0, count: count)
        for value in sorted {
            // The last bin includes its upper edge.
            counts[min(max(Int((value - low) / width), 0), count - 1)] += 1
        }
        edges = (0...count).map { $0 == count ? high : low + Double($0) * width }
        heights = density ? counts.map { $0 / (Double(values.count) * width) } : counts
    }

    private static func automatic(_ sorted: [Double], span: Double) -> Int {
        let n = Double(sorted.count)
        func quantile(_ share: Double) -> Double { sorted[Int(share * (n - 1))] }
        let width = 2 * (quantile(0.75) - quantile(0.25)) / cbrt(n)
        guard width > 0, span / width < 100 else { return width > 0 ? 100 : 10 }
        return max(Int((span / width).rounded(.up)), 5)
    }
}
