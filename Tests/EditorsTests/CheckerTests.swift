import Editors
import LuaFlow
import Testing

/// What `luaflow check` finds, and that it finds nothing wrong in correct programs.
@Suite struct CheckerTests {
    static let catalogue = Result { try ScriptIndex(Host.builtInModules) }

    /// The findings, each as `line:column: message`.
    private func check(
        _ text: String, globals: Set<String> = [], modulesAreGlobals: Bool = false, plugins: [String] = [],
        companions: [String] = [], files: [String: String] = [:]
    ) throws -> [String] {
        let find: (String) -> Checker.Source = { files[$0].map { .text(Array($0.utf8)) } ?? .missing }
        let checker = Checker(
            try Self.catalogue.get(), modulesAreGlobals: modulesAreGlobals, globals: globals,
            plugins: plugins.map { Checker.Plugin(Array($0.utf8), find: find) },
            companions: companions.map { Array($0.utf8) }, names: Array(files.keys), find: find)
        return checker.check(Array(text.utf8)).map { "\($0.line):\($0.column): \($0.message)" }
    }

    /// A module that is missing is reported, whichever of the two files that require it is read first. (Thirty names,
    /// as the order depends on hashes.)
    @Test(arguments: 1...30) func aMissingModuleIsFoundWhoeverElseAsksForIt(number: Int) throws {
        let (there, missing) = ("there\(number)", "missing\(number)")
        let found = try check(
            "require '\(there)'\nrequire '\(missing)'\nprnt(1)", files: [there: "require '\(missing)'"])
        #expect(found.count == 2 && found[0].contains(missing) && found[1].contains("prnt"), "\(found)")
    }

    @Test func everyScriptIsClean() throws {
        let scripts = try Programs.scripts()
        #expect(scripts.count > 8)
        let files = Dictionary(uniqueKeysWithValues: scripts.map { ($0.path, $0.text) })
        for (path, text) in scripts {
            let found = Checker(try Self.catalogue.get()) { name in
                let ending = "/" + name.split(separator: ".").joined(separator: "/") + ".lua"
                return files.first { $0.key.hasSuffix(ending) }.map { .text(Array($0.value.utf8)) } ?? .missing
            }.check(Array(text.utf8))
            #expect(found.isEmpty, "\(path)")
        }
    }

    @Test func everyExampleIsClean() throws {
        for (name, text) in try Programs.examples() {
            #expect(try check(text, globals: ["path"], modulesAreGlobals: true).isEmpty, "\(name): \(text)")
        }
    }

    @Test(arguments: Silence.programs) func keepsSilent(about program: String) throws {
        #expect(try check(program).isEmpty, "\(program)")
    }

