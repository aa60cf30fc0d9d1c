import Foundation
import Pictures
import Scripting
import Tensors
import Testing

/// Whatever numbers a script gives, as data or options, a plot is drawn or refused: no trap, and no endless loop.
@Suite struct OddNumberTests {
    static var odd: [Value] {
        [
            .number(0), .number(-0.0), .number(least), .number(-least), .number(1e-300 / 1e10), .number(2e-300),
            .number(1e-290),
            .number(1), .number(1 + 2.3e-16), .number(-3), .number(1e15), .number(1e150), .number(1e308),
            .number(1.7e308),
            .number(-1.7e308), .number(.infinity), .number(-.infinity), .number(.nan), .number(9.223372036854775807e18),
            .integer(.max), .integer(.min), .integer(0), .integer(-1), .integer(1 << 53),
        ]
    }

    /// Draws to every kind of output; anything but a drawing or a script's error fails.
    private func tryOut(_ what: String, _ make: () throws -> Value) {
        do {
            let figure = try make()
            for mode in ["ascii", "sixel"] {
                _ = try call("figure:render", figure, options(["protocol": .string(mode), "width": .integer(24)]))
            }
        } catch is ScriptError {
            return
        } catch {
            Issue.record("\(what): \(error)")
        }
    }

    /// Random choices; the same seed makes the same ones.
    private struct Dice {
        var noise = Samples.Noise()
        mutating func roll(_ count: Int) -> Int { min(Int(noise.uniform() * Double(count)), count - 1) }
        mutating func pick<T>(_ list: [T]) -> T { list[roll(list.count)] }
        mutating func numbers(_ count: Int) -> Value { table((0..<count).map { _ in pick(OddNumberTests.odd) }) }
        mutating func matrix(_ rows: Int, _ columns: Int) throws -> Value {
            let values = (0..<rows * columns).map { _ in pick(OddNumberTests.odd).asNumber ?? 0 }
            return .tensor(try Tensor(values, shape: [rows, columns], .float64))
        }
    }

    /// The first fault of this kind: the ticks of a range of subnormal numbers.
    @Test func aSubnormalRangeIsDrawn() throws {
        for values in [[0, least], [least, 2 * least], [-least, least], [0, 1e-300], [1e-300 / 1e10, 3e-300 / 1e10]] {
            for log in [false, values[0] > 0] {
                let figure = try call(
                    "plot.line", table([Samples.list(values)], ["logy": .boolean(log), "label": .string("tiny")]))
                _ = try withFolder {
                    try call("figure:save", figure, .string($0 + "/x.png"), options(["width": .integer(64)]))
                }
                _ = try call("figure:render", figure, options(["protocol": .string("ascii")]))
            }
            #expect(Ticks.linear(values[0], values[1], count: 5).marks.allSatisfy { $0.value >= values[0] })
            _ = try call("plot.histogram", table([Samples.list(values)], ["density": .boolean(true)]))
            let matrix = Value.tensor(try Tensor(values + values, shape: [2, 2], .float64))
            _ = try call("plot.contour", table([matrix]))
        }
    }

    /// Every pair of odd numbers as data, limits and ticks.
    @Test func everyPairOfNumbers() throws {
        for a in Self.odd {
            for b in Self.odd {
                let both = table([a, b])
                let ok = numbers(1, 2, 3)
                let what = "\(a.shown), \(b.shown)"
                tryOut("line \(what)") { try call("plot.line", table([both])) }
                tryOut("limits \(what)") { try call("plot.line", table([ok], ["xlim": both, "ylim": both])) }
                tryOut("ticks \(what)") {
                    try call("plot.bar", table([ok], ["xticks": both, "yticks": both, "width": b]))
                }
                tryOut("log \(what)") {
                    try call("plot.scatter", table([both, both], ["logx": .boolean(true), "logy": .boolean(true)]))
                }
            }
        }
    }

