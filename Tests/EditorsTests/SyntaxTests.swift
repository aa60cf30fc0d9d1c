@testable import Editors
import LuaFlow
import Testing

/// The parser against Lua itself: what one accepts the other accepts, with one message and one line.
@Suite struct SyntaxTests {
    let interpreter: Interpreter
    init() throws { interpreter = try Interpreter() }

    /// `ok`, or what is wrong as `line: message`, without what differs between releases of Lua 5.4.
    private func lua(_ text: String) -> String {
        do {
            try interpreter.check(code: text, name: "=C")
            return "ok"
        } catch {
            return normal(error.message.hasPrefix("C:") ? String(error.message.dropFirst(2)) : error.message)
        }
    }

    private func ours(_ text: String) -> String {
        do {
            _ = try Parser.parse(text)
            return "ok"
        } catch {
            return normal(error.description)
        }
    }

    /// Which line a call's parenthesis counts as opened on, and the wording of stray breaks, differ between releases;
    /// how deep is too deep depends on what is below the compiler on the stack.
    private func normal(_ message: String) -> String {
        if message.contains("overflow") { return "too deep" }
        let message = message.replacing("outside a loop", with: "outside loop")
        guard let clause = message.firstRange(of: " (to close '('") else { return message }
        let rest = message[clause.upperBound...].drop { $0 != ")" }.dropFirst()
        return String(message[..<clause.lowerBound]) + rest
    }

    static let tricky = Tricky.valid + Tricky.invalid

    @Test(arguments: tricky.indices) func agreesOnTrickyPrograms(_ index: Int) {
        let text = Self.tricky[index]
        #expect(ours(text) == lua(text), "\(text.prefix(200))")
        #expect((ours(text) == "ok") == (index < Tricky.valid.count), "\(text.prefix(200))")
    }

    @Test func agreesOnEveryScriptAndExample() throws {
        let programs = try Programs.scripts().map(\.text) + (try Programs.examples()).map(\.text)
        #expect(programs.count > 300)
        for text in programs { #expect(ours(text) == "ok" && lua(text) == "ok", "\(ours(text))\n\(text)") }
    }

    /// Valid programs with words dropped, doubled, swapped and put in.
    @Test(arguments: 1...8) func agreesOnMutations(seed: UInt64) throws {
        var programs = try Programs.scripts().map(\.text) + Tricky.valid.filter { $0.utf8.count < 2000 }
        programs += try Programs.examples().map(\.text)
        var random = Mutations(seed: seed)
        var refused = 0
        for _ in 0..<1500 {
            let text = random.mutate(programs[random.below(programs.count)])
            let answer = lua(text)
            if answer != "ok" { refused += 1 }
            #expect(ours(text) == answer, "\(text)")
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
        let error = #expect(throws: SyntaxError.self) { try Parser.parse(bytes: text, isFile: true) }
        #expect(error?.description == "2: unexpected symbol near '='")
    }

    @Test func aSyntaxErrorKnowsWhereItsTokenBegins() {
        let error = #expect(throws: SyntaxError.self) { try Parser.parse("local a\nlocal bc = = 3") }
        #expect(error == SyntaxError(line: 2, offset: 19, message: "unexpected symbol near '='"))
    }
}
