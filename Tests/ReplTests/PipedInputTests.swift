import Testing

@testable import Repl

/// `luaflow < script.lua`: no prompt, no echo, the statuses of `run`.
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

    @Test func aFileRunsBeforeThePipedInput() throws {
        let home = try Home()
        try home.write("first.lua", "shared = ... .. '!'")
        let run = try Program.run(["repl", "first.lua", "--flag"], input: "print(shared)", home: home)
        #expect(run.output == "--flag!\n" && run.status == 0)
    }

    @Test func anUnwritableHistoryFolderIsNoMatterThere() throws {
        let home = try Home()
        #expect(try Program.run([], input: "print'ok'", home: home).output == "ok\n")
        #expect((try? home.read("state/luaflow/history")) == nil)
    }
}
