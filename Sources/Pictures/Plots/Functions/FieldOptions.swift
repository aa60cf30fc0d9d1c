import Scripting

/// Reads a matrix over two axes, and turns it into colours.
struct FieldOptions {
    static let names = ["x", "y", "vmin", "vmax", "colormap", "colorbar"]

    let function: String

    /// Which values get the two ends of the colours.
    func scale(_ values: [Double], _ options: Options, map: ColorMap, unit: Bool) throws -> ColorBar {
        var low = values.min() ?? 0
        var high = values.max() ?? 1
        // Pictures are compared with each other, so that all of them in [0, 1] share that scale.
        if unit, low >= 0, high <= 1 { (low, high) = (0, 1) }
        low = try options.number("vmin", default: low)
        high = try options.number("vmax", default: high)
        guard abs(low) <= 1e150, abs(high) <= 1e150, low <= high else {
            throw ScriptError(
                function, "vmin <= vmax expected, got \(Value.number(low).shown) and \(Value.number(high).shown)")
        }
        if high - low <= max(max(abs(low), abs(high)) * 1e-9, Axis.narrowest) {
            let room = max(abs(low) * 0.05, 0.5)
            (low, high) = (low - room, high + room)
        }
        return ColorBar(low: low, high: high, map: map)
    }

    func colorMap(_ options: Options, default fallback: ColorMap) throws -> ColorMap {
        let name = try options.choice("colormap", ColorMap.allCases.map(\.rawValue), default: fallback.rawValue)
        return ColorMap(rawValue: name) ?? fallback
    }

    func raster(_ values: [Double], rows: Int, columns: Int, _ bar: ColorBar) throws -> Raster {
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

    /// Where the first and the last of `count` rows or columns lie: two numbers, or all of them evenly spaced.
    func places(_ options: Options, _ name: String, count: Int) throws -> (first: Double, last: Double) {
        guard options.has(name) else { return (1, Double(max(count, 2))) }
        let numbers = try NumberLists(operation: function).list(options[name], "option \(name)")
        guard let first = numbers.first, let last = numbers.last, numbers.count == 2 || numbers.count == count else {
            throw ScriptError(
                function, "option \(name): 2 or \(count) numbers expected, got \(numbers.count)")
        }
        guard last - first > max(1e-9 * max(abs(first), abs(last)), Axis.narrowest) else {
            throw ScriptError(function, "option \(name): must grow, goes from \(first) to \(last)")
        }
        let step = (last - first) / Double(max(numbers.count - 1, 1))
        for (index, number) in numbers.enumerated() where abs(number - first - Double(index) * step) > 0.01 * step {
            throw ScriptError(
                function, "option \(name): evenly spaced numbers expected, \(name)[\(index + 1)] is \(number)")
        }
        return (first, last)
    }
}
