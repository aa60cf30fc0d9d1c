import Scripting

/// Texts that are hard to keep as bytes: no valid UTF-8, texts that Unicode holds equal, zero bytes, long ones.
public enum ByteCases {
    /// Neighbours in the list come in pairs that Swift's `String` compares as equal although their bytes differ.
    public static let fixed: [ByteString] = [
        "", "a", "\u{e9}", "e\u{301}", "\u{212B}", "\u{C5}", "A\u{30A}", "\u{212A}", "K", "a\u{323}\u{307}",
        "a\u{307}\u{323}",
        "\u{301}", "\u{1F600}", "\u{0}", "a\u{0}b", "\r\n", "\u{FEFF}", "\u{FFFD}", "\u{10FFFF}",
        ByteString([0xFF]), ByteString([0xFE]), ByteString([0xFF, 0xFE]), ByteString([0x80]), ByteString([0xC3]),
        // A lone surrogate, as WTF-8 has it; an overlong slash; a character cut short; beyond Unicode.
        ByteString([0xED, 0xA0, 0x80]), ByteString([0xC0, 0xAF]), ByteString([0xF0, 0x9F, 0x98]),
        ByteString([0xF4, 0x90, 0x80, 0x80]), ByteString(Array("gr".utf8) + [0xF6, 0xDF, 0x65]),
        ByteString([UInt8](repeating: 0xFF, count: 5000)), ByteString(String(repeating: "\u{1F600}", count: 1000)),
    ]

    /// `fixed`, and random texts made of the same pieces. The same seed gives the same texts.
    public static func all(random count: Int = 60, seed: UInt64 = 1) -> [ByteString] {
        var state = seed
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
        let pieces = fixed.filter { $0.count < 10 }
        var made = fixed
        for _ in 0..<count {
            var bytes: [UInt8] = []
            for _ in 0..<(1 + next(6)) {
                bytes += next(3) == 0 ? [UInt8(next(256))] : pieces[next(pieces.count)].bytes
            }
            made.append(ByteString(bytes))
        }
        return made
    }

    /// Those of `all` that can be the name of a file: no zero byte, no slash.
    public static var fileNames: [ByteString] {
        var seen: Set<ByteString> = []
        return all().filter { name in
            !name.isEmpty && name.count <= 200 && !name.contains(0) && !name.contains(UInt8(ascii: "/"))
                && name != "." && name != ".." && seen.insert(name).inserted
        }
    }

    /// The text as a Lua string literal.
    public static func literal(_ text: ByteString) -> String {
        "\"" + text.bytes.map { byte in
            let digits = String(byte)
            return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
        }.joined() + "\""
    }
}
