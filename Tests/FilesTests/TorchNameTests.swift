import Scripting
import Tensors
import Testing

@testable import Files

/// Names in a `.pt` are bytes: what Unicode holds equal is two names, and what is no UTF-8 is a name, too.
@Suite struct TorchNameTests {
    /// Pairs that `String` takes for equal.
    static let pairs = [("\u{e9}", "e\u{301}"), ("\u{212b}", "\u{c5}"), ("A\u{30a}", "\u{c5}"), ("\u{2126}", "\u{3a9}")]

    /// One number in a storage of its own.
    private static func tensor(_ key: String) -> [UInt8] { Pickle.tensor(Pickle.storage(key, count: 1), [1], [1]) }
    private static func dictionary(_ items: [(String, [UInt8])]) -> [UInt8] {
        Pickle.emptyDict + Pickle.mark + items.flatMap { Pickle.text($0.0) + $0.1 } + Pickle.setItems
    }
    /// An object of a class that is none of ours, with attributes.
    private static func module(_ items: [(String, [UInt8])]) -> [UInt8] {
        Pickle.global("torch.nn.modules.module", "Module") + Pickle.emptyTuple + [0x81] + dictionary(items) + Pickle.build
    }
    private static func load(_ pickle: [UInt8]) throws -> StateDict {
        let storages = (0..<3).map { (String($0), word(Int(Float($0 + 1).bitPattern), 4)) }
        return try Fixture.load(ZipBuilder(pickle: Pickle.proto + pickle + Pickle.stop, storages: storages).bytes)
    }
    /// The names as bytes with the number that each has.
    private static func contents(_ dict: StateDict) throws -> [ByteString: [Double]] {
        try Dictionary(dict.entries.map { (ByteString($0.name), try $0.tensor.toArray()) }, uniquingKeysWith: { first, _ in first })
    }

    @Test(arguments: pairs) func namesThatUnicodeHoldsEqualAreTwo(first: String, second: String) throws {
        let both = [(first, Self.tensor("0")), (second, Self.tensor("1"))]
        let expected: [ByteString: [Double]] = [ByteString(first): [1], ByteString(second): [2]]
        #expect(try Self.contents(Self.load(Self.dictionary(both))) == expected)
        #expect(try Self.contents(Self.load(Self.dictionary([("model", Self.dictionary(both))]))) == expected)
        // Two models under such names.
        let models = both.map { ($0.0, Self.dictionary([("w", $0.1)])) }
        #expect(
            try Self.contents(Self.load(Self.dictionary(models))) == [ByteString(first + ".w"): [1], ByteString(second + ".w"): [2]])
        // The parameters and buffers of a module, of which one buffer is not saved.
        let passing = Pickle.emptyList + Pickle.text(second) + Pickle.append
        for place in ["_parameters", "_buffers"] {
            #expect(try Self.contents(Self.load(Self.module([(place, Self.dictionary(both))]))) == expected)
        }
        let buffers = [("_buffers", Self.dictionary(both)), ("_non_persistent_buffers_set", passing)]
        #expect(try Self.contents(Self.load(Self.module(buffers))) == [ByteString(first): [1]])
    }

    /// `{"\udcff": w}`, as of file names that Python decoded, and a `str` of Python 2 in Latin-1: Python's notation is the name.
    @Test func namesThatAreNoUTF8() throws {
        let surrogate: [UInt8] = [0x58] + word(4, 4) + [0xed, 0xb3, 0xbf, 0x78]
        let latin: [UInt8] = [0x55, 3, 0x67, 0xf6, 0x67]
        let pickle = Pickle.emptyDict + Pickle.mark + surrogate + Self.tensor("0") + latin + Self.tensor("1")
            + Pickle.text("ok") + Self.tensor("2") + Pickle.text("comment") + surrogate + Pickle.setItems
        #expect(try Self.contents(Self.load(pickle)) == ["\\udcffx": [1], "g\\xf6g": [2], "ok": [3]])
        for cut in 0..<3 {
            // Such a text may end anywhere.
            let bytes: [UInt8] = Array([0xed, 0xb3, 0xbf].prefix(cut + 1))
            let text = PickleMachine.text(bytes[...])
            #expect(text == ["\\xed", "\\xed\\xb3", "\\udcff"][cut])
        }
    }

    /// A whole number for a key is a name beside texts, as it is alone.
    @Test func wholeNumbersAreNames() throws {
        let pickle = Pickle.emptyDict + Pickle.mark + Pickle.integer(7) + Self.tensor("0") + Pickle.text("w") + Self.tensor("1")
            + Pickle.setItems
        #expect(try Self.contents(Self.load(pickle)) == ["7": [1], "w": [2]])
    }

    /// `torch.save(x, path, pickle_protocol=1, _use_new_zipfile_serialization=False)`: the first protocol has no mark.
    @Test func theOldFormatInTheFirstProtocol() throws {
        let stop = Pickle.stop
        let storage = Pickle.tuple([
            Pickle.text("storage"), Pickle.global("torch", "FloatStorage"), Pickle.text("9"), Pickle.text("cpu"), [0x4b, 2],
            [0x4e],
        ]) + [0x51]
        let object = Pickle.emptyDict + Pickle.text("w") + Pickle.tensor(storage, [2], [1]) + [0x73]
        let file = Array("L119547037146038801333356L\n.".utf8) + [0x4d, 0xe9, 3] + stop + Pickle.emptyDict + stop + object + stop
            + Pickle.emptyList + Pickle.text("9") + Pickle.append + stop
            + word(2, 8) + word(Int(Float(3).bitPattern), 4) + word(Int(Float(4).bitPattern), 4)
        try expect(try Fixture.load(file)["w"], [2], .float32, [3, 4])
    }
}