    @Test(arguments: [
        ("local t = require 'tensor'\nt.zeroes(2)", "2:3: tensor has no function \"zeroes\" (did you mean \"zeros\"?)"),
        ("local a, b = require('flow'), require 'tensor'\nreturn b.onse, a.load",
            "2:10: tensor has no function \"onse\" (did you mean \"ones\"?)"),
        ("local o = require 'optim'\no.schedule.cosin(1, 2)",
            "2:12: optim.schedule has no function \"cosin\" (did you mean \"cosine\"?)"),
        ("local t = require 'tensor'\nlocal x = t.zeros(2)\nx:sume()",
            "3:3: tensor has no field or method \"sume\" (did you mean \"sum\"?)"),
        ("local t = require 'tensor'\nlocal z = t.zeros\nlocal x = z(2) * 2 + 1\nreturn x.shpe",
            "4:10: tensor has no field or method \"shpe\" (did you mean \"shape\"?)"),
        ("local t = require 'tensor'\nreturn -t{1, 2}[1]:exp():lgo()",
            "2:26: tensor has no field or method \"lgo\" (did you mean \"log\"?)"),
        ("local t = require 'tensor'\nlocal v, i = t.ones(2, 2):max(1)\nreturn i:tolst()",
            "3:10: tensor has no field or method \"tolst\" (did you mean \"tolist\"?)"),
        ("local d = require 'data'\nreturn d.digits().imges:size()",
            "2:19: no field \"imges\" (did you mean \"images\"?)"),
        ("local d = require('distribution').Normal(0, 1)\nreturn d.mean:itm()",
            "2:15: tensor has no field or method \"itm\" (did you mean \"item\"?)"),
        ("local t = require 'tensor'\nt.zeros(2).shape = 3", "2:12: tensor.shape can only be read"),
        ("local t = require 'tensor'\nt.zeros(2).grda = nil",
            "2:12: tensor has no field \"grda\" to assign to (did you mean \"grad\"?)"),
        ("local o = require 'optim'\no.SGD({}, {lrr = 1})",
            "2:12: optim.SGD: unknown option lrr (did you mean \"lr\"?)"),
        ("local P = require('projection').Box(0, 1)\nreturn P(1)",
            "2:10: projection:call: argument 2 (x): a tensor expected, got 1"),
        ("local P = require('projection').Box(0, 1)\nreturn P()", "2:8: projection:call: 1 argument expected, got 0"),
        ("require('flow').NICE{dimm = 4}", "1:22: flow.NICE: unknown option dimm (did you mean \"dim\"?)"),
        ("require('plot').line{{1, 2}, titel = 'a'}",
            "1:30: plot.line: unknown option titel (did you mean \"title\"?)"),
        ("local total = 1\nprint(totl)", "2:7: unknown global \"totl\" (did you mean \"total\"?)"),
        ("prnt(1)", "1:1: unknown global \"prnt\" (did you mean \"print\"?)"),
        ("return tensor.zeros(2)", "1:8: unknown global \"tensor\" (a module: local tensor = require \"tensor\")"),
        ("return math.sine(1)", "1:13: math has no function \"sine\" (did you mean \"sin\"?)"),
        ("local t = require 'tensr'", "1:19: no module \"tensr\" (did you mean \"tensor\"?)"),
        // Too few and too many arguments.
        ("require('tensor').exp()", "1:19: tensor.exp: 1 argument expected, got 0"),
        (
            "local x = require('tensor').ones(2)\nx.sum()",
            "2:3: tensor:sum: a method is called with a colon, or with what it works on"
        ),
        (
            "local x = require('tensor').ones(2)\nx:sum(1, true, 3, 4)",
            "2:3: tensor:sum: at most 2 arguments expected, got 4"
        ),
        (
            "local t = require 'tensor'\nlocal x = t.ones(2, 2)\nt.matmul(x)",
            "3:3: tensor.matmul: 2 arguments expected, got 1"
        ),
        ("require('tensor').arange(1)", "1:19: tensor.arange: at least 2 arguments expected, got 1"),
        ("require('random').generator(1, 2, 3)", "1:19: random.generator: at most 2 arguments expected, got 3"),
        // Texts that an option does not accept, and options by way of a variable.
        (
            "require('tensor').zeros(2, {dtype = 'float65'})",
            """
            1:37: tensor.zeros: option dtype: one of float32, float64, int64, bool expected, got \"float65\" (did you \
            mean \"float64\"?)
            """
        ),
        (
            "local o = {dtpe = 'float32'}\nrequire('tensor').zeros(2, o)",
            "2:28: tensor.zeros: unknown option dtpe (did you mean \"dtype\"?)"
        ),
        // Variables that are assigned twice, or global.
        ("local x = require('tensor').ones(2)\nx = x * 2\nx:summ()",
            "3:3: tensor has no field or method \"summ\" (did you mean \"sum\"?)"),
        ("T = require 'tensor'\nT.zeroz(2)", "2:3: tensor has no function \"zeroz\" (did you mean \"zeros\"?)"),
        ("return ('x'):uper()", "1:14: string has no function \"uper\" (did you mean \"upper\"?)"),
        ("for i in 1, 2 do end", "1:10: a number cannot be walked over (for k = first, last do)"),
        ("for i in {1, 2} do end", "1:10: a table cannot be walked over by itself (for i, x in ipairs(t) do)"),
        ("return nill", "1:8: unknown global \"nill\" (Lua's is nil)"),
        ("require('tensor').ones(2).dtyp = 3",
            "1:27: tensor has no field \"dtyp\" to assign to (did you mean \"dtype\"?)"),
        ("local x = = 1", "1:11: unexpected symbol near '='"),
        ("x = 1\nif x then\n", "3:1: 'end' expected (to close 'if' at line 2) near <eof>"),
        ("local é, x = 1\nreturn 'é', y", "1:7: <name> expected near '<\\195>'"),
        ("return 'é', yy", "1:13: unknown global \"yy\""),
    ])
    func finds(program: String, finding: String) throws {
        #expect(try check(program) == [finding])
    }

    @Test func findingsAreSortedAndComplete() throws {
        let found = try check("local t = require 'tensor'\nlocal f = function() return t.b, t.a end\nreturn c, f, t.d")
        #expect(found.map { $0.prefix(5) } == ["2:31:", "2:36:", "3:8: ", "3:16:"])
    }

