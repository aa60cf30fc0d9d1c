import Foundation
import Pictures
import Scripting
import Tensors
import Testing

/// The look of series and axes: dashes, markers, bars, ticks, equal units, widths, and legends that cover no data.
@Suite struct LookTests {
    private func svg(_ figure: Value, _ named: [String: Value] = [:]) throws -> String {
        try withFolder { folder in
            try call("figure:save", figure, .string(folder + "/a.svg"), options(named))
            return String(decoding: try contents(folder + "/a.svg"), as: UTF8.self)
        }
    }

    private func line(_ named: [String: Value]) throws -> Value {
        try call("plot.line", options(["x": numbers(0, 1, 2), "y": numbers(0, 1, 2)].merging(named) { $1 }))
    }

    @Test func dashesAreDrawnByEitherName() throws {
        let solid = try svg(try line([:]))
        #expect(!solid.contains("stroke-dasharray"))
        for (short, long) in [("--", "dashed"), (":", "dotted"), ("-.", "dashdot")] {
            let drawn = try svg(try line(["linestyle": .string(long)]))
            #expect(drawn.contains("stroke-dasharray"))
            #expect(try svg(try line(["linestyle": .string(short)])) == drawn)
            #expect(try svg(try line(["style": .string(short)])) == drawn)
        }
        #expect(try svg(try line(["linestyle": .string("-")])) == solid)
        #expect(message { _ = try line(["linestyle": .string("dahsed")]) }?.contains("dashed") == true)
        #expect(message { _ = try line(["alpha": .number(1.5)]) }?.contains("a number from 0 to 1") == true)
        #expect(message { _ = try line(["marker": .string("star")]) }?.contains("option marker") == true)
        let pale = try svg(try line(["alpha": .number(0.25)]))
        #expect(pale.contains("0.25"))
    }

    @Test func markersDiffer() throws {
        let drawn = try ["o", "s", "^", "v", "D", "x", "+"].map {
            try svg(try call("plot.scatter", options(["y": numbers(1, 2), "marker": .string($0)])))
        }
        #expect(Set(drawn).count == drawn.count)
        // A line with a marker shows the line as well.
        #expect(try svg(try line(["marker": .string("s")])) != svg(try line([:])))
    }

    /// The lengths of one unit of x and one of y on the page, read from the discs of an SVG.
    @Test func equalUnitsAreEqual() throws {
        let figure = try call(
            "plot.scatter",
            options(["x": numbers(0, 4), "y": numbers(0, 1), "aspect": .string("equal"), "marker": .string("s")]))
        for size in [["width": 500, "height": 500], ["width": 900, "height": 200]] {
            let text = try svg(figure, size.mapValues(Value.integer))
            // The discs of the two points: a path "M x y L ..." each, filled with the first colour.
            let corners = text.matches(of: #/<path[^>]*fill:rgb\(0%[^>]* d="M ([0-9.]+) ([0-9.]+) L/#)
                .compactMap { match in Double(match.1).flatMap { x in Double(match.2).map { (x, $0) } } }
            try #require(corners.count == 2, "\(corners.count)")
            let (dx, dy) = (abs(corners[1].0 - corners[0].0), abs(corners[1].1 - corners[0].1))
            #expect(abs(dx - 4 * dy) < 0.02 * dx, "\(size): \(dx), \(dy)")
        }
        let far = message { _ = try line(["x": numbers(0, 1, 1e6), "aspect": .string("equal")]) }
        #expect(far?.contains("leaves a line") == true)
        #expect(
            message { _ = try line(["aspect": .string("equal"), "logx": .boolean(true), "x": numbers(1, 2, 3)]) } != nil
        )
    }

    @Test func ticksAreThoseAskedFor() throws {
        func text(_ named: [String: Value]) throws -> String {
            try call("figure:render", try line(named), options(["protocol": .string("ascii"), "width": .integer(40)]))
                .text()
        }
        let words = try text(["xticks": table([numbers(0, 2), strings("first", "last")])])
        #expect(words.contains("first") && words.contains("last") && !words.contains("1.5\n"))
        #expect(try text(["xticks": numbers(0, 2), "xticklabels": strings("first", "last")]) == words)
        #expect(try text(["yticks": numbers(0.25)]).contains("0.25 +"))
        #expect(try !text(["yticks": table()]).contains("+ "))
        for (wrong, says) in [
            (["xticklabels": strings("a")], "labels of xticks"),
            (["xticks": numbers(1, 2), "xticklabels": strings("a")], "1 labels for 2 marks"),
            (["xticks": .string("a")], "option xticks"),
            (["xticks": numbers(1), "xticklabels": table([.boolean(true)])], "a text"),
        ] {
            let said = message { _ = try line(wrong) } ?? "no error"
            #expect(said.contains(says), "\(said)")
        }
    }

