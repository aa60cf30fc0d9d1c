import Foundation
import Pictures
import Scripting
import Tensors
import Testing

@Suite struct PNGWritingTests {
    private static let levels = (0..<256).map { Double($0) / 255 }

    @Test(arguments: [[16, 16], [1, 16, 16]]) func everyGreyLevelComesBackExactly(_ shape: [Int]) throws {
        try withFolder { folder in
            let picture = try Tensor(Self.levels, shape: shape)
            try call("image.save", .string(folder + "/a.png"), .tensor(picture))
            let back = try call("image.load", .string(folder + "/a.png")).tensor()
            #expect(back.shape == [16, 16])
            #expect(try back.toArray() == picture.toArray())
        }
    }

    @Test func coloursComeBackExactlyFromAnyLayout() throws {
        try withFolder { folder in
            let levels: [Int] = (0..<105).map { $0 * 41 % 256 }
            let values = levels.map { Double($0) / 255 }
            // A tensor of shape (5, 7, 3) permuted to (3, 5, 7), whose strides are not row-major.
            let picture = try Tensor(values, shape: [5, 7, 3], .float64).permute([2, 0, 1])
            try call("image.save", .string(folder + "/a.png"), .tensor(picture))
            let back = try call("image.load", .string(folder + "/a.png")).tensor()
            #expect(back.shape == [3, 5, 7])
            let wanted = try picture.toArray()
            #expect(zip(try back.toArray(), wanted).allSatisfy { abs($0 - $1) < 1e-7 })
        }
    }

    @Test func valuesAreClampedAndRounded() throws {
        let picture = try Tensor([-3, 7, .infinity, -.infinity, 0.5, 0.4999 / 255], shape: [2, 3], .float64)
        #expect(try Raster(picture, for: "test").samples == [0, 255, 255, 0, 128, 0])
    }

    @Test func savingLeavesNothingBesideTheFile() throws {
        try withFolder { folder in
            let path = folder + "/a.png"
            try call("image.save", .string(path), .tensor(try Tensor.full([2, 2], 1)))
            let first = try contents(path)
            try call("image.save", .string(path), .tensor(try Tensor.full([2, 2], 1)))
            #expect(try contents(path) == first)
            #expect(message { try call("image.save", .string(path), .tensor(try Tensor.full([2, 2], .nan))) } != nil)
            #expect(try contents(path) == first)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.png"])
        }
    }

    struct Refused: CustomTestStringConvertible {
        let path: String
        let value: @Sendable () throws -> Value
        let says: String
        var testDescription: String { says }
    }

    static let refused = [
        Refused(path: "a.png", value: { .tensor(try Tensor.zeros([4])) }, says: "got (4)"),
        Refused(path: "a.png", value: { .tensor(try Tensor.zeros([2, 4, 4])) }, says: "got (2, 4, 4); image.grid"),
        Refused(path: "a.png", value: { .tensor(try Tensor.zeros([0, 4])) }, says: "4 x 0 pixels has no pixels"),
        Refused(path: "a.png", value: { .tensor(try Tensor.zeros([1]).expand([1, 20_001])) }, says: "too many"),
        Refused(path: "a.png", value: { .tensor(try Tensor.zeros([1]).expand([20_000, 20_000])) }, says: "too many"),
        Refused(
            path: "a.png", value: { .tensor(try Tensor([1, 2, .nan, 4], shape: [2, 2])) }, says: "x[{2, 1}] is nan"),
        Refused(
            path: "a.png", value: { .tensor(try Tensor([1, 2, .nan], shape: [3, 1, 1])) }, says: "x[{3, 1, 1}] is nan"),
        Refused(path: "a.jpg", value: { .tensor(try Tensor.zeros([2, 2])) }, says: "does not end in .png"),
        Refused(path: "png", value: { .tensor(try Tensor.zeros([2, 2])) }, says: "does not end in .png"),
        Refused(path: "none/a.png", value: { .tensor(try Tensor.zeros([2, 2])) }, says: "cannot write"),
        Refused(path: "a.png", value: { .string("x") }, says: "argument 2 (x): a tensor expected, got \"x\""),
    ]

    @Test(arguments: refused) func refusals(_ this: Refused) throws {
        try withFolder { folder in
            let value = try this.value()
            let text = message { try call("image.save", .string(folder + "/" + this.path), value) }
            #expect(
                text?.hasPrefix("image.save: ") == true && text?.contains(this.says) == true, "\(text ?? "no error")")
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(files.isEmpty)
        }
    }

    @Test func aFolderInTheWay() throws {
        try withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "/a.png", withIntermediateDirectories: false)
            let text = message {
                try call("image.save", .string(folder + "/a.png"), .tensor(try Tensor.zeros([2, 2])))
            }
            #expect(text?.contains("is a folder, not a file") == true)
        }
    }
}