    @Test func membersOfRequiredFilesAreKnown() throws {
        let masks = "local tensor = require 'tensor'\nlocal M = {top = 1}\nfunction M.left() return M.top end\nreturn M"
        let files = ["my.masks": masks]
        #expect(try check("local m = require 'my.masks'\nreturn m.left(), m.top", files: files).isEmpty)
        #expect(
            try check("local m = require 'my.masks'\nreturn m.lft()", files: files)
                == ["2:10: my.masks has no member \"lft\" (did you mean \"left\"?)"])
        // Reading a field that does not exist gives nil, and a test for it may be meant.
        #expect(try check("local m = require 'my.masks'\nif m.other then print(m.other) end", files: files).isEmpty)
        for open in ["M[f()] = 1", "setmetatable(M, {})", "fill(M)", "local N = M", "M = other()", "M[x].y = M"] {
            let text = "local M = {}\n\(open)\nreturn M"
            #expect(try check("local m = require 'm'\nreturn m.lft()", files: ["m": text]).isEmpty, "\(open)")
        }
        #expect(try check("require 'm'\nreturn someglobal", files: ["m": "someglobal = 1"]).isEmpty)
        #expect(try check("require 'm'\nreturn otherglobal", files: ["m": "someglobal = 1"]).count == 1)
    }

    @Test func modulesMayBeMadeInManyWays() throws {
        func find(_ module: String, _ script: String) throws -> [String] {
            try check("local m = require 'm'\n" + script, files: ["m": module])
        }
        // A module with an early return may return either of two tables.
        #expect(try find("if not F then return {plain = print} end\nreturn {fancy = print}", "m.plain()").isEmpty)
        // A method may add fields to its own table.
        let setter = "local M = {}\nfunction M:set(t) for k, v in pairs(t) do self[k] = v end end\nreturn M"
        #expect(try find(setter, "m:set{run = print}\nm.run()").isEmpty)
        #expect(try find(setter, "m.run()").count == 1)
        #expect(try find("local _ENV = {}\nfunction alpha() end\nreturn _ENV", "m.alpha()").isEmpty)
    }

    @Test func modulesThatAreNotThereAreNamedAndHideNothing() throws {
        let files = ["inpainting.masks": "return {}"]
        #expect(
            try check("local m = require 'inpainting.maskz'\nprnt(m)\nmath.sqrrt(2)", files: files) == [
                "1:19: no module \"inpainting.maskz\" (did you mean \"inpainting.masks\"?)",
                "2:1: unknown global \"prnt\" (did you mean \"print\"?)",
                "3:6: math has no function \"sqrrt\" (did you mean \"sqrt\"?)",
            ])
        for silent in [
            "local ok, m = pcall(require, 'x')", "pcall(function() require 'x' end)", "if jit then require 'ffi' end",
            "local m = have and require 'x'\nhave = 1", "package.path = '/my/?.lua'\nrequire 'x'\nreturn theirs",
        ] {
            #expect(try check(silent).isEmpty, "\(silent)")
        }
        #expect(try check("local ok, m = pcall(require, 'x')\nreturn zzz").count == 1)
    }

    @Test func everyMemberOfTheLinkedLuaIsKnown() throws {
        let interpreter = try Interpreter()
        let members = try interpreter.run(
            code: """
                local names = {}
                for library, table in pairs(_G) do
                  if type(table) == "table" and library ~= "_G" and package.loaded[library] == table then
                    for name in pairs(table) do names[#names + 1] = library .. "." .. name end
                  end
                end
                return table.concat(names, " ")
                """, name: "members")
        guard let text = members.first?.asText else { throw ScriptError("", "no text") }
        let names = text.split(separator: " ").filter { !$0.hasPrefix("_") }
        #expect(names.count > 100)
        for name in names { #expect(try check("\(name)()").isEmpty, "\(name)") }
    }

    @Test func filesGivenTogetherShareWhatTheySet() throws {
        #expect(try check("return CONFIG", companions: ["CONFIG = 1"]).isEmpty)
        #expect(try check("return CONFIG").count == 1)
        // A global that one companion file may define is not known to the other.
        #expect(try check("return CONFIG", companions: ["load('x = 1')()"]).count == 1)
    }

    @Test func namesThatPluginsRegisterAreKnown() throws {
        let script = "return require('projection').Mine(1):project_(2)"
        #expect(try check(script).count == 1)
        let registers = "local host = require 'host'\nhost.register{projections = {Mine = print}}\n"
        #expect(try check(registers + script).isEmpty)
        #expect(try check(script, plugins: ["require('host').register{projections = {Mine = f}}"]).isEmpty)
        #expect(try check(script, plugins: ["local host = require 'host' host.register(everything)"]).isEmpty)
        #expect(try check(script, plugins: ["not Lua"]).count == 1)
        for alias in [
            "local register = require('host').register\nregister{projections = {Mine = print}}\n",
            """
            local host = require 'host'
            local add = host.register
            add{[kind()] = {[kind()] = 1}}
            function kind() end

            """,
        ] {
            #expect(try check(alias + script).isEmpty, "\(alias)")
        }
        let part = ["parts": "require('host').register{projections = {Mine = print}} BIGV = 3"]
        #expect(try check(script + ", BIGV", plugins: ["require 'parts'"], files: part).isEmpty)
        // An unknown registration adds names of its own, but none to Lua's or tensor's tables.
        let open = ["local host = require 'host' host.register(everything)"]
        #expect(try check("math.sqrrt(2)\nrequire('tensor').zeroz(2)", plugins: open).count == 2)
    }

    @Test func globalsMayBeNamed() throws {
        #expect(try check("return mine", globals: ["mine"]).isEmpty)
        #expect(try check("return tensor.zeros(2)", modulesAreGlobals: true).isEmpty)
        #expect(try check("return tensor.zeroes(2)", modulesAreGlobals: true).count == 1)
    }

    /// The checker does not crash, whatever the program.
    @Test func survivesMutations() throws {
        let programs = try Programs.scripts().map(\.text)
        var random = Mutations(seed: 77)
        for _ in 0..<1000 { _ = try check(random.mutate(programs[random.below(programs.count)])) }
    }
}
