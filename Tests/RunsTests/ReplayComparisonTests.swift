import Foundation
import LuaFlow
import ProgramChecks
import Testing
import TimeLimits

@testable import Runs

/// `luaflow replay` reports as equal only what it has compared, and says what it has not compared.
@Suite(.ownTime(minutes: 10)) struct ReplayComparisonTests {
    private struct Replayed {
        let recorded: Capsule
        let status: Int32
        let errors: String
    }

    /// Records a script and replays it, with the given environment.
    private func replayed(
        _ script: String, environment: [String: String] = [:], later: [String: String] = [:], options: [String] = []
    ) throws -> Replayed {
        let scratch = try Scratch()
        let file = try scratch.write("main.lua", script)
        let run = try Command.run(
            ["run", "--capsule", scratch.path("run.json"), file], in: scratch.url, environment: environment)
        #expect(run.status == 0, "\(run.errors)")
        let again = try Command.run(["replay"] + options + [scratch.path("run.json")], environment: later)
        return Replayed(
            recorded: try Capsule(readingFrom: scratch.path("run.json")), status: again.status, errors: again.errors)
    }

    /// Scripts that return another value in every run, because of the clock; nothing but the returned value shows it.
    @Test(arguments: [
        ("a gradient", "x.grad = now return x"),
        ("a distribution", "return distribution.Normal(now, 1)"),
        ("a generator", "return random.generator(math.floor(seconds * 1e6))"),
        (
            "a generator that has drawn",
            """
            local g = random.generator(1) for i = 1, math.floor(seconds * 1e6) % 97 do random.normal({4}, \
            {generator = g}) end return g, now
            """
        ),
        ("an optimizer", "local o = optim.Adam({x}) x.grad = now o:step() return {o}"),
        ("an optimizer's rate", "return optim.SGD({x}, {lr = seconds})"),
        (
            "a flow",
            """
            local m = flow.NICE{dim = 4, hidden = 3, layers = 2, couplings = 2} m:parameters()[1].data[1] = now[1] \
            return {m = m}
            """
        ),
    ]) func differencesInObjectsAreSeen(what: String, code: String) throws {
        let again = try replayed("""
            local tensor, distribution, random, optim, flow, host = require "tensor", require "distribution", require "random",
              require "optim", require "flow", require "host"
            local seconds = host.clock()
            local now, x = tensor({seconds}), tensor({1}):requires_grad_(true)
            \(code)
            """)
        #expect(again.status == 1 && again.errors.contains("returned value 1 differs"), "\(what): \(again.errors)")
    }

    @Test(arguments: [
        ("return function() end", "a function in returned value 1"),
        ("return 1, {{require('projection').Box(0, 1)}}", "a projection in returned value 2"),
        (
            "return require('distribution').Law{log_prob = function(x) return x end}",
            "a distribution in returned value 1"
        ),
        ("return coroutine.create(print)", "a thread in returned value 1"),
        ("os.execute('true')", "what other programs printed"),
        ("local f <close> = io.open('/dev/stdout', 'w') f:write('x')", "what it wrote to /dev/stdout"),
        (
            "return require('flow').NICE{dim = 4, hidden = 3, layers = 2, couplings = 2}",
            "of a flow what is no parameter of it"
        ),
        ("io.stderr:write(os.clock())", "standard error"),
        ("return {setmetatable({}, {__index = print})}", "a table's metatable in returned value 1"),
        ("require('image').show(require('tensor').ones(4, 4))", "pictures that it showed"),
        ("require('plot').line{{1, 2}}:show()", "pictures that it showed"),
    ]) func whatWasNotComparedIsSaid(script: String, phrase: String) throws {
        let again = try replayed("require('random').manual_seed(0)\n" + script)
        #expect(again.status == 0 && again.errors.contains("Not compared: files that it wrote"), "\(again.errors)")
        #expect(again.errors.contains(phrase), "\(again.errors)")
    }

    /// Known causes of a difference are named.
    @Test(arguments: [
        ("math.randomseed() print(math.random())", "it reads math.randomseed(), which no capsule brings back"),
        ("local name = os.tmpname() os.remove(name) print(name)", "it reads os.tmpname, which no capsule brings back"),
        ("print({})", "it prints addresses (table: 0x...)"),
        (
            "for i = 1, math.random(1000) do _G[i] = {} end print(collectgarbage('count') + os.clock())",
            "it reads collectgarbage(\"count\")"
        ),
    ]) func causesAreNamed(script: String, cause: String) throws {
        let again = try replayed(script)
        #expect(again.status == 1 && again.errors.contains(cause), "\(again.errors)")
    }

    /// A list that a native function returns is compared as a whole, like any table.
    @Test func listsOfNativeFunctionsAreComparedWhole() throws {
        let again = try replayed("return require('tensor').ones(2, 3).shape, require('tensor').ones(2):tolist()")
        #expect(
            again.status == 0 && again.errors.contains("Not compared: files that it wrote, standard error.\n"),
            "\(again.errors)")
    }

    /// An error value is compared like a returned value, and shown.
    @Test(arguments: [
        ("error{code = 2, at = now}", "code = 2"),
        ("local t = tensor.zeros(50, 50) t[20][20] = now error(t)", "shape (50, 50)"),
        ("local t = {} for i = 1, 60 do t[i] = i end t[50] = now error(t)", "(error object is a table value) {"),
        ("error(setmetatable({}, {__tostring = function() return 'at ' .. now end}))", "at "),
        ("coroutine.wrap(function() error{now} end)()", "{"),
    ]) func raisedValuesAreCompared(code: String, shown: String) throws {
        let scratch = try Scratch()
        for (now, status) in [("host.clock()", Int32(1)), ("1", 0)] {
            let file = try scratch.write(
                "main.lua", "local host, tensor = require 'host', require 'tensor'\nlocal now = \(now)\n\(code)\n")
            let run = try Command.run(["run", "--capsule", scratch.path("run.json"), file], in: scratch.url)
            #expect(run.status == 1)
            let again = try Command.run(["replay", scratch.path("run.json")])
            #expect(again.status == status && again.errors.contains(shown), "\(code): \(again.errors)")
            if status == 1 { #expect(again.errors.contains("the error"), "\(code): \(again.errors)") }
        }
    }

    /// Draws of Lua's own generator are compared, also when nothing shows them.
    @Test func luasGeneratorIsCompared() throws {
        let again = try replayed(
            """
            for i = 1, math.floor(require('host').clock() * 1e6) % 89 + (require('host').clock() > 0 and 1 or 0) \
            do math.random() end math.randomseed(math.floor(require('host').clock() * 1e7))
            """
        )
        #expect(
            again.status == 1 && again.errors.contains("Lua's math.random ended at another place"), "\(again.errors)")
    }

    /// What stood before the script on the command line belongs to `arg` and is replayed, too.
    @Test func theWordsBeforeTheScriptComeAgain() throws {
        let again = try replayed("print(arg[-1] ~= nil, arg[-2], #arg)")
        #expect(again.status == 0 && again.recorded.run.words?.count == 4, "\(again.errors)")
    }

    /// A capsule of somebody else's cannot send control sequences to the terminal.
    @Test func whatACapsuleHoldsIsShown() throws {
        let scratch = try Scratch()
        let file = try scratch.write("main.lua", "print(1)")
        #expect(try Command.run(["run", "--capsule", scratch.path("run.json"), file], in: scratch.url).status == 0)
        let text = try String(contentsOfFile: scratch.path("run.json"), encoding: .utf8)
        for (old, new) in [
            ("\"kernels\" : \"", "\"kernels\" : \"\\u001b[2J"),
            ("\"absent\" : [", "\"absent\" : [\"/\\u001b]0;x\", \"/etc/hosts\""),
        ] {
            let changed = text.replacingOccurrences(of: old, with: new)
            #expect(changed != text, "\(old) is not in \(text)")
            try changed.write(toFile: scratch.path("other.json"), atomically: true, encoding: .utf8)
            let again = try Command.run(["replay", scratch.path("other.json")])
            #expect(!again.errors.contains("\u{1B}"), "\(again.errors)")
        }
    }

    @Test func theHelpNamesTheSandbox() throws {
        let help = try Command.run(["replay", "--help"]).output
        #expect(help.contains("--sandbox") && help.contains("--allow-write"), "\(help)")
    }

    @Test func environmentVariablesLeaveNoTrace() throws {
        let secret = "1234"
        let same = try replayed(
            "local s = os.getenv('LUAFLOW_PIN')", environment: ["LUAFLOW_PIN": secret], later: ["LUAFLOW_PIN": "4321"])
        #expect(same.status == 0 && same.recorded.sources.environment == ["LUAFLOW_PIN": true])
        let changed = try replayed("print(os.getenv('LUAFLOW_PIN'))", later: ["LUAFLOW_PIN": "1"])
        #expect(changed.errors.contains("LUAFLOW_PIN, which is set now, and was not"), "\(changed.errors)")
    }

    /// A file that cannot be read to its end has no digest.
    @Test func readErrorsAreNoDigest() throws {
        #expect(SHA256.ofFile("/no/such/file") == nil && SHA256.ofFile("/") == nil)
        #if os(Linux)
            #expect(SHA256.ofFile("/proc/self/mem") == nil)
        #endif
    }

    /// A capsule of somebody else's is replayed in the sandbox.
    @Test func capsulesAreReplayedInTheSandbox() throws {
        let scratch = try Scratch()
        _ = try scratch.write("part.lua", "return 2")
        let script = try scratch.write("main.lua", """
            local random, part = require "random", require "part"
            io.write(random.normal({1}):item() * part, "\\n")
            print(math.random())
            return random.normal({2})
            """)
        #expect(try Command.run(["run", "--capsule", scratch.path("run.json"), script], in: scratch.url).status == 0)
        let again = try Command.run(["replay", "--sandbox", scratch.path("run.json")])
        #expect(again.status == 0, "\(again.errors)")
        #expect(
            again.errors.components(separatedBy: "replay: the same, bit for bit: standard output (").count == 2,
            "\(again.errors)")
        let thief = try scratch.write(
            "thief.lua", "local f = io.open and io.open(arg[0]) print(f and 'read' or 'refused')")
        #expect(try Command.run(["run", "--capsule", scratch.path("thief.json"), thief]).output == "read\n")
        let caught = try Command.run(["replay", "--sandbox", scratch.path("thief.json")])
        #expect(caught.status == 1 && caught.output == "refused\n", "\(caught.output) \(caught.errors)")
    }
}
