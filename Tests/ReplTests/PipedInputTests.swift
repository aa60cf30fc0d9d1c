import Testing

@testable import Repl
@testable import Sessions

/// `luaflow < script.lua`: no prompt, no echo, the exit statuses of `run`.
@Suite struct PipedInputTests {
    @Test(arguments: [[], ["repl"]])
    func inputThatIsPipedIsAScript(_ arguments: [String]) throws {
        let home = try Home()
        let good = try Program.run(
            arguments,
            input: "#!/usr/bin/env luaflow\nlocal x = 20\nprint(x * 2 + 2, tensor.ones(2):sum():item())\n= 5",
            home: home)
        #expect(good.output == "" && good.errors.contains("stdin:4:") && good.status == 1)
        let run = try Program.run(
            arguments,
            input: "#!/usr/bin/env luaflow\nlocal x = 20\nprint(x * 2 + 2, tensor.ones(2):sum():item(), #'\\xff')",
            home: home)
        #expect(run.output == "42\t2.0\t1\n" && run.errors == "" && run.status == 0)
        let failing = try Program.run(
            arguments, input: "print(1)\nlocal function f() error('wrong') end\nf()", home: home)
        #expect(failing.output == "1\n" && failing.status == 1)
        #expect(failing.errors.hasPrefix("luaflow: stdin:2: wrong\n"))
        #expect(try Program.run(arguments, input: "os.exit(9)", home: home).status == 9)
        #expect(try Program.run(arguments, input: "", home: home).status == 0)
    }

    @Test func onlyTheMessageIsShownOfASyntaxError() throws {
        let home = try Home()
        let run = try Program.run([], input: "x = = 1", home: home)
        #expect(run.errors == "luaflow: stdin:1: unexpected symbol near '='\n" && run.status == 1)
    }

    @Test func aByteOrderMarkIsSkipped() throws {
        let home = try Home()
        #expect(try Program.run([], input: "\u{FEFF}print(1)", home: home).output == "1\n")
        #expect(try Program.run([], input: "\u{FEFF}#!/usr/bin/env luaflow\nprint(2)", home: home).output == "2\n")
    }

    @Test(arguments: [["-", "a", "b"], ["run", "-", "a", "b"], ["repl", "-", "a", "b"]])
    func aDashStandsForStandardInput(_ arguments: [String]) throws {
        let home = try Home()
        let run = try Program.run(arguments, input: "print(select('#', ...), ..., arg[0], arg[2])", home: home)
        // In the middle of a list `...` is one value.
        #expect(run.output == "2\ta\t-\tb\n", "\(run)")
        #expect(run.errors == "" && run.status == 0)
    }

    @Test(arguments: [
        ("< /", "luaflow: stdin: Is a directory\n"),
        ("<&-", "luaflow: standard input: it is closed; luaflow run FILE runs a file\n"),
    ])
    func anInputThatCannotBeReadIsAnError(_ input: String, _ message: String) throws {
        let home = try Home()
        let run = try Program.shell("luaflow \(input)", home: home)
        #expect(run.status == 1 && run.errors == message && run.output == "", "\(run)")
    }

    /// /dev/zero never ends: what is read of it is bounded, also where memory is.
    @Test(arguments: ["- < /dev/zero", "< /dev/zero", "run /dev/zero", "check /dev/zero", "repl /dev/zero"])
    func aTextWithoutEndIsNoScript(_ words: String) throws {
        let home = try Home()
        let run = try Program.shell("ulimit -v 4000000; luaflow \(words)", home: home)
        #expect(run.status == 1 && run.output == "", "\(run)")
        #expect(run.errors.contains("more than 134217728 bytes, which is no script"), "\(run)")
    }

    @Test func aFileRunsBeforeThePipedInput() throws {
        let home = try Home()
        try home.write("first.lua", "shared = ... .. '!'")
        let run = try Program.run(["repl", "first.lua", "--flag"], input: "print(shared)", home: home)
        #expect(run.output == "--flag!\n" && run.status == 0)
    }

    @Test func helpListsNoOptionThatIsRefused() throws {
        let home = try Home()
        let help = try Program.run(["repl", "--help"], input: "", home: home)
        #expect(help.status == 0 && help.output.contains("--plugins") && help.output.contains("--timeout"))
        for command in ["repl", "plugins", "replay", "watch", "check", "doc"] {
            for words in [[command, "--help"], ["help", command]] {
                let help = try Program.run(words, input: "", home: home).output
                // Capsules of other people are replayed in the sandbox.
                let isReplay = command == "replay"
                #expect(help.contains("--sandbox ") == isReplay && help.contains("--allow") == isReplay, "\(help)")
                #expect(help.contains("--plugins"), "\(help)")
                #expect(help.contains("  --capsule") == (command == "watch"), "\(help)")
                #expect(help.contains("LIMITS:") == !["check", "doc"].contains(command), "\(help)")
            }
        }
        for command in [["check", "x.lua"], ["doc", "tensor"]] {
            let refused = try Program.run(command + ["--capsule", "c.json"], input: "", home: home)
            #expect(
                refused.status == 2 && refused.errors.contains("--capsule: for commands that run a script only"),
                "\(refused.errors)")
        }
        let run = try Program.run(["run", "--help"], input: "", home: home)
        #expect(run.output.contains("--sandbox"))
    }

    @Test func anUnwritableHistoryFolderIsNoMatterThere() throws {
        let home = try Home()
        #expect(try Program.run([], input: "print'ok'", home: home).output == "ok\n")
        #expect((try? home.read("state/luaflow/history")) == nil)
    }
}
