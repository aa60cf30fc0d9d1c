import Foundation
import Pictures
import Scripting
import Tensors
import Testing

@Suite struct FigureTests {
    private let line = options(["x": numbers(1, 2, 3), "y": numbers(1, 4, 9), "label": .string("squares")])

    private func savedSize(_ named: [String: Value]) throws -> [Int] {
        try withFolder { folder in
            try call("figure:save", try call("plot.line", line), .string(folder + "/a.png"), options(named))
            return try call("image.load", .string(folder + "/a.png")).tensor().shape
        }
    }

    @Test func sizesAreThoseAskedFor() throws {
        #expect(try savedSize(["width": .integer(320), "height": .integer(240)]) == [3, 240, 320])
        #expect(try savedSize(["width": .integer(16), "height": .integer(16)]) == [3, 16, 16])
        #expect(try savedSize(["width": .integer(3000), "height": .integer(50)]) == [3, 50, 3000])
        let natural = try savedSize([:])
        let narrow = try savedSize(["width": .integer(natural[2] / 2)])
        #expect(narrow[2] == natural[2] / 2 && abs(narrow[1] - natural[1] / 2) <= 1)
        let single = try savedSize(["scale": .integer(1)])
        #expect(abs(single[1] * 2 - natural[1]) <= 1 && abs(single[2] * 2 - natural[2]) <= 1)
    }

    /// A curve is drawn up to the first number that is not finite, and no line bridges the gap.
    @Test(arguments: ["line", "points", "both", "steps"]) func gapsAreLeftOpen(style: String) throws {
        func bytes(_ y: Value, _ more: [String: Value] = [:]) throws -> [UInt8] {
            try withFolder { folder in
                let named = ["x": numbers(1, 2, 3, 4, 5), "y": y, "style": .string(style), "label": .string("loss")]
                try call(
                    "figure:save", try call("plot.line", options(named.merging(more) { $1 })),
                    .string(folder + "/a.svg"))
                return try contents(folder + "/a.svg")
            }
        }
        let holes = [numbers(1, 2, .nan, 4, 5), numbers(1, 2, .infinity, 4, 5), numbers(1, 2, 1e200, 4, 5)]
        let drawn = try holes.map { try bytes($0) }
        #expect(drawn[0] == drawn[1] && drawn[0] == drawn[2])
        let text = String(decoding: drawn[0], as: UTF8.self)
        #expect(!text.contains("nan") && !text.contains("inf"))
        // The same curve without its third point would be one line.
        let whole = try bytes(numbers(1, 2, 3, 4, 5))
        #expect(drawn[0] != whole)
        _ = try bytes(numbers(1, .nan, 3, .nan, 5), ["yerr": numbers(1, 1, .nan, 1, 1), "logy": .boolean(true)])
    }

    @Test(arguments: ["png", "svg", "pdf"]) func sameFigureSameBytes(_ ending: String) throws {
        try withFolder { folder in
            for name in ["a", "b"] {
                try call("figure:save", try Samples.inpainting(), .string("\(folder)/\(name).\(ending)"))
            }
            let first = try contents("\(folder)/a.\(ending)")
            let second = try contents("\(folder)/b.\(ending)")
            #expect(first == second)
            #expect(first.dropFirst().starts(with: (["png": "PNG", "svg": "?xml", "pdf": "PDF"][ending] ?? "?").utf8))
            let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(files == ["a.\(ending)", "b.\(ending)"])
        }
    }

