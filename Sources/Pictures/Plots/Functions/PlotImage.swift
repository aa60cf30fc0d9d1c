import Scripting
import Tensors

let plotImage = Declaration(
    "plot.image",
    """
    A picture, or a matrix as a heat map. (3, H, W) shows its colours, values clamped to [0, 1]. (H, W) and (1, H, \
    W) show numbers from `vmin` to `vmax` in `colormap`; by default these are 0 and 1 when all numbers lie between \
    them, else the smallest and the largest. A picture has its first row on top and no axes; with `xrange` or `yrange` \
    it stands on axes with rows upward, as z[i][j] = f(x_j, y_i) does, and takes plot.line's `series` and options of \
    panels.
    """,
    by: .table,
    takes: .argument("x", .plainTensor.asking(for: "a tensor of shape (H, W) or (3, H, W)")),
    Parameter<Bool>.option("colorbar", .flag, default: false, "whether the scale stands beside it").withNames,
    FieldOptions.options(.grey).parameter.withNames,
    Parameter<[Double]?>.option("xrange", .optional(.coordinates), "coordinates of the first and the last column"),
    Parameter<[Double]?>.option("yrange", .optional(.coordinates), "coordinates of the first and the last row"),
    Parameter<[ListedSeries]>.series.withNames,
    AxesOptions.options.parameter.withNames, returns: .figure,
    errors: "the shape is no picture's, a value is not finite, or a range does not grow",
    example: """
        local path = os.tmpname()
        plot.image{tensor({{0, 1}, {1, 0}}), title = "checkers"}:save(path .. ".png", {width = 200})
        os.remove(path); os.remove(path .. ".png")
        """,
    see: ["plot.line"]
) { x, colorbar, colors, xrange, yrange, listed, axes in
    let ranges = (xrange == nil ? [] : ["xrange"]) + (yrange == nil ? [] : ["yrange"])
    // Options that only make sense with axes.
    let onAxes = (listed.given + axes.given).filter { !["title", "xlabel", "ylabel"].contains($0) }
    func panel(_ picture: Picture) -> Panel {
        Panel(
            title: axes.value.title, xlabel: axes.value.xlabel, ylabel: axes.value.ylabel, content: .picture(picture))
    }
    if x.rank == 3, x.shape[0] == 3 {
        if let name = (colors.given + colorbar.given + ranges + onAxes).first {
            throw Fault("option \(name) is for shape (H, W), got \(Shape.describe(x.shape))")
        }
        return Figure([panel(Picture(raster: try Raster(x, for: "")))])
    }
    let matrix: Matrix
    do { matrix = try Matrix(x) } catch let fault as Fault { throw fault.about("x") }
    let bar = try colors.value.scale(matrix.values, unit: true)
    let raster = try matrix.raster(bar)
    let scale = colorbar.value ? bar : nil
    guard !ranges.isEmpty else {
        if let name = onAxes.first { throw Fault("option \(name) needs axes: give xrange or yrange") }
        return Figure([panel(Picture(raster: raster, bar: scale))])
    }
    let field = Field(
        raster: raster, x: try FieldSpan(xrange, "xrange", count: matrix.columns).cells,
        y: try FieldSpan(yrange, "yrange", count: matrix.rows).cells, bar: scale)
    return Figure([try axes.value.panel(try listed.value.series(after: 1, .line), field: field)])
}
