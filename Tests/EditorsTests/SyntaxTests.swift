@testable import Editors
import LuaFlow
import Testing

/// The parser against Lua's own compiler: what Lua accepts has a tree, and what it refuses has the same message and a
/// place.
@Suite struct SyntaxTests {
    private func parses(_ text: String) -> Bool { (try? Parser.parse(text)) != nil }
    private func refusal(_ text: String) -> LuaSyntax? { LuaSyntax.error(in: Array(text.utf8)) }

    static let tricky = Tricky.valid + Tricky.invalid

    @Test(arguments: tricky.indices) func whatLuaTakesHasATree(_ index: Int) {
        let text = Self.tricky[index]
        let error = refusal(text)
        #expect((error == nil) == (index < Tricky.valid.count), "\(text.prefix(200))")
        #expect(error != nil || parses(text), "\(text.prefix(200))")
    }

    /// The checker's message for a syntax error is the one that the prompt and a run show.
    @Test(arguments: Tricky.invalid) func saysWhatARunSays(_ text: String) throws {
        let error = try #require(throws: LuaError.self) { try Interpreter().check(code: text, name: "=C") }
        let told = try #require(refusal(text))
        // The depth at which Lua reports an overflow depends on how much of the C stack is in use.
        if told.message.contains("overflow") || error.message.contains("overflow") { return }
        #expect(error.message == "C:\(told.line): \(told.message)", "\(text.prefix(200))")
    }

    @Test func everyScriptAndExampleHasATree() throws {
        let programs = try Programs.scripts().map(\.text) + (try Programs.examples()).map(\.text)
        #expect(programs.count > 300)
        for text in programs { #expect(parses(text) && refusal(text) == nil, "\(text)") }
    }

    /// Valid programs with words dropped, doubled, swapped and inserted: most of them are invalid, many are not.
    @Test(arguments: 1...8) func whatLuaTakesOfMutationsHasATree(seed: UInt64) throws {
        var programs = try Programs.scripts().map(\.text) + Tricky.valid.filter { $0.utf8.count < 2000 }
        programs += try Programs.examples().map(\.text)
        var random = Mutations(seed: seed)
        var refused = 0
        for _ in 0..<1500 {
            let text = random.mutate(programs[random.below(programs.count)])
            guard let error = refusal(text) else {
                #expect(parses(text), "\(text)")
                continue
            }
            refused += 1
            let bytes = Array(text.utf8)
            guard let offset = SyntaxPlace.offset(of: error, in: bytes) else { continue }
            #expect((0...bytes.count).contains(offset), "\(text)")
            let line = SourceText(bytes).position(of: offset).line
            #expect(line <= error.line || error.message.contains(" line "), "\(text)")
        }
        #expect((300...1490).contains(refused))
    }

    @Test func bytesThatAreNoTextAreRead() {
        for byte in UInt8.min...UInt8.max {
            _ = try? Parser.parse(bytes: [byte])
            _ = try? Parser.parse(bytes: Array("x = '".utf8) + [byte] + Array("'".utf8))
        }
        #expect(throws: Never.self) { try Parser.parse(bytes: Array("return '".utf8) + [0xFF, 0x00] + Array("'".utf8)) }
    }

    @Test func aFileMayBeginWithAMarkAndAShebang() throws {
        let text = Array("\u{FEFF}#!/usr/bin/env luaflow\nx = = 1".utf8)
        let error = LuaSyntax.error(in: text, isFile: true)
        #expect(error?.line == 2 && error?.message == "unexpected symbol near '='")
        #expect(throws: Never.self) { try Parser.parse(bytes: text.dropLast(3) + Array("1".utf8), isFile: true) }
    }

    /// Programs with a syntax error, and the text before the place that the error is reported at.
    static let places = [
        ("local a\nlocal bc = = 3", "local a\nlocal bc = "), ("x = 1\nif x then", "x = 1\nif x then"),
        ("x = 1 + 3..4", "x = 1 + "), ("x = 'a\\qb'", "x = "), ("x = 'abc", "x = "), ("y = 1 x = [[abc", "y = 1 x = "),
        ("local c <const> = 1\nc = 2 ", "local c <const> = 1\n"), ("local a <foo> = 1", "local a <"),
        ("function f() return ... end", "function f() return "), ("a = 1\nbreak\nb = 2", "a = 1\n"),
        ("goto out\nx = 1", "goto "), ("::l:: ::l::", "::l:: ::"),
    ]

    @Test(arguments: places) func aSyntaxErrorKnowsItsPlace(_ text: String, _ before: String) throws {
        let error = try #require(refusal(text))
        #expect(SyntaxPlace.offset(of: error, in: Array(text.utf8)) == before.utf8.count, "\(error)")
    }

    @Test func stringsAreReadAsLuaReadsThem() throws {
        let text = "return 'a\\z\n  b\\x41\\u{48}\\065\\n\\\r\ny\\'', [[\r\nlong\r]]"
        let tree = try Parser.parse(text)
        guard case .returning(let values)? = tree.body.statements.first?.kind else { return #expect(Bool(false)) }
        let strings = values.compactMap { if case .string(let text) = $0.kind { text } else { nil } }
        #expect(strings == ["abAHA\n\ny'", "long\n"])
    }
}
