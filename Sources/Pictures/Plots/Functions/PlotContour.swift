import Scripting

let plotContour = Declaration(
    "plot.contour",
    """
    Lines on which a function of two variables has one value. Points or curves in `series` are drawn on top; options \
    of series and panels as plot.line's.
    """,
    by: .table,
    takes: .argument("z", .matrix, "shape (H, W), z[i][j] = f(x_j, y_i)"),
    .option("levels", .levels, default: .count(8), "values, or about how many to choose among round numbers"),
    .option("filled", .flag, default: false, "whether the heat map lies under the lines"),
    .option("x", .optional(.coordinates), "of the W columns, evenly spaced, or just of the first and the last"),
    .option("y", .optional(.coordinates), "of the H rows, evenly spaced, or just of the first and the last"),
    FieldOptions.options(.viridis).parameter,
    .option("colorbar", .optional(.flag), "whether the scale stands beside it; by default where it is filled"),
    .series, AxesOptions.options.parameter, returns: .figure,
    errors: "z has fewer than 2 rows or columns or a number that is not finite, or x or y do not fit it",
    source: "Marching squares: W. Lorensen, H. Cline: Marching cubes, 1987",
    example: """
        local path = os.tmpname()
        local z = tensor({{0, 1, 0}, {1, 2, 1}, {0, 1, 0}})
        plot.contour{z, x = {-1, 1}, y = {-1, 1}, levels = {0.5, 1.5}}:save(path .. ".svg")
        os.remove(path); os.remove(path .. ".svg")
        """,
    see: ["plot.line"]
) { z, levels, filled, xs, ys, colors, colorbar, listed, axes in
    guard z.rows >= 2, z.columns >= 2 else {
        throw Fault("z", "at least 2 rows and 2 columns expected, got (\(z.rows), \(z.columns))")
    }
    let bar = try colors.scale(z.values, unit: false)
    let (x, y) = (try FieldSpan(xs, "x", count: z.columns), try FieldSpan(ys, "y", count: z.rows))
    let contours = Contours(z.values, rows: z.rows, columns: z.columns)
    let lines = try levels.values(bar).map { level in
        let color = bar.map.color((level - bar.low) / (bar.high - bar.low))
        let parts = try contours.lines(level: level).map { $0.map { Point(x.place($0.x), y.place($0.y)) } }
        return ContourLine(parts: parts, color: filled ? .white : color)
    }
    let scale = colorbar ?? filled ? bar : nil
    // Without filling, white cells provide the axes' range.
    let field =
        filled
        ? Field(raster: try z.raster(bar), x: x.cells, y: y.cells, bar: scale)
        : Field(
            raster: Raster(width: z.columns, height: z.rows, channels: 1, filled: 255),
            x: (x.first, x.last), y: (y.first, y.last), bar: scale)
    return Figure([try axes.panel(try listed.series(after: 1, .points), field: field, contours: lines)])
}

/// Which values get lines.
enum ContourLevels {
    case count(Int)
    case listed([Double])

    fileprivate func values(_ bar: ColorBar) -> [Double] {
        switch self {
        case .count(let count): Ticks.linear(bar.low, bar.high, count: count).marks.map(\.value)
        case .listed(let values): values
        }
    }
}

extension Domain<ContourLevels> {
    fileprivate static var levels: Domain {
        let count = Domain<Int>.integer(from: 1, to: 100).map(show: { levels in
            if case .count(let count) = levels { "\(count)" } else { "numbers" }
        }) { ContourLevels.count($0) }
        return count.or(Domain<[Double]>.coordinates.map { levels in
            guard levels.count <= 1000 else { throw Fault("at most 1000 levels expected, got \(levels.count)") }
            return .listed(levels)
        })
    }
}
