import Foundation
import Testing

/// The output of a sandboxed script reaches a terminal as text, without control sequences that it would obey.
@Suite(.ownTime(minutes: 10)) struct SandboxOutputTests {
    /// The output of a run through a pipe, both streams together.
    private func piped(_ script: String, options: String = "--sandbox") throws -> String {
        let scratch = try Scratch()
        let file = try scratch.write("script.lua", script)
        let program = try Command.program.path
        let all = scratch.path("all")
        _ = try Command.run("sh", ["-c", "'\(program)' run --no-plugins \(options) '\(file)' 2>&1 | cat > '\(all)'"])
        return String(decoding: try Data(contentsOf: URL(fileURLWithPath: all)), as: UTF8.self)
    }

    struct Trick: CustomTestStringConvertible, Sendable {
        let script: String
        let shown: String
        var testDescription: String { script }
    }

    @Test(arguments: [
        Trick(script: #"io.write("\27]52;c;aGk=\7")"#, shown: "^[]52;c;aGk=^G"),
        Trick(script: #"print("\27]0;title\27\\")"#, shown: "^[]0;title^[\\\n"),
        Trick(script: #"io.stdout:write("a\27[2Jb")"#, shown: "a^[[2Jb"),
        Trick(script: #"io.stderr:write("\27[6n")"#, shown: "^[[6n"),
        Trick(script: #"print(setmetatable({}, {__tostring = function() return "\27P" end}))"#, shown: "^[P\n"),
        Trick(script: #"warn("@on") warn("\27c")"#, shown: "Lua warning: ^[c\n"),
        Trick(script: #"io.write("\xc2\x9b5n")"#, shown: "\u{fffd}?5n"),
        Trick(script: #"io.write("\xc2") io.write("\x9b5n")"#, shown: "\u{fffd}?5n"),
        Trick(script: #"io.write("\x9b5n")"#, shown: "?5n"),
        Trick(script: #"io.write("\8\8\127\0")"#, shown: "^H^H^?^@"),
        // What does no harm is kept: letters of all languages, colours, tabs and line ends.
        Trick(
            script: #"io.write("grün ∑ 🙂\t\r\n\27[1;31mred\27[0m")"#, shown: "grün ∑ 🙂\t\r\n\u{1b}[1;31mred\u{1b}[0m"),
    ]) func controlCharactersAreShown(_ trick: Trick) throws {
        #expect(try piped(trick.script) == trick.shown)
    }

    /// Errors, and other messages that quote a script's words.
    @Test(arguments: [
        #"error("\27]52;c;aGk=\7")"#, #"error(setmetatable({}, {__tostring = function() return "\27]0;x\7" end}))"#,
        #"local host = require "host" host.arguments{about = "\27]0;x\7", {"steps", 3, "\27c"}} error("\27c")"#,
        #"local image, tensor = require "image", require "tensor" image.show(tensor.zeros(2, 2), {captions = {"\27]0;x\7"}})"#,
        #"local plot = require "plot" plot.line{{1, 2}, title = "\27]0;x\7"}:show()"#,
        #"assert(load("x = = \27]0;x\7"))"#, #"_G["\27c"]()"#,
    ]) func messagesAreShown(script: String) throws {
        let output = try piped(script)
        #expect(
            !output.isEmpty && !output.contains("\u{1b}") && !output.contains("\u{7}"), "\(output.debugDescription)")
    }

    /// A file gets all bytes, and a script without the sandbox may print anything.
    @Test func filesAndOwnScriptsAreLeftAlone() throws {
        let direct = try Command.run(["--sandbox", "-e", #"io.write("\27]0;x\7")"#])
        #expect(direct.output == "\u{1b}]0;x\u{7}")
        #expect(try piped(#"io.write("\27]0;x\7")"#, options: "") == "\u{1b}]0;x\u{7}")
    }
}