    @Test func svgNamesMeetTheirUses() throws {
        try withFolder { folder in
            try call("figure:save", try Samples.inpainting(), .string(folder + "/a.svg"))
            let text = String(decoding: try contents(folder + "/a.svg"), as: UTF8.self)
            let names = text.matches(of: /id="([^"]+)"/).map { String($0.1) }
            #expect(Set(names).count == names.count)
            for use in text.matches(of: /(?:href="#|url\(#)([^")]+)/) { #expect(names.contains(String(use.1))) }
            #expect(text.contains("<image"))
        }
    }

    /// The demonstration's figure of three pictures and a curve: each panel has pixels of its kind.
    @Test func fourPanelsAreAllDrawn() throws {
        try withFolder { folder in
            let path = folder + "/a.png"
            try call("figure:save", try Samples.inpainting(), .string(path), options(["width": .integer(1600)]))
            let picture = try call("image.load", .string(path)).tensor()
            let (height, width) = (picture.shape[1], picture.shape[2])
            let red = try picture.select(0, 0).toArray()
            let blue = try picture.select(0, 2).toArray()
            func pixels(_ from: Double, _ to: Double, _ test: (Int) -> Bool) -> Int {
                (0..<height).reduce(0) { sum, y in
                    sum + (Int(from * Double(width))..<Int(to * Double(width))).filter { test(y * width + $0) }.count
                }
            }
            // The left three fifths are pictures, mostly black; on the right are an axis, a blue curve, and white
            // around it.
            for panel in 0..<3 {
                let (from, to) = (0.02 + 0.2 * Double(panel), 0.18 + 0.2 * Double(panel))
                #expect(pixels(from, to) { red[$0] < 0.1 } > height * width / 50)
                #expect(pixels(from, to) { red[$0] > 0.9 } > height * width / 100)
            }
            let curve = pixels(0.7, 1) { red[$0] < 0.1 && blue[$0] > 0.6 }
            #expect(curve > 200 && curve < height * width / 50)
            // The corrupted panel differs from the original in its lower half only.
            #expect(pixels(0.7, 1) { red[$0] > 0.99 } > height * width / 5)
        }
    }

    @Test func everyKindOfPlotCanBeSavedAndShown() throws {
        let matrix = Value.tensor(try Tensor((0..<30).map { sin(Double($0)) }, shape: [5, 6]))
        let figures: [Value] = [
            try call("plot.line", table([numbers(3, 1, 2)])),
            try call(
                "plot.line",
                table([numbers(1, 10, 100), numbers(1, 10, 100)], ["logx": .boolean(true), "logy": .boolean(true)])),
            try call("plot.line", options(["y": numbers(5)])),
            try call(
                "plot.line", options(["y": .tensor(try Tensor([1, 2, 3], shape: [3])), "style": .string("steps")])),
            try call(
                "plot.line",
                options(["y": numbers(1e150, -1e150), "xlim": numbers(0, 1e-9), "ylim": numbers(-1e-9, 1)])),
            try call("plot.scatter", options(["x": numbers(1, 2), "y": numbers(0, 0), "color": .string("#00ff7f")])),
            try call("plot.errorbar", options(["y": numbers(1, 2), "yerr": numbers(2, 0.1), "logy": .boolean(true)])),
            try call("plot.histogram", table([numbers(1, 2, 2, 3)], ["bins": .integer(3), "logy": .boolean(true)])),
            try call("plot.image", table([matrix], ["colorbar": .boolean(true), "colormap": .string("diverging")])),
            try call(
                "plot.image",
                table([matrix], ["xrange": numbers(0, 1), "series": table([options(["y": numbers(1, 2)])])])),
            try call("plot.image", table([.tensor(try Tensor.zeros([3, 4, 4]))])),
            try call("plot.contour", table([matrix], ["levels": numbers(0, 0.5), "filled": .boolean(true)])),
            try call("plot.contour", table([.tensor(try Tensor.zeros([2, 2]))])),
        ]
        let all = try call("plot.figure", options(["panels": table(figures)]))
        try withFolder { folder in
            for (index, figure) in (figures + [all]).enumerated() {
                for ending in ["png", "svg", "pdf"] {
                    try call(
                        "figure:save", figure, .string("\(folder)/\(index).\(ending)"),
                        options(["width": .integer(400)]))
                }
                for mode in ["ascii", "blocks", "blocks256", "sixel", "kitty", "iterm2"] {
                    let shown = try call(
                        "figure:render", figure, options(["protocol": .string(mode), "width": .integer(40)])
                    ).text()
                    #expect(shown.hasSuffix("\n"))
                }
            }
        }
    }

    @Test func aChartInPlainCharacters() throws {
        let figure = try call(
            "plot.line",
            options([
                "y": numbers(0, 1, 2, 3), "title": .string("Up"), "xlabel": .string("step"), "label": .string("y"),
            ]))
        let text = try call("figure:render", figure, options(["protocol": .string("ascii"), "width": .integer(30)]))
            .text()
        let golden = """
            Up
              |
            3 +                       **
              |                     **
              |                    *
              |                  **
            2 +                **
              |              **
              |             *
              |            **
              |          **
            1 +        **
              |      **
              |     *
              |   **
            0 + **
              |
              +---------+--------------+-
                        2              4
                          step
               * y

            """
        #expect(text == golden)
        let lines = text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 30 && $0.allSatisfy(\.isASCII) })
    }

    @Test func aCurveOfAMillionStepsIsThinned() throws {
        let steps = Value.tensor(try Tensor((0..<1_000_000).map { sin(Double($0) / 1e4) }, shape: [1_000_000]))
        try withFolder { folder in
            let path = folder + "/a.pdf"
            try call("figure:save", try call("plot.line", table([steps])), .string(path))
            #expect(try contents(path).count < 200_000)
        }
    }
}
