import Scripting

/// How numbers of a matrix are mapped to colours.
struct FieldOptions {
    var vmin: Double?
    var vmax: Double?
    var colormap: ColorMap

    static func options(_ map: ColorMap) -> OptionTable<FieldOptions> {
        OptionTable(
            { FieldOptions(colormap: map) },
            .option("vmin", \.vmin, .optional(.number), "the number at the low end of the colours"),
            .option("vmax", \.vmax, .optional(.number), "the number at the high end of the colours"),
            .option("colormap", \.colormap, .choice()))
    }

    /// The values at the two ends of the colour scale.
    /// - Parameter unit: whether values that all lie in [0, 1] get that scale.
    func scale(_ values: [Double], unit: Bool) throws -> ColorBar {
        var low = values.min() ?? 0
        var high = values.max() ?? 1
        // Images are compared with each other, so all of them in [0, 1] share that scale.
        if unit, low >= 0, high <= 1 { (low, high) = (0, 1) }
        (low, high) = (vmin ?? low, vmax ?? high)
        guard abs(low) <= 1e150, abs(high) <= 1e150, low <= high else {
            throw Fault("vmin <= vmax expected, got \(shown(low)) and \(shown(high))")
        }
        if high - low <= max(max(abs(low), abs(high)) * 1e-9, Axis.narrowest) {
            let room = max(abs(low) * 0.05, 0.5)
            (low, high) = (low - room, high + room)
        }
        return ColorBar(low: low, high: high, map: colormap)
    }
}

extension Matrix {
    func raster(_ bar: ColorBar) throws -> Raster {
        var raster = Raster(width: columns, height: rows, channels: 3, filled: 0)
        let table = (0...255).map { RGB(bar.map.color(Double($0) / 255)) }
        for (index, value) in values.enumerated() {
            if index % 65_536 == 0 { try Cancellation.check() }
            let share = min(max((value - bar.low) / (bar.high - bar.low), 0), 1)
            let color = table[Int((share * 255).rounded())]
            raster.samples[3 * index] = color.red
            raster.samples[3 * index + 1] = color.green
            raster.samples[3 * index + 2] = color.blue
        }
        return raster
    }
}

/// The coordinates of the first and the last of a matrix's rows or columns.
struct FieldSpan {
    let first: Double
    let last: Double
    private let count: Int

    /// - Parameters:
    ///   - numbers: two, or one for each of `count` rows or columns, evenly spaced; nil for 1, 2, ..., count.
    ///   - name: the option that gave them.
    init(_ numbers: [Double]?, _ name: String, count: Int) throws {
        self.count = count
        guard let numbers else {
            (first, last) = (1, Double(max(count, 2)))
            return
        }
        guard let first = numbers.first, let last = numbers.last, numbers.count == 2 || numbers.count == count else {
            throw Fault(name, "2 or \(count) numbers expected, got \(numbers.count)")
        }
        guard last - first > max(1e-9 * max(abs(first), abs(last)), Axis.narrowest) else {
            throw Fault(name, "must grow, goes from \(first) to \(last)")
        }
        let step = (last - first) / Double(max(numbers.count - 1, 1))
        for (index, number) in numbers.enumerated() where abs(number - first - Double(index) * step) > 0.01 * step {
            throw Fault(name, "evenly spaced numbers expected, \(name)[\(index + 1)] is \(number)")
        }
        (self.first, self.last) = (first, last)
    }

    /// From half a step before the first to half a step after the last.
    var cells: (low: Double, high: Double) {
        let half = (last - first) / Double(max(count - 1, 1)) / 2
        return (first - half, last + half)
    }

    /// The coordinate at a 0-based position.
    func place(_ position: Double) -> Double { first + (last - first) * position / Double(count - 1) }
}
