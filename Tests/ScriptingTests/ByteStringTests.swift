import Foundation
import Scripting
import Testing

/// A Lua text is its bytes.
@Suite struct ByteStringTests {
    private static let samples: [[UInt8]] = [
        [], [0], [0x61, 0, 0x62], Array("e\u{301}".utf8), Array("\u{e9}".utf8), [0xFF], [0xFE], [0xED, 0xA0, 0x80],
        [0xC3],
        [0xC0, 0xAF], Array("\u{1F600}".utf8), [0xF0, 0x9F, 0x98], [UInt8](repeating: 0x80, count: 100),
        Array("bytes:ff".utf8),
    ]

    @Test(arguments: samples)
    func bytesComeBack(bytes: [UInt8]) throws {
        let string = ByteString(bytes)
        #expect(string.bytes == bytes && string.count == bytes.count)
        #expect(string.withBytes { Array($0) } == bytes)
        #expect(
            string.utf8Text.map { Array($0.utf8) } == (String(validating: bytes, as: UTF8.self) == nil ? nil : bytes))
        #expect(string.text == String(decoding: bytes, as: UTF8.self))
        #expect(string.withCString { ByteString(cString: $0) }.bytes == Array(bytes.prefix { $0 != 0 }))
        let coded = try JSONEncoder().encode([string])
        #expect(try JSONDecoder().decode([ByteString].self, from: coded) == [string])
        let keyed = try JSONEncoder().encode([string: 1])
        #expect(try JSONDecoder().decode([ByteString: Int].self, from: keyed) == [string: 1])
    }

    @Test func equalityHashAndOrderAreThoseOfTheBytes() {
        for a in Self.samples {
            for b in Self.samples {
                #expect((ByteString(a) == ByteString(b)) == (a == b), "\(a) \(b)")
                #expect((ByteString(a) < ByteString(b)) == a.lexicographicallyPrecedes(b), "\(a) \(b)")
            }
        }
        #expect(Set(Self.samples.map { ByteString($0) }).count == Self.samples.count)
        #expect("\u{e9}" == "e\u{301}", "String cannot tell them apart")
        #expect(ByteString("\u{e9}") != ByteString("e\u{301}") && ByteString("\u{212A}") != "K")
    }

    @Test func partsAreTakenByBytes() {
        let path: ByteString = "dir/\u{301}a.npz"
        #expect(path.splitPath.folder == "dir" && path.splitPath.name == "\u{301}a.npz")
        #expect(path.hasPrefix("dir/") && path.hasSuffix(".npz") && path.dropFirst(4) + "" == "\u{301}a.npz")
        #expect(ByteString("a:\u{301}b").split(at: UInt8(ascii: ":")) == ["a", "\u{301}b"])
        #expect(ByteString("/c").splitPath.folder == "/" && ByteString("c").splitPath.folder == ".")
        #expect(
            ByteString([0x67, 0x72, 0xF6]).quoted() == "\"gr\\xf6\""
                && ByteString("a\n\u{1F600}").quoted() == "\"a\\n\u{1F600}\"")
        #expect(ByteString(String(repeating: "\u{1F600}", count: 100)).quoted(most: 9) == "\"\u{1F600}...\"")
    }

    @Test func swiftsTypesTakeWhatTheyCanHold() throws {
        let raw = Value.string(ByteString([0xFF, 0xFE]))
        #expect(try ByteString.from(raw).bytes == [0xFF, 0xFE] && [UInt8].from(raw) == [0xFF, 0xFE])
        #expect(
            throws: ScriptError(
                "", "a string of UTF-8 (ByteString and [UInt8] take any bytes) expected, got \"\\xff\\xfe\"")
        ) {
            try String.from(raw)
        }
        guard case .string(let back) = ([1, 255] as [UInt8]).scriptValue else { throw ScriptError("test", "no string") }
        #expect(back.bytes == [1, 255])
        let both = Value.record([
            (key: ByteString("\u{e9}"), value: .integer(1)), (key: "e\u{301}", value: .integer(2)),
        ])
        #expect(try [ByteString: Int].from(both) == ["\u{e9}": 1, "e\u{301}": 2])
        #expect(throws: ScriptError.self) { try [String: Int].from(both) }
        #expect(try [Int].from(.list([.integer(3)])) == [3])
    }
}
