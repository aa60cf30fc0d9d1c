import Foundation
import Pictures
import Scripting
import Tensors

/// Data and figures that several tests draw.
enum Samples {
    static func list(_ values: [Double]) -> Value { table(values.map(Value.number)) }

    /// Normal numbers from a small generator, the same ones in every run.
    struct Noise {
        var state: UInt64 = 42
        mutating func uniform() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (Double(state >> 11) + 0.5) / 9_007_199_254_740_992
        }
        mutating func normal() -> Double { sqrt(-2 * log(uniform())) * cos(2 * .pi * uniform()) }
    }

    /// A round stroke on black, 28 x 28 pixels, similar to a handwritten zero.
    static func digit() -> [Double] {
        (0..<784).map { i in
            let (x, y) = ((Double(i % 28) - 13.5) / 7, (Double(i / 28) - 13.5) / 9.5)
            return max(0, min(1, 1.6 - 4.5 * abs((x * x + y * y).squareRoot() - 0.95)))
        }
    }

    /// The inpainting demonstration's figure: original, corrupted, inpainted, and -log p (nats) over the steps.
    static func inpainting(columns: Int = 4) throws -> Value {
        var noise = Noise()
        let original = digit()
        let corrupted = original.enumerated().map { $0.offset < 392 ? $0.element : noise.uniform() }
        let inpainted = original.enumerated().map { i, v in
            i < 392 ? v : max(0, min(1, v * 0.9 + 0.08 * noise.normal()))
        }
        func picture(_ values: [Double], _ title: String) throws -> Value {
            try call("plot.image", table([.tensor(try Tensor(values, shape: [28, 28]))], ["title": .string(title)]))
        }
        let energy = (1...300).map { 900 * exp(-Double($0) / 40) - 1350 + 9 * noise.normal() }
        let curve = try call(
            "plot.line",
            options([
                "y": list(energy), "title": .string("Energy during inpainting"), "xlabel": .string("step"),
                "ylabel": .string("\u{2212}log p(x)  [nats]"),
            ]))
        return try call(
            "plot.figure",
            options([
                "panels": table([
                    try picture(original, "original"), try picture(corrupted, "corrupted"),
                    try picture(inpainted, "inpainted"), curve,
                ]), "columns": .integer(columns),
            ]))
    }
}
