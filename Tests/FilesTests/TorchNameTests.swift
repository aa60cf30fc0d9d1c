import Scripting
import Tensors
import Testing

@testable import Files

/// Names in a `.pt` are bytes: texts that Unicode holds equal are two names, and invalid UTF-8 is a name, too.
@Suite struct TorchNameTests {
    /// Pairs of texts that `String` compares as equal.
    static let pairs = [("\u{e9}", "e\u{301}"), ("\u{212b}", "\u{c5}"), ("A\u{30a}", "\u{c5}"), ("\u{2126}", "\u{3a9}")]

    /// A tensor of one number in a storage of its own.
    private static func tensor(_ key: String) -> [UInt8] { Pickle.tensor(Pickle.storage(key, count: 1), [1], [1]) }
    private static func dictionary(_ items: [(String, [UInt8])]) -> [UInt8] {
        Pickle.emptyDict + Pickle.mark + items.flatMap { Pickle.text($0.0) + $0.1 } + Pickle.setItems
    }
    /// An object of an unknown class, with attributes.
    private static func module(_ items: [(String, [UInt8])]) -> [UInt8] {
        Pickle.global("torch.nn.modules.module", "Module") + Pickle.emptyTuple + [0x81] + dictionary(items)
            + Pickle.build
    }
    private static func load(_ pickle: [UInt8], skip: Bool = false) throws -> StateDict {
        let storages = (0..<3).map { (String($0), word(Int(Float($0 + 1).bitPattern), 4)) }
        let bytes = ZipBuilder(pickle: Pickle.proto + pickle + Pickle.stop, storages: storages).bytes
        return try Fixture.load(bytes, ReadingOptions(skip: skip))
    }
    /// The names as bytes, with the numbers of each.
    private static func contents(_ dict: StateDict) throws -> [ByteString: [Double]] {
        try Dictionary(
            dict.entries.map { (ByteString($0.name), try $0.tensor.toArray()) }, uniquingKeysWith: { first, _ in first }
        )
    }

