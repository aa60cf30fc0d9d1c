import Scripting

let plotFigure = NativeFunction(
    "plot.figure",
    Documentation(
        "plot.figure{panels = {figure, ...}, columns = 4, widths = nil} -> figure",
        """
        Several figures as the panels of one, row by row. Pictures keep their shape and axes take the room that is \
        left; a last row with fewer panels spreads over the whole width. `columns` is at most 4 by default. \
        `widths = {2, 1}` makes the first of two columns twice as wide as the second; full rows obey it.
        """,
        errors: "there are no panels, one is no figure, there are more than 100, widths are not one positive number a column, or an option is unknown",
        example: """
            local path = os.tmpname()
            local x = tensor.zeros(8, 8)
            plot.figure{panels = {plot.image{x, title = "a"}, plot.line{{3, 2, 1}, title = "b"}}, widths = {1, 2}}:save(path .. ".png")
            os.remove(path); os.remove(path .. ".png")
            """),
    returning: { arguments in
        let parts = try TableParts(arguments, positional: 0, known: ["panels", "columns", "widths"])
        guard case .table(let table) = parts.options["panels"] else {
            throw parts.options.error("panels", expected: "a list of figures")
        }
        let panels = try table.elements().enumerated().flatMap { index, element in
            guard case .object(let object) = element, let figure = object as? Figure else {
                throw ScriptError(
                    arguments.function,
                    "panel \(index + 1): a figure expected (what plot.line and its like return), got \(element.shown)")
            }
            return figure.panels
        }
        guard !panels.isEmpty else { throw arguments.error("no panels given") }
        guard panels.count <= 100 else { throw arguments.error("\(panels.count) panels are too many: at most 100") }
        let columns = try parts.options.integer("columns", in: 1...100, default: 4)
        let used = min(columns, panels.count)
        var shares: [Double] = []
        if parts.options.has("widths") {
            shares = try NumberLists(operation: arguments.function).list(parts.options["widths"], "option widths")
            guard shares.count == used, shares.allSatisfy({ $0 >= 1e-3 && $0 <= 1e3 }) else {
                throw parts.options.error("widths", expected: "\(used) numbers from 0.001 to 1000, one a column,")
            }
        }
        return .object(Figure(panels, columns: used, shares: shares))
    })
