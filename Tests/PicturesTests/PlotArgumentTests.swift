import Foundation
import Pictures
import Scripting
import Tensors
import Testing

/// Every call that is refused, and its message.
@Suite struct PlotArgumentTests {
    struct Refused: CustomTestStringConvertible, Sendable {
        let function: String
        let arguments: @Sendable () throws -> Value
        let says: String
        var testDescription: String { "\(function): \(says)" }

        init(_ function: String, _ says: String, _ arguments: @escaping @Sendable () throws -> Value) {
            self.function = function
            self.arguments = arguments
            self.says = says
        }
    }

    static let refused = [
        Refused("plot.line", "one table of arguments expected, got 3") { .integer(3) },
        Refused("plot.line", "no series given") { table() },
        Refused("plot.line", "no series given") { options(["series": table()]) },
        Refused("plot.line", "x is given, y is not") { options(["x": numbers(1)]) },
        Refused("plot.line", "option y: at least one number expected") { options(["y": table()]) },
        Refused("plot.line", "x has 2 numbers, y has 3") { options(["x": numbers(1, 2), "y": numbers(1, 2, 3)]) },
        Refused("plot.line", "option y: no number that can be drawn") { options(["y": numbers(.infinity, .nan)]) },
        Refused("plot.histogram", "option x: element 2 is nan") { options(["x": numbers(1, .nan)]) },
        Refused("plot.line", "y: a list of numbers expected") { options(["y": strings("a")]) },
        Refused("plot.line", "y: a tensor or a list of numbers expected, got \"a\"") { options(["y": .string("a")]) },
        Refused("plot.line", "y: shape (N) expected, got (2, 2)") {
            options(["y": .tensor(try Tensor.zeros([2, 2]))])
        },
        Refused("plot.line", "unknown option titel (did you mean \"title\"?)") {
            options(["y": numbers(1), "titel": .string("a")])
        },
        Refused("plot.line", "option series: element 2: unknown option lable (did you mean \"label\"?)") {
            options(["series": table([options(["y": numbers(1)]), options(["y": numbers(1), "lable": .string("a")])])])
        },
        Refused("plot.line", "option series: element 1: no y given") { options(["series": table([table()])]) },
        Refused("plot.line", "option series: element 1: a table expected, got 1") { options(["series": numbers(1)]) },
        Refused("plot.line", "y[2] is 0.0: a logarithmic axis (logy)") {
            options(["y": numbers(1, 0), "logy": .boolean(true)])
        },
        Refused("plot.line", "{low, high} with low < high expected, got {2.0, 1.0}") {
            options(["y": numbers(1), "xlim": numbers(2, 1)])
        },
        Refused("plot.line", "too narrow") { options(["y": numbers(1), "ylim": numbers(1, 1.000_000_000_01)]) },
        Refused("plot.line", "option ylim: a logarithmic axis begins above 0") {
            options(["y": numbers(1), "logy": .boolean(true), "ylim": numbers(0, 1)])
        },
        Refused("plot.line", "got \"bleu\" (did you mean \"blue\"?)") {
            options(["y": numbers(1), "color": .string("bleu")])
        },
        Refused("plot.line", "got \"#12345\"") { options(["y": numbers(1), "color": .string("#12345")]) },
        Refused("plot.line", "got \"#+12345\"") { options(["y": numbers(1), "color": .string("#+12345")]) },
        Refused("plot.line", "option style: one of line, points") {
            options(["y": numbers(1), "style": .string("bars")])
        },
        Refused("plot.line", "option linewidth: a number above 0") {
            options(["y": numbers(1), "linewidth": .number(0)])
        },
        Refused("plot.line", "option legend: one of auto") { options(["y": numbers(1), "legend": .string("left")]) },
        Refused("plot.errorbar", "no yerr given") { options(["y": numbers(1)]) },
        Refused("plot.errorbar", "option yerr: element 1 is -1.0") { options(["y": numbers(1), "yerr": numbers(-1)]) },
        Refused("plot.errorbar", "y has 1 numbers, yerr has 2") { options(["y": numbers(1), "yerr": numbers(1, 2)]) },
        Refused("plot.histogram", "argument 1 (x): a tensor or a list of numbers expected, got nil") { table() },
        Refused("plot.histogram", "option bins: a whole number from 1 to 10000 expected, got 0") {
            table([numbers(1)], ["bins": .integer(0)])
        },
        Refused("plot.image", "argument 1 (x): a tensor of shape (H, W) or (3, H, W) expected, got 1") {
            table([.integer(1)])
        },
        Refused("plot.image", "argument 1 (x): shape (H, W) expected, got (2, 2, 2)") {
            table([.tensor(try Tensor.zeros([2, 2, 2]))])
        },
        Refused("plot.image", "argument 1 (x): element {1, 2} is nan") {
            table([.tensor(try Tensor([1, .nan], shape: [1, 2]))])
        },
        Refused("plot.image", "option colorbar is for shape (H, W), got (3, 2, 2)") {
            table([.tensor(try Tensor.zeros([3, 2, 2]))], ["colorbar": .boolean(true)])
        },
        Refused("plot.image", "option xlim needs axes") {
            table([.tensor(try Tensor.zeros([2, 2]))], ["xlim": numbers(0, 1)])
        },
        Refused("plot.image", "vmin <= vmax expected, got 2 and 1") {
            table([.tensor(try Tensor.zeros([2, 2]))], ["vmin": .number(2), "vmax": .number(1)])
        },
        Refused("plot.contour", "at least 2 rows and 2 columns expected, got (1, 3)") {
            table([.tensor(try Tensor.zeros([1, 3]))])
        },
        Refused("plot.contour", "option x: 2 or 4 numbers expected, got 3") {
            table([.tensor(try Tensor.zeros([2, 4]))], ["x": numbers(1, 2, 3)])
        },
        Refused("plot.contour", "evenly spaced numbers expected, x[2] is 2.0") {
            table([.tensor(try Tensor.zeros([2, 3]))], ["x": numbers(1, 2, 9)])
        },
        Refused("plot.contour", "option y: must grow") {
            table([.tensor(try Tensor.zeros([2, 3]))], ["y": numbers(2, 1)])
        },
        Refused("plot.figure", "option panels: a list of figures expected, got nil") { table() },
        Refused("plot.figure", "no panels given") { options(["panels": table()]) },
        Refused("plot.figure", "element 1: a figure (what plot.line and its like return) expected, got 1") {
            options(["panels": numbers(1)])
        },
        Refused("plot.figure", "101 panels are too many") {
            let one = try call("plot.line", table([numbers(1)]))
            return options(["panels": table([Value](repeating: one, count: 101))])
        },
    ]

