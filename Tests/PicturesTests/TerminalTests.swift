import Foundation
import Pictures
import Scripting
import Tensors
import Testing

@Suite struct TerminalTests {
    private static let escape = "\u{1B}"

    private func render(_ value: Value, _ named: [String: Value]) throws -> String {
        try call("image.render", value, options(named)).text()
    }

    // MARK: Characters

    @Test func plainCharactersFollowBrightness() throws {
        let ramp = try Tensor((0..<20).map { Double($0 % 10) / 9 }, shape: [2, 10])
        #expect(try render(.tensor(ramp), ["protocol": .string("ascii")]) == " .:-=+*#%@\n")
        let tall = try Tensor([1, 1, 0, 0, 1], shape: [5, 1])
        #expect(try render(.tensor(tall), ["protocol": .string("ascii")]) == "@\n\n@\n")
    }

    @Test func halfBlocksSetColoursOnlyWhereTheyChange() throws {
        let picture = try Tensor([0, 0, 1, 1, 0, 1], shape: [3, 2])
        let e = Self.escape
        #expect(
            try render(.tensor(picture), ["protocol": .string("blocks")])
                == "\(e)[38;2;0;0;0m\(e)[48;2;255;255;255m▀▀\(e)[0m\n"
                + "\(e)[38;2;0;0;0m▀\(e)[38;2;255;255;255m▀\(e)[0m\n")
        #expect(
            try render(.tensor(picture), ["protocol": .string("blocks256")])
                == "\(e)[38;5;16m\(e)[48;5;231m▀▀\(e)[0m\n" + "\(e)[38;5;16m▀\(e)[38;5;231m▀\(e)[0m\n")
    }

    @Test func threeDigitsWithCaptionsFitEightyColumns() throws {
        let digit = try Tensor.full([28, 28], 1)
        let row = table([.tensor(digit), .tensor(digit), .tensor(digit)])
        let text = try render(
            row,
            [
                "protocol": .string("ascii"), "width": .integer(80),
                "captions": strings("original", "corrupted", "inpainted"),
            ])
        let lines = text.split(separator: "\n")
        // Each picture has 25 columns and as many pixels of height, two of which share a row of characters.
        #expect(lines.count == 13 + 1)
        #expect(lines.allSatisfy { $0.count <= 80 })
        let side = String(repeating: "@", count: 25)
        #expect(lines.first.map(String.init) == "\(side)  \(side)  \(side)")
        #expect(
            lines.last.map(String.init) == "        original                   corrupted                  inpainted")
    }

    @Test func captionsBreakBetweenWords() throws {
        let digit = try Tensor.full([2, 8], 1)
        let text = try render(
            table([.tensor(digit), .tensor(digit)]),
            ["protocol": .string("ascii"), "width": .integer(18), "captions": strings("log p = 12", "a\tb")])
        #expect(text == "@@@@@@@@  @@@@@@@@\nlog p =     a b\n   12\n")
    }

    @Test func colourlessCubeAndGreysOfXterm() {
        #expect(XtermColors.nearest(RGB(0, 0, 0)) == 16)
        #expect(XtermColors.nearest(RGB(255, 255, 255)) == 231)
        #expect(XtermColors.nearest(RGB(128, 128, 128)) == 244)
        for index in 16...255 {
            #expect(XtermColors.color(XtermColors.nearest(XtermColors.color(index))) == XtermColors.color(index))
        }
    }

    // MARK: Graphics

    @Test func kittyFraming() throws {
        let text = InlineGraphics.kitty(png: [UInt8](repeating: 7, count: 4000))
        let pieces = text.dropLast().components(separatedBy: "\u{1B}\\").dropLast()
        #expect(pieces.count == 2)
        #expect(pieces.first?.hasPrefix("\u{1B}_Ga=T,f=100,q=2,m=1;Bwc") == true)
        #expect(pieces.first.map { $0.utf8.count } == "\u{1B}_Ga=T,f=100,q=2,m=1;".utf8.count + 4096)
        #expect(pieces.last?.hasPrefix("\u{1B}_Gm=0;") == true)
        let payload = pieces.map { $0.drop { $0 != ";" }.dropFirst() }.joined()
        #expect(Data(base64Encoded: payload).map(Array.init) == [UInt8](repeating: 7, count: 4000))
    }

    @Test func iterm2Framing() {
        #expect(
            InlineGraphics.iterm2(png: [1, 2, 3, 4], width: 5, height: 6)
                == "\u{1B}]1337;File=inline=1;size=4;width=5px;height=6px:AQIDBA==\u{07}\n")
    }

    @Test func base64IsFoundations() {
        for count in 0..<10 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 83 + 200) }
            #expect(Base64.encode(bytes) == Data(bytes).base64EncodedString())
        }
    }

    @Test func sixelGolden() {
        // Five columns and seven lines of pixels, black except for one white pixel in the second band of six.
        var raster = Raster(width: 5, height: 7, channels: 1, filled: 0)
        raster.samples[6 * 5 + 1] = 255
        #expect(
            Sixel.encode(raster)
                == "\u{1B}P0;1;0q\"1;1;5;7#16;2;0;0;0#231;2;100;100;100#16!5~$-#16@?@@@$#231?@???$-\u{1B}\\\n")
    }

    @Test(arguments: ["kitty", "iterm2"]) func graphicProtocolsCarryAWholePNG(_ name: String) throws {
        let text = try render(
            .tensor(try Tensor.full([28, 28], 0.5)), ["protocol": .string(name), "width": .integer(20)])
        let separator: Character = name == "kitty" ? ";" : ":"
        let payload = text.reversed().drop { !$0.isLetter && !$0.isNumber && $0 != "=" }.prefix { $0 != separator }
        let data = try #require(Data(base64Encoded: String(payload.reversed())))
        let header = try PNGHeader(data, file: "payload", for: "test")
        // 20 columns of 8 pixels have room for 28 pixels times 5.
        #expect(header.width == 140 && header.height == 140)
    }

    @Test func wideGraphicsAreShrunk() throws {
        let text = try render(
            .tensor(try Tensor.zeros([10, 1000])), ["protocol": .string("sixel"), "width": .integer(10)])
        #expect(text.hasPrefix("\u{1B}P0;1;0q\"1;1;80;1#16"))
    }

    // MARK: Choosing

    struct Choice: CustomTestStringConvertible {
        let environment: [String: String]
        var isTerminal = true
        let expected: TerminalProtocol
        var testDescription: String { "\(environment) -> \(expected)" }
    }

    static let choices = [
        Choice(environment: ["TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"], isTerminal: false, expected: .ascii),
        Choice(environment: ["TERM": "xterm-kitty"], expected: .kitty),
        Choice(environment: ["TERM": "xterm-kitty", "NO_COLOR": "1"], expected: .ascii),
        Choice(environment: ["TERM": "xterm-kitty", "NO_COLOR": ""], expected: .kitty),
        Choice(environment: ["TERM": "dumb", "COLORTERM": "truecolor"], expected: .ascii),
        Choice(environment: ["TERM_PROGRAM": "ghostty"], expected: .kitty),
        Choice(environment: ["TERM_PROGRAM": "iTerm.app"], expected: .iterm2),
        Choice(environment: ["TERM": "tmux-256color", "TERM_PROGRAM": "iTerm.app"], expected: .blocks256),
        Choice(
            environment: ["TERM": "xterm", "TMUX": "x", "KITTY_WINDOW_ID": "1", "COLORTERM": "24bit"], expected: .blocks
        ),
        Choice(environment: ["TERM": "foot"], expected: .sixel),
        Choice(environment: ["TERM": "xterm-256color", "COLORTERM": "truecolor"], expected: .blocks),
        Choice(environment: ["TERM": "xterm-256color"], expected: .blocks256),
        Choice(environment: [:], expected: .blocks256),
    ]

    @Test(arguments: choices) func protocolIsDetected(_ this: Choice) {
        #expect(TerminalProtocol.detect({ this.environment[$0] }, isTerminal: this.isTerminal) == this.expected)
    }

    // MARK: Refusals

    @Test func refusals() throws {
        let picture = Value.tensor(try Tensor.zeros([2, 2]))
        func text(_ value: Value, _ named: [String: Value]) -> String {
            message { _ = try render(value, named) } ?? "no error"
        }
        #expect(text(picture, ["protocol": .string("kity")]).contains("did you mean \"kitty\""))
        #expect(text(picture, ["widht": .integer(3)]).contains("did you mean \"width\""))
        #expect(text(picture, ["width": .integer(0)]).contains("from 1 to 1000 expected, got 0"))
        #expect(text(picture, ["captions": .integer(3)]).contains("a string or a list of strings expected, got 3"))
        let nan = Value.tensor(try Tensor([.nan], shape: [1, 1]))
        #expect(text(nan, ["protocol": .string("ascii")]) == "image.render: x[{1, 1}] is nan")
        let row = table([picture, nan])
        #expect(text(row, ["protocol": .string("ascii")]) == "image.render: picture 2[{1, 1}] is nan")
        let pair = table([picture, picture])
        #expect(text(pair, ["width": .integer(2), "protocol": .string("ascii")]).contains("do not fit side by side"))
    }
}
