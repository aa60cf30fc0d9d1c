import Foundation
import Pictures
import Scripting
import Tensors
import Testing

/// PNG files of other programs, and files that are no valid PNG.
@Suite struct PNGReadingTests {
    /// A pixel's value by the formula of Fixtures/make_fixtures.py.
    private static func sample(_ y: Int, _ x: Int, _ c: Int = 0) -> Double { Double((37 * y + 50 * x + 90 * c) % 256) }
    private static func alpha(_ y: Int, _ x: Int) -> Double { [0, 255, 128][(x + y) % 3] / 255 }
    private static let palette: [[Double]] = [[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255], [10, 20, 30]]

    private func fixture(_ name: String) throws -> String {
        try #require(Bundle.module.url(forResource: "Fixtures/" + name, withExtension: nil)).path
    }

    struct Case: CustomTestStringConvertible {
        let file: String
        let channels: Int
        /// In steps of 1/255. It is above 0 with alpha, which Cairo composites with two roundings.
        var tolerance = 0.0
        let expected: @Sendable (Int, Int, Int) -> Double
        var testDescription: String { file }
    }

    static let cases = [
        Case(file: "grey8.png", channels: 1) { y, x, _ in sample(y, x) },
        Case(file: "grey16.png", channels: 1) { y, x, _ in sample(y, x) },
        Case(file: "grey1.png", channels: 1) { y, x, _ in sample(y, x) >= 128 ? 255 : 0 },
        Case(file: "grey_alpha.png", channels: 1, tolerance: 1) { y, x, _ in
            255 + (sample(y, x) - 255) * alpha(y, x)
        },
        Case(file: "rgb8.png", channels: 3) { y, x, c in sample(y, x, c) },
        Case(file: "rgb16.png", channels: 3) { y, x, c in sample(y, x, c) },
        Case(file: "rgba.png", channels: 3, tolerance: 1) { y, x, c in 255 + (sample(y, x, c) - 255) * alpha(y, x) },
        Case(file: "interlaced.png", channels: 3) { y, x, c in sample(y, x, c) },
        Case(file: "palette.png", channels: 3) { y, x, c in palette[(x + y) % 5][c] },
    ]

    @Test(arguments: cases) func foreignFiles(_ this: Case) throws {
        let picture = try call("image.load", .string(try fixture(this.file))).tensor()
        #expect(picture.shape == (this.channels == 1 ? [4, 5] : [3, 4, 5]))
        #expect(picture.dtype == .float32)
        let values = try picture.toArray()
        for c in 0..<this.channels {
            for y in 0..<4 {
                for x in 0..<5 {
                    let got = values[(c * 4 + y) * 5 + x] * 255
                    let wanted = this.expected(y, x, c)
                    #expect(abs(got - wanted) <= this.tolerance + 1e-4, "channel \(c), row \(y), column \(x)")
                }
            }
        }
    }

    @Test func hugeDimensionsAreRefusedBeforeAllocation() throws {
        let memory = NativeMemory(limit: 1000)
        let text = try NativeMemory.$current.withValue(memory) {
            let path = try fixture("huge.png")
            return message { try call("image.load", .string(path)) }
        }
        #expect(text?.contains("2147483647 x 2147483647 pixels are too many") == true, "\(text ?? "no error")")
        #expect(memory.chargedBytes == 0)
    }

    /// A file that is too short for its number of pixels, even at deflate's best compression.
    @Test func pixelsThatCannotComeAreRefusedBeforeAllocation() throws {
        try withFolder { folder in
            var bytes = try contents(try fixture("rgb8.png"))
            // Width and height, most significant byte first: 8192 each.
            for place in [16, 20] { bytes.replaceSubrange(place..<place + 4, with: [0, 0, 0x20, 0]) }
            try Data(bytes).write(to: URL(fileURLWithPath: folder + "/claims.png"))
            let memory = NativeMemory()
            let text = NativeMemory.$current.withValue(memory) {
                message { try call("image.load", .string(folder + "/claims.png")) }
            }
            #expect(
                text?.contains("\(bytes.count) bytes cannot hold 8192 x 8192 pixels") == true, "\(text ?? "no error")")
            #expect(memory.chargedBytes == 0)
        }
    }

    @Test func decodingCountsAgainstTheMemoryCap() throws {
        let path = try fixture("rgb8.png")
        let memory = NativeMemory(limit: 100)
        let text = NativeMemory.$current.withValue(memory) { message { try call("image.load", .string(path)) } }
        #expect(text?.contains("not enough memory") == true)
        #expect(memory.liveBytes == 0)
    }

    /// Whatever bytes a file has, loading ends in a picture or in a ScriptError that names the operation.
    @Test(arguments: ["grey8.png", "rgba.png", "interlaced.png", "palette.png", "grey16.png"])
    func damagedFiles(_ name: String) throws {
        let whole = try contents(try fixture(name))
        try withFolder { folder in
            let path = folder + "/damaged.png"
            func outcome(_ bytes: [UInt8]) throws -> String? {
                try Data(bytes).write(to: URL(fileURLWithPath: path))
                return message { try call("image.load", .string(path)) }
            }
            // A file that is cut before the end of IDAT is refused; the bytes of IEND do not matter for the pixels.
            for length in 0..<(whole.count - 12) {
                let text = try outcome(Array(whole.prefix(length)))
                #expect(text?.hasPrefix("image.load: \"") == true, "cut at \(length): \(text ?? "loaded")")
            }
            for at in whole.indices {
                var bytes = whole
                bytes[at] ^= 0x10
                if let text = try outcome(bytes) {
                    #expect(text.hasPrefix("image.load: \""), "flipped at \(at): \(text)")
                }
            }
        }
    }

    @Test func filesThatAreNone() throws {
        try withFolder { folder in
            #expect(message { try call("image.load", .string(folder)) }?.contains("is not a regular file") == true)
            #expect(message { try call("image.load", .string(folder + "/none.png")) }?.contains("cannot open") == true)
            #expect(message { try call("image.load", .string("a\0b.png")) }?.contains("zero byte") == true)
            #expect(
                message { try call("image.load", .integer(3)) }
                    == "image.load: argument 1 (path): a string expected, got 3")
            let pipe = folder + "/pipe.png"
            #expect(mkfifo(pipe, 0o600) == 0)
            #expect(message { try call("image.load", .string(pipe)) }?.contains("is not a regular file") == true)
            let text = folder + "/text.png"
            try Data("GIF89a and nothing else of interest here".utf8).write(to: URL(fileURLWithPath: text))
            #expect(message { try call("image.load", .string(text)) }?.hasSuffix("is not a PNG file") == true)
        }
    }
}
