import LuaFlow
import Testing

/// A profile's operations: their names, lines, counts and bytes. Times are not tested.
@Suite struct ProfileTests {
    private static let script = """
        local w = tensor.ones(30, 20):requires_grad_(true)
        local x = tensor.ones(10, 30)
        for _ = 1, 3 do
          local y = x:matmul(w):exp()
          y:sum():backward()
        end
        """

    private func host(_ profile: Profile?) throws -> Host {
        var options = Interpreter.Options()
        options.globals = true
        options.profile = profile
        let host = try Host(options: options)
        host.context.service(GlobalGenerator.self).generator = Generator(seed: 0)
        return host
    }

    private func report(_ script: String) throws -> ProfileReport {
        let profile = Profile()
        try host(profile).run(code: script, name: "script")
        return ProfileReport(profile)
    }

    private func row(_ operation: String, _ line: Int, in report: ProfileReport) throws -> ProfileReport.Row {
        let row = report.rows.first { $0.operation == operation && $0.line == "script:\(line)" }
        return try #require(row, "no \(operation) at \(line) in \(report.table())")
    }

    @Test func operationsAreCountedAtTheirLines() throws {
        let report = try report(Self.script)
        let product = try row("tensor.matmul", 4, in: report)
        #expect(product.count == 3 && product.backwardCount == 3)
        // The bytes of the product's results: forward (10, 20), backward the gradient of w alone, (30, 20), and one
        // number in the place of the operand that was not kept; each three times, in float32.
        #expect(product.bytes == 3 * 4 * (10 * 20 + 30 * 20 + 1), "\(product)")
        #expect(product.forward > 0 && product.backward > 0)
        let exp = try row("tensor.exp", 4, in: report)
        #expect(exp.count == 3 && exp.backwardCount == 3 && exp.bytes == 3 * 4 * (2 * 10 * 20 + 1), "\(exp)")
        #expect(try row("tensor.ones", 1, in: report).bytes == 4 * 30 * 20)
        #expect(try row("tensor:backward", 5, in: report).count == 3)
        #expect(try row("tensor.sum", 5, in: report).backwardCount == 3)
    }

    @Test func whatHappensInsideACallStandsBelowIt() throws {
        let report = try report("""
            local m = flow.NICE{dim = 4, hidden = 8, layers = 2, couplings = 2}
            local f = autodiff.grad(function(x)
              return m:log_prob(x):sum()
            end)
            f(tensor.ones(3, 4))
            """)
        let paths = report.stacks.split(separator: "\n").map { $0.prefix { $0 != " " } }
        #expect(report.stacks.contains(";script:3;flow:log_prob;"), "\(report.stacks)")
        #expect(report.stacks.contains(" backward, recorded at script:3"), "\(report.stacks)")
        #expect(paths.contains { $0.hasPrefix("script:5;") && $0.contains(";script:3;") }, "\(report.stacks)")
    }

    @Test func everyLineIsAPathAndANumber() throws {
        let lines = try report(Self.script).stacks.split(separator: "\n")
        #expect(lines.first?.hasPrefix("Lua ") == true)
        for line in lines { #expect(line.split(separator: " ").last.flatMap { Int($0) } != nil, "\(line)") }
    }

    @Test func aCallThatFailsEndsAsWell() throws {
        let report = try report("""
            for _ = 1, 2 do pcall(tensor.matmul, tensor.ones(2, 3), tensor.ones(2, 3)) end
            local y = tensor.ones(2) + 1
            """)
        #expect(report.stacks.contains("\nscript:2;tensor.add "), "\(report.stacks)")
        #expect(try row("tensor.matmul", 1, in: report).count == 2)
    }

    @Test func theResultIsTheSameBitsWithAndWithout() throws {
        let script = """
            random.manual_seed(3)
            local m = flow.NICE{dim = 6, hidden = 16, layers = 2, couplings = 2}
            local opt = optim.Adam(m:parameters(), {lr = 0.01})
            local x = random.normal({32, 6})
            for _ = 1, 5 do
              opt:zero_grad()
              local loss = -m:log_prob(x):mean()
              loss:backward()
              opt:step()
            end
            result = m:log_prob(x)
            """
        let results = try [nil, Profile()].map { profile in
            let host = try host(profile)
            try host.run(code: script, name: "script")
            return try host.evaluate("(function() local t = result:tolist() return t end)()") as [Double]
        }
        #expect(results[0].map(\.bitPattern) == results[1].map(\.bitPattern) && results[0].count == 32)
    }

    @Test func theCommandWritesTheFileAndTheTable() throws {
        let scratch = try Scratch()
        let script = try scratch.write(
            "my.lua", "local tensor = require 'tensor'\nprint((tensor.ones(2) + 1):sum():item())\nerror('no')")
        let run = try Command.run(["run", "--profile", scratch.path("out.txt"), script])
        #expect(run.status == 1 && run.output == "4.0\n" && run.errors.contains("my.lua:3: no"), "\(run)")
        #expect(run.errors.contains("forward ms") && run.errors.contains("tensor.add  "), "\(run.errors)")
        let text = try String(contentsOfFile: scratch.path("out.txt"), encoding: .utf8)
        #expect(text.contains("my.lua:2;tensor.add "), "\(text)")
    }

    @Test func whatCannotBeProfiledIsRefusedBeforeTheRun() throws {
        let scratch = try Scratch()
        let script = try scratch.write("my.lua", "print 'ran'")
        for (options, why) in [
            (["--sandbox", "--profile", scratch.path("p")], "--profile and --sandbox"),
            (["--profile", scratch.url.path], "is a folder"),
            (["--profile", scratch.path("no/p")], "there is no folder"),
        ] {
            let run = try Command.run(["run"] + options + [script])
            #expect(run.status != 0 && run.output.isEmpty && run.errors.contains(why), "\(run)")
        }
    }
}