    @Test(arguments: refused) func refusals(_ this: Refused) throws {
        let arguments = try this.arguments()
        let text = message { try call(this.function, arguments) } ?? "no error"
        #expect(text.hasPrefix(this.function + ": ") && text.contains(this.says), "\(text)")
    }

    static let unsaved: [(String, [String: Int], String)] = [
        ("a.jpg", [:], "does not end in one of the known formats: .png, .svg, .pdf"),
        ("a.pgn", [:], "did you mean \"png\"?"),
        ("png", [:], "does not end in one of the known formats"),
        ("none/a.svg", [:], "cannot write"),
        ("a.png", ["width": 15], "option width: a whole number from 16 to 20000 expected, got 15"),
        ("a.png", ["height": 20_001], "from 16 to 20000 expected, got 20001"),
        ("a.png", ["width": 20_000, "height": 20_000], "pixels are too many"),
        ("a.pdf", ["scale": 0], "option scale: a number from 0.05 to 100 expected, got 0"),
        ("a.png", ["widht": 100], "did you mean \"width\"?"),
    ]

    @Test(arguments: unsaved) func nothingIsWrittenByARefusedSave(
        _ path: String, _ sizes: [String: Int], _ says: String
    ) throws {
        let figure = try call("plot.line", table([numbers(1, 2)]))
        try withFolder { folder in
            let text =
                message {
                    try call(
                        "figure:save", figure, .string("\(folder)/\(path)"), options(sizes.mapValues(Value.integer)))
                }
                ?? "no error"
            #expect(text.hasPrefix("figure:save: ") && text.contains(says), "\(text)")
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(files.isEmpty)
        }
    }

    @Test func drawingCountsAgainstTheMemoryCap() throws {
        let figure = try call("plot.line", table([numbers(1, 2)]))
        let memory = NativeMemory(limit: 1000)
        try withFolder { folder in
            let text = NativeMemory.$current.withValue(memory) {
                message { try call("figure:save", figure, .string(folder + "/a.png")) }
            }
            #expect(text?.contains("not enough memory") == true, "\(text ?? "no error")")
            #expect(memory.liveBytes == 0)
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(files.isEmpty)
        }
    }

    @Test func cataloguesAreDocumented() {
        let functions = ImageModule().functions + PlotModule().functions + PlotModule().types.flatMap(\.methods)
        #expect(Set(functions.map(\.name)).count == functions.count)
        for function in functions {
            #expect(function.documentation.signature.hasPrefix(function.name), "\(function.name)")
            #expect(function.documentation.errors != nil && function.documentation.example != nil, "\(function.name)")
        }
    }
}
