import Testing

@testable import Notebook

@Suite struct JSONTests {
    private func read(_ text: String) throws -> JSON { try JSON(Array(text.utf8)) }

    @Test(
        arguments: [
            ("null", JSON.null), (" true ", true), ("-0", 0), ("12", 12), ("1.5e3", .number(1500)), ("2.0", .number(2)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"),
            (#""\u00e9\ud83d\ude00\ud83d\u0041\udc00""#, "é😀\u{fffd}A\u{fffd}"), ("[]", []), ("{}", [:]),
            (#"{"a": [1, {"b": null}], "a": 2}"#, ["a": 2]), (#"{"a": [1, {"b": null}]}"#, ["a": [1, ["b": .null]]]),
        ] as [(String, JSON)])
    func valuesAreRead(_ text: String, _ expected: JSON) throws {
        #expect(try read(text) == expected)
        #expect(try JSON(expected.bytes) == expected, "\(String(decoding: expected.bytes, as: UTF8.self))")
    }

    @Test(arguments: [
        "", "nul", "truex", "01", "1.", "-", "+1", ".5", "1e", "[1,]", "[1", "{\"a\"}", "{\"a\":}", "{a:1}",
        "{\"a\":1,}", "\"open",
        "\"\n\"", "\"\\x\"", "\"\\u12\"", "\"\\u+123\"", "1 2", "[1 2]", "nan", "Infinity", "'a'", "\u{feff}1",
    ])
    func whatIsNoneIsAnErrorWithAPlace(_ text: String) {
        let fault = #expect(throws: JSON.Fault.self) { try read(text) }
        #expect(fault?.description.contains("expected at byte") == true, "\(String(describing: fault))")
    }

    @Test func depthAndBytesAreBounded() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSON.Fault.self) { try read(deep) }
        #expect(throws: JSON.Fault.self) { try JSON([0x22, 0xff, 0x22]) }
        let nested = String(repeating: "[", count: 199) + String(repeating: "]", count: 199)
        #expect(throws: Never.self) { try read(nested) }
    }

    /// Texts that are cut anywhere, or have a byte changed, are read or refused with an error; there is never a trap.
    @Test func mutationsAreReadOrRefused() {
        let text = Array(#"{"a": [1, -2.5e-3, "x\u00e9\n", {"b": null, "c": [true, false]}], "d": "é"}"#.utf8)
        for end in text.indices { _ = try? JSON(Array(text[..<end])) }
        for place in text.indices {
            for byte in stride(from: UInt8(0), to: 255, by: 7) {
                var changed = text
                changed[place] = byte
                if let value = try? JSON(changed) { #expect((try? JSON(value.bytes)) == value) }
            }
        }
    }

    @Test func numbersThatJSONHasNoWordForAreNull() {
        #expect(JSON.list([.number(.nan), .number(.infinity), .number(0.1)]).bytes == Array("[null,null,0.1]".utf8))
        #expect(JSON.text("\u{1}\"").bytes == Array("\"\\u0001\\\"\"".utf8))
    }
}
