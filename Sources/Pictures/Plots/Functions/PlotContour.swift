import Scripting

private let shared = FieldOptions.names + AxesOptions.names
private let options = shared.map { "\($0) =" }.joined(separator: ", ")

let plotContour = NativeFunction(
    "plot.contour",
    Documentation(
        "plot.contour{[1] = z, z =, levels = 8, filled = false, series =, \(options)} -> figure",
        """
        Lines on which a function of two variables has one value. `z` has shape (H, W), z[i][j] = f(x_j, y_i); `x` \
        holds the W coordinates of the columns and `y` the H of the rows, evenly spaced, or just the first and the \
        last. `levels` is a list of values, or about how many to choose among round numbers. `filled = true` lays the \
        heat map under the lines. Points or curves in `series` are drawn on top; panel options as plot.line's.
        """,
        errors: "z is not a matrix of at least 2 x 2 finite numbers, x or y do not fit it, or an option is unknown",
        source: "Marching squares: W. Lorensen, H. Cline: Marching cubes, 1987",
        example: """
            local path = os.tmpname()
            local z = tensor({{0, 1, 0}, {1, 2, 1}, {0, 1, 0}})
            plot.contour{z, x = {-1, 1}, y = {-1, 1}, levels = {0.5, 1.5}}:save(path .. ".svg")
            os.remove(path); os.remove(path .. ".svg")
            """),
    returning: { arguments in
        let function = arguments.function
        let parts = try TableParts(
            arguments, positional: 1,
            known: ["z", "levels", "filled", "series"] + shared)
        let options = parts.options
        let (values, rows, columns) = try NumberLists(operation: function).matrix(parts.value(1, "z"), "z")
        guard rows >= 2, columns >= 2 else {
            throw ScriptError(function, "z: at least 2 rows and 2 columns expected, got (\(rows), \(columns))")
        }
        let fields = FieldOptions(function: function)
        let bar = try fields.scale(
            values, options, map: try fields.colorMap(options, default: .viridis), unit: false)
        let filled = try options.boolean("filled", default: false)
        let showsBar = try options.boolean("colorbar", default: filled)
        let levels = try contourLevels(options, bar)
        let (x, y) = (try fields.places(options, "x", count: columns), try fields.places(options, "y", count: rows))
        let contours = Contours(values, rows: rows, columns: columns)
        let lines = try levels.map { level in
            let color = bar.map.color((level - bar.low) / (bar.high - bar.low))
            func place(_ point: Point) -> Point {
                Point(
                    x.first + (x.last - x.first) * point.x / Double(columns - 1),
                    y.first + (y.last - y.first) * point.y / Double(rows - 1))
            }
            return ContourLine(
                parts: try contours.lines(level: level).map { $0.map(place) }, color: filled ? .white : color)
        }
        // Without filling, white cells carry the axes' range.
        let raster =
            filled
            ? try fields.raster(values, rows: rows, columns: columns, bar)
            : Raster(width: columns, height: rows, channels: 1, filled: 255)
        var field = try fields.field(raster, options, bar: showsBar ? bar : nil, names: ("x", "y"))
        if !filled { field = Field(raster: raster, x: (x.first, x.last), y: (y.first, y.last), bar: field.bar) }
        let series = try SeriesOptions(function: function, style: .points).listed(options, offset: 1)
        return .object(
            Figure([try AxesOptions(options: options).panel(series, field: field, contours: lines)]))
    })

private func contourLevels(_ options: Options, _ bar: ColorBar) throws -> [Double] {
    switch options["levels"] {
    case .table, .object:
        let levels = try NumberLists(operation: options.function).list(options["levels"], "option levels")
        guard levels.count <= 1000 else {
            throw ScriptError(options.function, "option levels: at most 1000 levels expected, got \(levels.count)")
        }
        return levels
    default:
        let count = try options.integer("levels", in: 1...100, default: 8)
        return Ticks.linear(bar.low, bar.high, count: count).marks.map(\.value)
    }
}
