import Foundation
import Pictures
import Scripting
import Tensors
import Testing

/// Figures to look at: `PICTURES_GALLERY=folder swift test --filter GalleryTests` writes them there.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["PICTURES_GALLERY"] != nil)) struct GalleryTests {
    private let folder = ProcessInfo.processInfo.environment["PICTURES_GALLERY"] ?? "."

    private func save(_ figure: Value, _ name: String, _ named: [String: Value] = [:]) throws {
        for ending in ["png", "svg", "pdf"] {
            try call(
                "figure:save", figure, .string("\(folder)/\(name).\(ending)"), options(ending == "png" ? named : [:]))
        }
        for mode in ["ascii", "blocks"] {
            let text = try call("figure:render", figure, options(["protocol": .string(mode), "width": .integer(80)]))
                .text()
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).\(mode).txt"))
        }
    }

    @Test func inpainting() throws { try save(try Samples.inpainting(), "inpainting") }

    @Test func inpaintingInTwoRows() throws {
        try save(try Samples.inpainting(columns: 3), "inpainting3")
        try save(try Samples.inpainting(columns: 2), "inpainting2", ["width": .integer(1000), "height": .integer(700)])
    }

    @Test func lines() throws {
        let x = (0...200).map { Double($0) / 20 }
        func one(_ label: String, _ f: (Double) -> Double) -> Value {
            options(["x": Samples.list(x), "y": Samples.list(x.map(f)), "label": .string(label)])
        }
        let figure = try call(
            "plot.line",
            options([
                "series": table([
                    one("sin x") { sin($0) }, one("cos x") { cos($0) }, one("damped") { sin(2 * $0) * exp(-$0 / 4) },
                ]), "title": .string("Three curves"), "xlabel": .string("x (rad)"), "ylabel": .string("f(x)"),
            ]))
        try save(figure, "lines")
    }

    @Test func logarithmic() throws {
        let steps = (1...1000).map(Double.init)
        let figure = try call(
            "plot.line",
            options([
                "x": Samples.list(steps), "y": Samples.list(steps.map { 3 / $0 + 1e-4 * (2 + sin($0)) }),
                "logx": .boolean(true), "logy": .boolean(true), "title": .string("Estimator variance"),
                "xlabel": .string("samples"), "ylabel": .string("variance"), "label": .string("score function"),
            ]))
        try save(figure, "log")
    }

    @Test func mixture() throws {
        var noise = Samples.Noise()
        let values = (0..<4000).map { _ in noise.normal() }
        let x = (-40...40).map { Double($0) / 10 }
        let histogram = try call(
            "plot.histogram",
            table(
                [Samples.list(values)],
                [
                    "density": .boolean(true), "label": .string("samples"), "title": .string("Prior"),
                    "series": table([
                        options([
                            "x": Samples.list(x), "y": Samples.list(x.map { exp(-$0 * $0 / 2) / sqrt(2 * .pi) }),
                            "label": .string("density"),
                        ])
                    ]),
                ]))
        let errorbar = try call(
            "plot.errorbar",
            options([
                "x": numbers(1, 2, 3, 4, 5), "y": numbers(120_000, 150_000, 180_000, 170_000, 190_000),
                "yerr": numbers(9000, 20_000, 12_000, 7000, 15_000), "title": .string("Large numbers"),
                "xlabel": .string("run"), "style": .string("both"),
            ]))
        let n = 60
        let z = (0..<n * n).map { i -> Double in
            let (x, y) = (Double(i % n) / 29.5 * 2 - 2, Double(i / n) / 29.5 * 2 - 2)
            return exp(-pow(x * x + y * y - 1.5, 2) * 2) + 0.5 * exp(-4 * (x * x + pow(y - 1, 2)))
        }
        let field = Value.tensor(try Tensor(z, shape: [n, n]))
        let contour = try call(
            "plot.contour",
            table(
                [field],
                [
                    "x": numbers(-2, 2), "y": numbers(-2, 2), "filled": .boolean(true), "title": .string("Density"),
                    "xlabel": .string("x"), "ylabel": .string("y"),
                ]))
        let lines = try call(
            "plot.contour", table([field], ["x": numbers(-2, 2), "y": numbers(-2, 2), "title": .string("Contours")]))
        let heat = try call(
            "plot.image",
            table(
                [field],
                [
                    "colormap": .string("viridis"), "colorbar": .boolean(true), "vmax": .number(1.5),
                    "title": .string("Heat map"),
                ]))
        let scatter = try call(
            "plot.scatter",
            options([
                "series": table([
                    options([
                        "x": Samples.list(Array(values[0..<600])), "y": Samples.list(Array(values[600..<1200])),
                        "label": .string("noise"),
                    ]),
                    options([
                        "x": Samples.list(Array(values[0..<60]).map { $0 / 3 + 1 }),
                        "y": Samples.list(Array(values[700..<760]).map { $0 / 4 }), "label": .string("data"),
                    ]),
                ]), "title": .string("Points"),
            ]))
        let figure = try call(
            "plot.figure",
            options(["panels": table([histogram, errorbar, contour, lines, heat, scatter]), "columns": .integer(3)]))
        try save(figure, "six")
        try save(histogram, "histogram", ["width": .integer(400)])
    }
}
