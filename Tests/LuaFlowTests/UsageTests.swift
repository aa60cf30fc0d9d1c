import Foundation
import LuaFlow
import Testing

/// Messages for wrong calls of scripts; what can be known is reported before the work begins.
@Suite struct UsageTests {
    private static let script = """
        local host = require "host"
        local options = host.arguments{
          {"lr", 0.1, "step size", min = 0, max = 1}, {"digit", 1, integer = true, min = 1, max = 10},
          {"mask", "left"}, {"out", "figure.png", writes = {"png", "pdf"}}, {"model", reads = true}, {"quiet", false},
          {"count", min = 0, integer = true}}
        local mask, text = host.pick("masks", {left = print, random = print}, options.mask)
        if text and options.mask:find("^left") then host.refuse("--mask " .. options.mask, "left takes nothing behind a colon") end
        host.check("--steps", 3, {max = options.digit})
        print("ran", options.out, math.type(options.count))
        """

    private func run(_ arguments: [String], _ text: String = script) throws -> Command.Result {
        let scratch = try Scratch()
        _ = try scratch.write("main.lua", text)
        _ = try scratch.write("there.txt", "")
        return try Command.run(["run", "main.lua"] + arguments, in: scratch.url)
    }

    @Test(arguments: [
        (["--lr", "abc"], "--lr abc: a number expected"),
        (["--lr", "2"], "--lr: a finite number from 0 to 1 expected, got 2"),
        (["--digit", "99999"], "--digit: a whole number from 1 to 10 expected, got 99999"),
        (["--digit", "2.5"], "--digit: a whole number from 1 to 10 expected, got 2.5"),
        (["--mask", "nosuch"], "no \"nosuch\" among the masks; there are left, random"),
        (["--mask", "left:3"], "--mask left:3: left takes nothing behind a colon"),
        (["--out", "foo.jpg"], "--out: foo.jpg: a name that ends in .png, .pdf expected"),
        (["--out", "png"], "--out: png: a name that ends in .png, .pdf expected"),
        (["--out", "nowhere/foo.png"], "--out: nowhere/foo.png: there is no folder nowhere"),
        (["--out", "/dev/foo/x.png"], "--out: /dev/foo/x.png: there is no folder /dev/foo"),
        (["--model", "not.there"], "--model: not.there: there is no such file"),
        (["--model", "."], "--model: .: is a folder; the name of a file expected"),
        (["--digit", "2"], "--steps: a finite number to 2 expected, got 3"),
        (["--count", "-1"], "--count: a whole number from 0 expected, got -1"),
        (["--count", "many"], "--count many: a number expected"),
    ])
    func aWrongValueIsOneLine(_ arguments: [String], _ message: String) throws {
        let result = try run(arguments)
        #expect(result.status == 2 && result.output == "", "\(result)")
        let lines = result.errors.split(separator: "\n").filter { !$0.hasPrefix("Try: ") }
        #expect(lines == ["luaflow: main.lua: \(message)"], "\(result.errors)")
    }

    @Test func whatIsRightRuns() throws {
        let result = try run(["--digit", "5", "--model", "there.txt", "--count", "7", "--out", "a.PDF"])
        #expect(result.output == "ran\ta.PDF\tinteger\n" && result.status == 0, "\(result)")
        #expect(try run(["--digit", "5"]).output == "ran\tfigure.png\tnil\n")
    }

    /// Errors that the script catches, or that no command line option caused, keep their traceback.
    @Test func otherErrorsKeepTheirTraceback() throws {
        let caught = try run([], "local host = require 'host' print(pcall(host.check, '--n', 'x')) error('later')")
        #expect(caught.status == 1 && caught.errors.contains("later") && caught.errors.contains("traceback"))
        let own = try run([], "require 'host'.check('schedule at step 3', 0/0)")
        #expect(own.status == 1 && own.errors.contains("main.lua:1:") && own.errors.contains("traceback"))
    }

    /// Every option of the program, after the script's name, where it belongs to the script.
    @Test(arguments: ["capsule", "memory", "timeout", "plugins", "no-plugins", "allow-read", "allow-write"])
    func theProgramsOptionsStandBeforeTheScript(_ name: String) throws {
        let result = try run(["--\(name)", "c.json"])
        #expect(result.status == 2)
        let value = name.hasPrefix("no-") ? "" : " c.json"
        #expect(
            result.errors.hasPrefix(
                """
                luaflow: main.lua: --\(name) is an option of luaflow's own and stands before the script's name: \
                luaflow run --\(name)\(value) FILE\n
                """
            ),
            "\(result.errors)")
        #expect(try Command.run(["run", "--help"]).output.contains("--\(name)"))
    }

    @Test func aScriptsOptionsAreDeclared() throws {
        let scratch = try Scratch()
        let script = try scratch.write("main.lua", Self.script)
        func words(_ words: [String]) throws -> Set<String> {
            Set(try Command.run(["---plugin-words"] + words).output.split(separator: "\n").map(String.init))
        }
        #expect(try words(["run", script, "--"]) == [
            "--lr", "--digit", "--mask", "--out", "--model", "--quiet", "--no-quiet", "--count", "--help",
        ])
        #expect(try words(["watch", script, "--lr", "1", "--d"]) == ["--digit"])
        #expect(try words(["run", "--timeout", "3", script, "--q"]) == ["--quiet"])
        #expect(try words(["run", try scratch.write("plain.lua", "print(1)"), "--"]).isEmpty)
        let pipe = scratch.path("pipe.lua")
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(try words(["run", pipe, "--"]).isEmpty)
    }

    // MARK: Pipes

    @Test func scriptsComeThroughPipes() throws {
        let scratch = try Scratch()
        let program = try Command.program.path
        func shell(_ line: String) throws -> Command.Result {
            try Command.run("/bin/bash", ["-c", line], in: scratch.url)
        }
        #expect(try shell("'\(program)' run <(echo 'print(...)') a b").output == "a\tb\n")
        #expect(try shell("echo 'print(1)' | '\(program)' run /dev/stdin").output == "1\n")
        #expect(try shell("'\(program)' run <(true); echo $?").output == "0\n")
        #expect(try shell("mkfifo p; (sleep 1; echo 'print(2)' > p) & '\(program)' run p").output == "2\n")
        // Without a writer the program says that it waits, and the time limit ends it.
        let alone = try shell("mkfifo q; '\(program)' --timeout 2 run q")
        #expect(
            alone.status == 1 && alone.errors.contains("waiting for somebody who writes into the pipe q"), "\(alone)")
        #expect(alone.errors.contains("the time limit of 2 s has passed"), "\(alone)")
        let capsule = try shell("mkfifo c; '\(program)' replay c")
        #expect(
            capsule.status == 1 && capsule.errors.contains("c: there is no such file that can be read"), "\(capsule)")
    }

    // MARK: What is printed

    @Test func recordsSayWhatIsInThem() throws {
        let host = try Host()
        let text: String = try host.evaluate(
            "tostring((select(2, require('projection').verify(require('projection').Box(0, 1)))))")
        #expect(text.hasPrefix("{") && text.contains("worst = ") && !text.contains("table: "), "\(text)")
        // Records are otherwise tables like any other.
        let fields: String = try host.evaluate("""
            (function()
              local t = require("host").arguments{{"b", 1}, {"a", "x\\ny"}}
              t.c, t[1] = t, 5
              setmetatable(t.d or {}, nil)
              return tostring(t)
            end)()
            """)
        #expect(fields == "{5, a = \"x\\ny\", b = 1, c = {...}}")
    }
}
