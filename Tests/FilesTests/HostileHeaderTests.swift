import Tensors
import Testing

@testable import Files

/// Safetensors headers with wrong statements about the file.
@Suite struct HostileHeaderTests {
    static func file(_ header: [UInt8], data: Int = 0) -> [UInt8] {
        word(header.count, 8) + header + [UInt8](repeating: 0, count: data)
    }

    static func entry(_ name: String, _ shape: String, _ from: Int, _ to: Int, dtype: String = "F32") -> String {
        "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":[\(from),\(to)]}"
    }

    @Test func theHelperMakesLoadableFiles() throws {
        let header =
            " {\(Self.entry("a", "[2]", 0, 8)) , \(Self.entry("b", "[0]", 8, 8)),\(Self.entry("c", "[]", 8, 12)) }\n "
        let dict = try Safetensors.read(try #require(try Self.input(Self.file(Array(header.utf8), data: 12))))
        #expect(dict.names == ["a", "b", "c"])
        #expect(try Fixture.load(Self.file(Array("{}".utf8))).isEmpty)
    }

    static func input(_ bytes: [UInt8]) throws -> InputFile? {
        try Fixture.withFolder { folder in
            try AtomicFile.write(to: folder + "/x", for: "test") { try $0.write(bytes) }
            return try InputFile(folder + "/x", for: "test")
        }
    }

    @Test(arguments: [
        ("{\(entry("a", "[2]", 0, 8))", 8, "'}' expected"),
        ("{\(entry("a", "[2]", 0, 8))}x", 8, "follows"),
        ("{\(entry("a", "[2]", 0, 8)),\(entry("a", "[2]", 0, 8))}", 8, "comes twice"),
        ("{\(entry("a", "[2]", 0, 8)),\(entry("\\u0061", "[2]", 0, 8))}", 8, "comes twice"),
        ("{\"__metadata__\":{\"k\":\"v\",\"k\":\"v\"}}", 0, "comes twice"),
        ("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "comes twice"),
        ("{\"__metadata__\":{\"k\":1}}", 0, "expected"),
        ("{\"__metadata__\":[]}", 0, "expected"),
        ("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "comes twice"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 4, "data_offsets expected"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0]}}", 4, "data_offsets expected"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4,8]}}", 4, "more than 2"),
        ("{\(entry("a", "[2]", 0, 8)),\(entry("b", "[1]", 12, 16))}", 16, "a gap"),
        ("{\(entry("a", "[2]", 4, 12))}", 12, "a gap"),
        ("{\(entry("a", "[2]", 0, 8)),\(entry("b", "[2]", 4, 12))}", 12, "an overlap"),
        ("{\(entry("a", "[2]", 0, 8)),\(entry("b", "[2]", 0, 8))}", 8, "an overlap"),
        ("{\(entry("a", "[2]", 0, 8))}", 7, "7 follow"),
        ("{\(entry("a", "[2]", 0, 8))}", 9, "9 follow"),
        ("{}", 1, "1 follow"),
        ("{\(entry("a", "[2]", 8, 0))}", 8, "does not take"),
        ("{\(entry("a", "[3]", 0, 8))}", 8, "does not take"),
        ("{\(entry("a", "[4294967296,4294967296]", 0, 8))}", 8, "too many"),
        ("{\(entry("a", "[0,4294967296,4294967296]", 0, 0))}", 0, "too many"),
        ("{\(entry("a", "[4611686018427387904]", 0, 8))}", 8, "does not take"),
        ("{\(entry("a", "[9223372036854775808]", 0, 8))}", 8, "too large"),
        ("{\(entry("a", "[99999999999999999999999]", 0, 8))}", 8, "too large"),
        ("{\(entry("a", "[-1]", 0, 8))}", 8, "whole number"),
        ("{\(entry("a", "[2.0]", 0, 8))}", 8, "expected"),
        ("{\(entry("a", "[02]", 0, 8))}", 8, "whole number"),
        ("{\(entry("a", "[2,]", 0, 8))}", 8, "whole number"),
        ("{\(entry("a", "[[2]]", 0, 8))}", 8, "whole number"),
        ("{\(entry("a", "[\(Array(repeating: "1", count: 65).joined(separator: ","))]", 0, 4))}", 4, "more than 64"),
        ("{\(entry("a", "[2]", 0, 2, dtype: "F8_E4M3"))}", 2, "not supported"),
        ("{\(entry("a", "[2]", 0, 8, dtype: "f32"))}", 8, "not supported"),
        ("{\"a\":null}", 0, "expected"),
        ("{\"a", 0, "inside a string"),
        ("{\"a\\", 0, "inside a string"),
        ("{\"\\ud800\":{}}", 0, "surrogate"),
        ("{\"\\udc00\":{}}", 0, "surrogate"),
        ("{\"\\x\":{}}", 0, "escape"),
        ("{\"\\u12g4\":{}}", 0, "hexadecimal"),
        ("{\"a\tb\":{}}", 0, "control character"),
        ("{,}", 0, "expected"),
        ("{" + String(repeating: "\"a\":{", count: 100_000), 0, "unknown key"),
    ]) func lies(header: String, data: Int, complaint: String) {
        expectError("checkpoint.load: ", complaint) { _ = try Fixture.load(Self.file(Array(header.utf8), data: data)) }
    }

    @Test func notUTF8() {
        expectError("not UTF-8") { _ = try Fixture.load(Self.file([0x7b, 0x22, 0xff, 0x22, 0x3a])) }
        // A slash as an overlong UTF-8 sequence.
        expectError("not UTF-8") { _ = try Fixture.load(Self.file([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a])) }
    }

    @Test func lengths() {
        let body = Array("{}".utf8)
        expectError("the format allows 100000000") { _ = try Fixture.load(word(100_000_001, 8) + body) }
        expectError("cut short") { _ = try Fixture.load(word(100_000_000, 8) + body) }
        expectError("cut short") { _ = try Fixture.load(word(3, 8) + body) }
        for length in [-1, Int.max, 1 << 40] {
            expectError("not a zip archive") { _ = try Fixture.load(word(length, 8) + body) }
        }
        expectError("expected") { _ = try Fixture.load(word(1, 8) + body) }
        expectError("expected") { _ = try Fixture.load(word(0, 8) + body) }
    }
}
