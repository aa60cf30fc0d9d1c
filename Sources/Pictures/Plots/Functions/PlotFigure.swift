import Scripting

let plotFigure = Declaration(
    "plot.figure",
    """
    Several figures as the panels of one, row by row. Pictures keep their shape and axes take the room that is \
    left; a last row with fewer panels spreads over the whole width. `widths = {2, 1}` makes the first of two columns \
    twice as wide as the second; full rows obey it. `title` stands over all of them, and may say the settings of the \
    run: `title = {"Langevin", step = 0.1, seed = 0}`. (Titles that figures among the panels have over theirs are left \
    out; those of the panels stay.)
    """,
    by: .table,
    takes: .option(
        "panels",
        .list(of: .figure.asking(for: "a figure (what plot.line and its like return)"), expected: "a list of figures")),
    .option("columns", .integer(from: 1, to: 100), default: 4, "at most as many"),
    .option("widths", .optional(.coordinates), "how wide the columns are in proportion, one number a column"),
    .option("title", .title, default: "", "a text, or a table of one and settings, which have a line of their own"),
    returns: .figure,
    errors: "there are no panels or more than 100, or widths are not one number from 0.001 to 1000 a column",
    example: """
        local path = os.tmpname()
        local x = tensor.zeros(8, 8)
        local panels = {plot.image{x, title = "a"}, plot.line{{3, 2, 1}, title = "b"}}
        plot.figure{panels = panels, widths = {1, 2}, title = {"Two", size = 8}}:save(path .. ".png")
        os.remove(path); os.remove(path .. ".png")
        """
) { figures, columns, widths, title in
    let panels = figures.flatMap(\.panels)
    guard !panels.isEmpty else { throw Fault("no panels given") }
    guard panels.count <= 100 else { throw Fault("\(panels.count) panels are too many: at most 100") }
    let used = min(columns, panels.count)
    guard let widths else { return Figure(panels, columns: used, title: title) }
    guard widths.count == used, widths.allSatisfy({ $0 >= 1e-3 && $0 <= 1e3 }) else {
        let given = widths.prefix(3).map { shown($0) }.joined(separator: ", ")
        let rest = widths.count > 3 ? ", ..." : ""
        throw Fault("widths", "\(used) numbers from 0.001 to 1000, one a column, expected, got {\(given)\(rest)}")
    }
    return Figure(panels, columns: used, shares: widths, title: title)
}
