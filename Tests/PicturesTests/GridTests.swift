import Pictures
import Scripting
import Tensors
import Testing

@Suite struct GridTests {
    private func pictures(_ tensors: Tensor...) -> Value { table(tensors.map(Value.tensor)) }

    @Test func everyPixelLandsInItsCell() throws {
        let a = try Tensor([0.1, 0.2, 0.3, 0.4], shape: [2, 2])
        let b = try Tensor([0.5, 0.6], shape: [1, 2])
        let sheet = try call(
            "image.grid", pictures(a, b, a), options(["columns": .integer(2), "padding": .integer(1)])
        ).tensor()
        #expect(sheet.shape == [7, 7])
        let o = 1.0
        let wanted: [Double] = [
            o, o, o, o, o, o, o,
            o, 0.1, 0.2, o, 0.5, 0.6, o,
            o, 0.3, 0.4, o, o, o, o,
            o, o, o, o, o, o, o,
            o, 0.1, 0.2, o, o, o, o,
            o, 0.3, 0.4, o, o, o, o,
            o, o, o, o, o, o, o,
        ]
        #expect(zip(try sheet.toArray(), wanted).allSatisfy { abs($0 - $1) < 1e-7 })
    }

    @Test func scaleRepeatsPixels() throws {
        let a = try Tensor([0, 1], shape: [1, 2])
        let sheet = try call("image.grid", pictures(a), options(["scale": .integer(2), "padding": .integer(0)]))
            .tensor()
        #expect(sheet.shape == [2, 4])
        #expect(try sheet.toArray() == [0, 0, 1, 1, 0, 0, 1, 1])
    }

    @Test func oneColourPictureMakesAColourSheet() throws {
        let grey = try Tensor.full([2, 2], 0.5)
        let color = try Tensor([1, 0, 0], shape: [3, 1, 1]).expand([3, 2, 2])
        let sheet = try call("image.grid", pictures(grey, color), options(["padding": .integer(0)])).tensor()
        #expect(sheet.shape == [3, 2, 4])
        let row: (Double) -> [Double] = { [0.5, 0.5, $0, $0] }
        #expect(try sheet.toArray() == [row(1), row(1), row(0), row(0), row(0), row(0)].flatMap { $0 })
    }

    @Test(arguments: [([4, 2, 3], [7, 14]), ([4, 1, 2, 3], [7, 14]), ([4, 3, 2, 3], [3, 7, 14])])
    func batches(_ shape: [Int], _ sheet: [Int]) throws {
        let made = try call(
            "image.grid", .tensor(try Tensor.zeros(shape)),
            options(["columns": .integer(3), "padding": .integer(1), "background": .number(0)])
        ).tensor()
        #expect(made.shape == [sheet.count == 3 ? [3] : [], [7, 13]].flatMap { $0 })
    }

    @Test func captionsTakeRoomAndLeaveInk() throws {
        let black = try Tensor.zeros([28, 28])
        let plain = try call("image.grid", pictures(black, black), options(["scale": .integer(4)])).tensor()
        let captioned = try call(
            "image.grid", pictures(black, black),
            options(["scale": .integer(4), "captions": strings("original", "corrupted")])
        ).tensor()
        #expect(captioned.shape[1] == plain.shape[1])
        let added = captioned.shape[0] - plain.shape[0]
        #expect((12...30).contains(added))
        // The band under the pictures has dark pixels in both halves, on white.
        let band = try captioned.slice(0, from: 2 + 112, count: added)
        for half in 0..<2 {
            let values = try band.slice(1, from: half * 115, count: 114).toArray()
            #expect(values.contains { $0 < 0.3 } && values.filter { $0 > 0.99 }.count > values.count / 2)
        }
    }

    struct Refused: CustomTestStringConvertible {
        let pictures: @Sendable () throws -> Value
        let options: @Sendable () -> Value
        let says: String
        var testDescription: String { says }
    }

    static let one: @Sendable () throws -> Value = { table([.tensor(try Tensor.zeros([2, 2]))]) }
    static let refused = [
        Refused(pictures: { table() }, options: { .none }, says: "no pictures given"),
        Refused(pictures: { table([.integer(1)]) }, options: { .none }, says: "element 1: a tensor expected, got 1"),
        Refused(pictures: { .integer(1) }, options: { .none }, says: "a tensor or a table of tensors expected, got 1"),
        Refused(
            pictures: { table([.tensor(try Tensor.zeros([2]))]) }, options: { .none }, says: "picture 1: shape (H, W)"),
        Refused(
            pictures: one, options: { PicturesTests.options(["colums": .integer(2)]) }, says: "did you mean \"columns\""
        ),
        Refused(
            pictures: one, options: { PicturesTests.options(["columns": .integer(0)]) },
            says: "from 1 to 10000 expected, got 0"),
        Refused(
            pictures: one, options: { PicturesTests.options(["background": .number(2)]) },
            says: "from 0 to 1 expected, got 2"),
        Refused(
            pictures: { table([.tensor(try Tensor.zeros([100, 100]))]) },
            options: { PicturesTests.options(["scale": .integer(1000)]) }, says: "too many"),
        Refused(
            pictures: one, options: { PicturesTests.options(["captions": strings("a", "b")]) },
            says: "2 captions for 1 pictures"),
    ]

    @Test(arguments: refused) func refusals(_ this: Refused) throws {
        let given = try this.pictures()
        let text = message { try call("image.grid", given, this.options()) }
        #expect(text?.hasPrefix("image.grid: ") == true && text?.contains(this.says) == true, "\(text ?? "no error")")
    }
}