    @Test(arguments: pairs) func namesThatUnicodeHoldsEqualAreTwo(first: String, second: String) throws {
        let both = [(first, Self.tensor("0")), (second, Self.tensor("1"))]
        let expected: [ByteString: [Double]] = [ByteString(first): [1], ByteString(second): [2]]
        #expect(try Self.contents(Self.load(Self.dictionary(both))) == expected)
        #expect(try Self.contents(Self.load(Self.dictionary([("model", Self.dictionary(both))]))) == expected)
        // Two models under such names.
        let models = both.map { ($0.0, Self.dictionary([("w", $0.1)])) }
        #expect(
            try Self.contents(Self.load(Self.dictionary(models))) == [
                ByteString(first + ".w"): [1], ByteString(second + ".w"): [2],
            ])
        // A module's parameters and buffers, of which one buffer is not persistent.
        let passing = Pickle.emptyList + Pickle.text(second) + Pickle.append
        for place in ["_parameters", "_buffers"] {
            #expect(try Self.contents(Self.load(Self.module([(place, Self.dictionary(both))]))) == expected)
        }
        let buffers = [("_buffers", Self.dictionary(both)), ("_non_persistent_buffers_set", passing)]
        #expect(try Self.contents(Self.load(Self.module(buffers))) == [ByteString(first): [1]])
    }

    /// `{"\udcff": w}`, as Python decodes file names, and a Python 2 `str` in Latin-1: the name is Python's notation.
    @Test func namesThatAreNoUTF8() throws {
        let surrogate: [UInt8] = [0x58] + word(4, 4) + [0xed, 0xb3, 0xbf, 0x78]
        let latin: [UInt8] = [0x55, 3, 0x67, 0xf6, 0x67]
        let pickle = Pickle.emptyDict + Pickle.mark + surrogate + Self.tensor("0") + latin + Self.tensor("1")
            + Pickle.text("ok") + Self.tensor("2") + Pickle.text("comment") + surrogate + Pickle.setItems
        #expect(try Self.contents(Self.load(pickle)) == ["\\udcffx": [1], "g\\xf6g": [2], "ok": [3]])
        // The same letters as a text are another key.
        let twice = Pickle.emptyDict + Pickle.mark + surrogate + Self.tensor("0") + Pickle.text("\\udcffx")
            + Self.tensor("1") + Pickle.setItems
        expectError("another tensor of the file has the name") { _ = try Self.load(twice) }
        let left = try Self.load(twice, skip: true)
        #expect(try Self.contents(left) == ["\\udcffx": [1]] && left.leftOut.count == 1)
        for cut in 0..<3 {
            // Such a text may be cut at any byte.
            let bytes: [UInt8] = Array([0xed, 0xb3, 0xbf].prefix(cut + 1))
            let text = PickleMachine.text(bytes[...])
            #expect(text == ["\\xed", "\\xed\\xb3", "\\udcff"][cut])
        }
    }

    /// A whole number as a key is a name, beside text keys and alone.
    @Test func wholeNumbersAreNames() throws {
        let pickle =
            Pickle.emptyDict + Pickle.mark + Pickle.integer(7) + Self.tensor("0") + Pickle.text("w") + Self.tensor("1")
            + Pickle.setItems
        #expect(try Self.contents(Self.load(pickle)) == ["7": [1], "w": [2]])
    }

    /// `torch.save(x, path, pickle_protocol=1, _use_new_zipfile_serialization=False)`: the first protocol has no mark
    /// at its beginning.
    @Test func theOldFormatInTheFirstProtocol() throws {
        let stop = Pickle.stop
        let storage =
            Pickle.tuple([
                Pickle.text("storage"), Pickle.global("torch", "FloatStorage"), Pickle.text("9"), Pickle.text("cpu"),
                [0x4b, 2],
                [0x4e],
            ]) + [0x51]
        let object = Pickle.emptyDict + Pickle.text("w") + Pickle.tensor(storage, [2], [1]) + [0x73]
        let file =
            Array("L119547037146038801333356L\n.".utf8) + [0x4d, 0xe9, 3] + stop + Pickle.emptyDict + stop + object
            + stop
            + Pickle.emptyList + Pickle.text("9") + Pickle.append + stop
            + word(2, 8) + word(Int(Float(3).bitPattern), 4) + word(Int(Float(4).bitPattern), 4)
        try expect(try Fixture.load(file)["w"], [2], .float32, [3, 4])
    }

    /// Keys that are neither texts nor whole numbers, with the names and kinds that messages give them.
    static let keys: [(bytes: [UInt8], name: String, kind: String)] = [
        ([0x88], "True", "a bool"), ([0x89], "False", "a bool"), ([0x4e], "None", "None"),
        ([0x47, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], "1.5", "a float"), (Array("F-0.25\n".utf8), "-0.25", "a float"),
        (Pickle.tuple([Pickle.text("a"), Pickle.integer(1), [0x88]]), "('a', 1, True)", "a tuple"),
        (Pickle.tuple([Pickle.tuple([Pickle.integer(7)])]), "((7,),)", "a tuple"), ([0x43, 1, 65], "<bytes>", "bytes"),
    ]

    /// A tensor under such a key, or inside a dictionary under it, is reported by name, and the others are read.
    @Test(arguments: keys) func tensorsUnderOtherKeysAreNamed(key: (bytes: [UInt8], name: String, kind: String)) throws
    {
        func items(_ parts: [UInt8]...) -> [UInt8] { Pickle.emptyDict + Pickle.mark + parts.joined() + Pickle.setItems }
        let w = Pickle.text("w") + Self.tensor("0")
        let inside =
            Pickle.text("deep")
            + items(Pickle.text("list") + Pickle.emptyList + items(key.bytes + Self.tensor("1")) + Pickle.append)
        for (pickle, read, name) in [
            (items(w, key.bytes + Self.tensor("1")), "w", key.name),
            (items(Pickle.text("model") + items(w, key.bytes + Self.tensor("1"))), "w", key.name),
            (
                items(Pickle.text("a") + items(w), key.bytes + items(Pickle.text("v") + Self.tensor("1"))), "a.w",
                key.name + ".v"
            ),
            (items(Pickle.text("a") + items(Pickle.text("b") + items(w)), inside), "a.b.w", "deep.list.1." + key.name),
        ] {
            expectError("tensor \"\(name)\"", "its key is \(key.kind)", "{skip = true}") { _ = try Self.load(pickle) }
            let dict = try Self.load(pickle, skip: true)
            #expect(dict.names == [read] && dict.leftOut.map(\.name) == [name], "\(dict.names), \(dict.leftOut)")
        }
    }

    /// The number 1 and the text "1", or "a.b" and b inside a, give the same name: the second is reported and does not
    /// replace the first.
    @Test func twoKeysOfOneName() throws {
        let number =
            Pickle.emptyDict + Pickle.mark + Pickle.integer(1) + Self.tensor("0") + Pickle.text("1") + Self.tensor("1")
            + Pickle.setItems
        let ways = Self.dictionary([
            ("a", Self.dictionary([("b", Self.dictionary([("w", Self.tensor("0"))]))])),
            ("a.b", Self.dictionary([("w", Self.tensor("1"))])),
            ("c", Self.dictionary([("w", Self.tensor("2"))])),
        ])
        for (pickle, name) in [(number, "1"), (ways, "a.b.w")] {
            expectError("tensor \"\(name) (2)\"", "another tensor of the file has the name") {
                _ = try Self.load(pickle)
            }
            let dict = try Self.load(pickle, skip: true)
            #expect(try dict[name]?.toArray() == [1] && dict.leftOut.map(\.name) == ["\(name) (2)"], "\(dict.leftOut)")
        }
        // A key that is set twice has the last value, as in Python.
        #expect(
            try Self.load(Self.dictionary([("w", Self.tensor("0")), ("w", Self.tensor("1"))]))["w"]?.toArray() == [2])
    }

    /// A step's number or a generator's state beside state dicts hides none of them.
    @Test func tensorsBesideStateDictsComeWithThem() throws {
        let inner = Self.dictionary([("w", Self.tensor("1"))])
        let storages: [(String, [UInt8])] = [("0", [0, 0, 0, 0]), ("1", [0, 0, 0, 0])]
        for (entries, names) in [
            ([("epoch", Self.tensor("0")), ("gen", inner), ("disc", inner)], ["epoch", "gen.w", "disc.w"]),
            ([("net", inner), ("rng", Self.tensor("0"))], ["net.w", "rng"]),
            ([("model", inner), ("rng", Self.tensor("0"))], ["w"]),
        ] {
            let file = ZipBuilder(pickle: Pickle.dictionary(entries), storages: storages)
            #expect(try Fixture.load(file.bytes).names == names)
        }
        let twice = ZipBuilder(
            pickle: Pickle.dictionary([("a.w", Self.tensor("0")), ("a", inner)]), storages: storages)
        expectError("another tensor of the file has the name \"a.w\"") { _ = try Fixture.load(twice.bytes) }
    }
}