    static let functions = [
        "plot.line", "plot.scatter", "plot.errorbar", "plot.bar", "plot.histogram", "plot.image", "plot.contour",
    ]

    /// Random data with random options of all plot functions.
    @Test(arguments: functions) func randomCalls(function: String) throws {
        var dice = Dice()
        dice.noise.state = UInt64(functionsSeed(function))
        for round in 0..<150 {
            let isMatrix = function == "plot.image" || function == "plot.contour"
            let count = dice.pick([0, 1, 1, 2, 3, 7])
            let data = isMatrix ? try dice.matrix(dice.pick([1, 2, 3]), dice.pick([1, 2, 5])) : dice.numbers(count)
            var named: [String: Value] = [:]
            let choices = [
                "xlim", "ylim", "xticks", "yticks", "logx", "logy", "aspect", "yerr", "linewidth", "markersize",
                "alpha",
                "bins", "density", "vmin", "vmax", "levels", "x", "y", "xrange", "width", "label", "legend",
                "linestyle",
            ]
            for _ in 0..<dice.roll(4) {
                let name = dice.pick(choices)
                switch name {
                case "xlim", "ylim", "xrange", "x", "y": named[name] = dice.numbers(dice.pick([2, 2, 2, 3]))
                case "xticks", "yticks", "levels": named[name] = dice.numbers(dice.roll(4))
                case "yerr": named[name] = dice.numbers(count)
                case "logx", "logy", "density": named[name] = .boolean(true)
                case "aspect": named[name] = .string("equal")
                case "label": named[name] = .string("odd")
                case "legend": named[name] = .string(dice.pick(["auto", "outside", "topleft"]))
                case "linestyle": named[name] = .string(dice.pick(["--", ":", "dashdot"]))
                default: named[name] = dice.pick(Self.odd)
                }
            }
            let shown = named.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value.shown)" }.joined(separator: ", ")
            tryOut("\(function), round \(round): \(shown)") { try call(function, table([data], named)) }
        }
    }

    private static let least = Double.leastNonzeroMagnitude
    private var least: Double { Self.least }

    private func functionsSeed(_ name: String) -> Int { name.utf8.reduce(7) { ($0 * 31 + Int($1)) % 1_000_003 } }

    /// Odd sizes of files and terminals.
    @Test func oddSizes() throws {
        let figure = try call("plot.line", table([numbers(1, 2)]))
        try withFolder { folder in
            for size in Self.odd {
                for name in ["width", "height", "scale"] {
                    for ending in ["png", "svg", "pdf"] {
                        do {
                            try call("figure:save", figure, .string("\(folder)/a.\(ending)"), options([name: size]))
                        } catch is ScriptError {}
                    }
                }
                tryOut("columns \(size.shown)") {
                    _ = try call("figure:render", figure, options(["protocol": .string("ascii"), "width": size]))
                    return figure
                }
                tryOut("panel widths \(size.shown)") {
                    try call(
                        "plot.figure",
                        options(["panels": table([figure, figure]), "widths": table([size, .number(1)])]))
                }
            }
        }
    }

    /// Pictures of odd numbers, and odd options of the functions that take pictures.
    @Test func oddPictures() throws {
        var dice = Dice()
        for _ in 0..<60 {
            let picture = try dice.matrix(dice.pick([1, 2, 4]), dice.pick([1, 3]))
            let option = dice.pick(["width", "columns", "padding", "scale", "background"])
            for function in ["image.grid", "image.render"] {
                let first = function == "image.grid" ? table([picture, picture]) : picture
                do {
                    try call(function, first, options([option: dice.pick(Self.odd), "protocol": .string("ascii")]))
                } catch is ScriptError {}
                do { try call(function, first, options(["protocol": .string("ascii")])) } catch is ScriptError {}
                do { try call(function, first, options([option: dice.pick(Self.odd)])) } catch is ScriptError {}
            }
        }
    }
}