    @Test func barsStandAroundTheirPlaces() throws {
        let figure = try call(
            "plot.bar",
            options([
                "x": strings("plain", "paired"), "y": numbers(4, 1.5), "yerr": numbers(0.5, 0.1),
                "label": .string("variance"),
            ]))
        let text = try call("figure:render", figure, options(["protocol": .string("ascii"), "width": .integer(40)]))
            .text()
        #expect(text.contains("plain") && text.contains("paired"))
        // The first bar is higher: its column of stars begins further up.
        let rows = text.split(separator: "\n").map { $0.filter { $0 == "*" }.count }
        #expect(rows.contains { $0 > 20 } && rows.contains { $0 > 5 && $0 < 20 })
        let two = try call(
            "plot.bar",
            options([
                "series": table([
                    options(["y": numbers(1, 2, 3), "label": .string("a")]),
                    options(["y": numbers(3, 2, 1), "label": .string("b")]),
                ])
            ]))
        let both = try call("figure:render", two, options(["protocol": .string("ascii"), "width": .integer(40)])).text()
        #expect(both.contains("*") && both.contains("o"))
        for (wrong, says) in [
            (table(), "no bars given"), (table([numbers(1, 2)], ["width": .number(0)]), "option width"),
            (options(["x": strings("a"), "y": numbers(1, 2)]), "x has 1 texts, y has 2 numbers"),
            (
                options(["series": table([options(["y": numbers(1)]), options(["y": numbers(1, 2)])])]),
                "series have 1 and 2 bars"
            ),
            (table([numbers(-1)], ["logy": .boolean(true)]), "logarithmic"),
            (table([numbers(1)], ["yerr": numbers(-1)]), "option yerr: element 1 is -1.0"),
        ] {
            let said = message { try call("plot.bar", wrong) } ?? "no error"
            #expect(said.contains(says), "\(said)")
        }
    }

    @Test func panelsHaveTheWidthsAskedFor() throws {
        let one = try call("plot.line", table([numbers(1, 2)]))
        func figure(_ widths: [Double]) throws -> Value {
            try call("plot.figure", options(["panels": table([one, one]), "widths": Samples.list(widths)]))
        }
        #expect(try svg(try figure([1, 1])) != svg(try figure([3, 1])))
        #expect(message { _ = try figure([1, 1, 1]) }?.contains("2 numbers from 0.001 to 1000") == true)
        #expect(message { _ = try figure([1, 0]) } != nil)
    }

    /// The legend stands beside the axes where data fill them, and stays on the page with many series.
    @Test func legendsHideNothing() throws {
        // Curves all over the axes, each in its own colour: the legend covers no pixel of any of them.
        func curves(_ count: Int, legend: String) throws -> Value {
            let x = (0...300).map { Double($0) }
            let series = (0..<count).map { k in
                options([
                    "x": Samples.list(x), "y": Samples.list(x.map { sin($0 * 0.35 + Double(k)) }),
                    "label": .string("curve \(k)"),
                ])
            }
            return try call("plot.line", options(["series": table(series), "legend": .string(legend)]))
        }
        func ink(_ figure: Value) throws -> (shape: [Int], right: Int, bottom: Int) {
            try withFolder { folder in
                try call(
                    "figure:save", figure, .string(folder + "/a.png"),
                    options(["width": .integer(900), "height": .integer(600)]))
                let picture = try call("image.load", .string(folder + "/a.png")).tensor()
                let (height, width) = (picture.shape[1], picture.shape[2])
                let red = try picture.select(0, 0).toArray()
                var (right, bottom) = (0, 0)
                for y in 0..<height {
                    for x in 0..<width where red[y * width + x] < 0.95 {
                        (right, bottom) = (max(right, x), max(bottom, y))
                    }
                }
                return (picture.shape, right, bottom)
            }
        }
        let automatic = try svg(try curves(3, legend: "auto")), outside = try svg(try curves(3, legend: "outside"))
        #expect(automatic == outside, "curves everywhere: beside the axes")
        for count in [21, 60] {
            let drawn = try ink(try curves(count, legend: "auto"))
            #expect(drawn.right < drawn.shape[2] - 2 && drawn.bottom < drawn.shape[1] - 2, "\(count): \(drawn)")
        }
        // Where there is room the legend is inside the axes, which keep their width.
        let calm = try svg(try line(["label": .string("a line")]))
        #expect(try calm != svg(try line(["label": .string("a line"), "legend": .string("outside")])))
        // Error bars count as well as their points: only one of the corners is free.
        let bars = try call(
            "plot.errorbar",
            options([
                "x": numbers(0, 0.5, 9.5, 10), "y": numbers(5, 5, 5, 5), "yerr": numbers(5, 5, 5, 5),
                "label": .string("s.e."),
            ]))
        #expect(
            try svg(bars)
                != svg(
                    try call(
                        "plot.errorbar",
                        options([
                            "x": numbers(0, 0.5, 9.5, 10), "y": numbers(5, 5, 5, 5), "yerr": numbers(5, 5, 5, 5),
                            "label": .string("s.e."),
                            "legend": .string("topright"),
                        ]))))
    }
}
