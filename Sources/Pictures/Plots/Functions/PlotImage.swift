import Scripting
import Tensors

private let options = AxesOptions.names.map { "\($0) =" }.joined(separator: ", ")

let plotImage = NativeFunction(
    "plot.image",
    Documentation(
        """
        plot.image{[1] = x, x =, colormap =, colorbar = false, vmin =, vmax =, xrange =, yrange =, series =, \
        \(options)} -> figure
        """,
        """
        A picture, or a matrix as a heat map. (3, H, W) shows its colours, values clamped to [0, 1]. (H, W) and (1, H, \
        W) show numbers from `vmin` to `vmax` in `colormap` ("grey", "viridis", "diverging"); by default these are 0 \
        and 1 when all numbers lie between them, else the smallest and the largest. `colorbar = true` puts the scale \
        beside it. A picture has its first row on top and no axes; with `xrange = {first, last}` or `yrange` \
        (coordinates of the first and last column and row) it stands on axes with rows upward, as z[i][j] = f(x_j, \
        y_i) does, and takes plot.line's panel options and `series`.
        """,
        errors: "the shape is no picture's, a value is not finite, a range does not grow, or an option is unknown",
        example: """
            local path = os.tmpname()
            plot.image{tensor({{0, 1}, {1, 0}}), title = "checkers"}:save(path .. ".png", {width = 200})
            os.remove(path); os.remove(path .. ".png")
            """),
    returning: { arguments in
        let onAxes =
            ["xrange", "yrange", "series"] + AxesOptions.names.filter { !["title", "xlabel", "ylabel"].contains($0) }
        let parts = try TableParts(
            arguments, positional: 1,
            known: ["x", "title", "xlabel", "ylabel", "colormap", "colorbar", "vmin", "vmax"] + onAxes)
        let (options, function) = (parts.options, arguments.function)
        let given = parts.value(1, "x")
        if case .object(let object) = given, let variable = object as? Variable, variable.shape.count == 3,
            variable.shape[0] == 3
        {
            let inapplicable = ["colormap", "colorbar", "vmin", "vmax"] + onAxes
            if let name = inapplicable.first(where: options.has) {
                throw ScriptError(function, "option \(name) is for shape (H, W), got \(Shape.describe(variable.shape))")
            }
            let picture = Picture(raster: try Raster(variable.value, for: function))
            return .object(Figure([try picturePanel(picture, options)]))
        }
        let matrix = try NumberLists(operation: function).matrix(given, "x")
        let fields = FieldOptions(function: function)
        let map = try fields.colorMap(options, default: .grey)
        let bar = try fields.scale(matrix.values, options, map: map, unit: true)
        let raster = try fields.raster(matrix.values, rows: matrix.rows, columns: matrix.columns, bar)
        let shown = try options.boolean("colorbar", default: false) ? bar : nil
        guard options.has("xrange") || options.has("yrange") else {
            if let name = onAxes.first(where: options.has) {
                throw ScriptError(function, "option \(name) needs axes: give xrange or yrange")
            }
            return .object(Figure([try picturePanel(Picture(raster: raster, bar: shown), options)]))
        }
        let field = try fields.field(raster, options, bar: shown, names: ("xrange", "yrange"))
        let series = try SeriesOptions(function: function, style: .line).listed(options, offset: 1)
        return .object(Figure([try AxesOptions(options: options).panel(series, field: field)]))
    })

private func picturePanel(_ picture: Picture, _ options: Options) throws -> Panel {
    Panel(
        title: try options.string("title", default: ""), xlabel: try options.string("xlabel", default: ""),
        ylabel: try options.string("ylabel", default: ""), content: .picture(picture))
}

extension FieldOptions {
    /// A heat map whose cells reach half a step beyond the first and last coordinates.
    func field(_ raster: Raster, _ options: Options, bar: ColorBar?, names: (String, String)) throws -> Field {
        let x = try places(options, names.0, count: raster.width)
        let y = try places(options, names.1, count: raster.height)
        let (dx, dy) = (
            (x.last - x.first) / Double(max(raster.width - 1, 1)) / 2,
            (y.last - y.first) / Double(max(raster.height - 1, 1)) / 2
        )
        return Field(
            raster: raster, x: (x.first - dx, x.last + dx), y: (y.first - dy, y.last + dy), bar: bar)
    }
}
