@testable import Editors
import LuaFlow
import Testing

/// Every signature follows the grammar, and names the options that the function takes.
@Suite struct SignatureTests {
    static let entries = (try? Manual(Host.builtInModules).all) ?? []

    @Test func everySignatureParses() {
        #expect(Self.entries.count > 350)
        for (name, documentation) in Self.entries {
            #expect(throws: Never.self, "\(name)") { try Signature(documentation.signature) }
        }
    }

    @Test func aFormIsTakenApart() throws {
        let text = "x:norm(dim, keepdim = false, {p = 2, eps}) -> tensor of no dimension"
        let form = try #require(Signature(text).forms.first)
        #expect(form.head == .method(receiver: "x", name: "norm"))
        #expect(form.arguments.map(\.name) == ["dim", "keepdim", ""] && form.arguments[1].fallback == "false")
        guard case .table(let table) = form.arguments[2].kind else { throw ScriptError("", "no table") }
        #expect(table.options == [.init(name: "p", fallback: "2"), .init(name: "eps", fallback: nil)])
        #expect(form.results == [.init(name: nil, type: .named("tensor"), repeats: false)])
    }

    @Test func tablesHoldElementsOptionsOrBoth() throws {
        let signature = try Signature("projection.Intersection{P, Q, ..., tolerance = 1e-9} -> projection")
        guard case .table(let table) = signature.forms[0].arguments[0].kind else { throw ScriptError("", "no table") }
        #expect(table.elements.map(\.name) == ["P", "Q"] && table.repeats && !table.isOpen)
        #expect(signature.optionNames == ["tolerance"])
        #expect(try Signature("checkpoint.save(path, {name = tensor, ...})").optionNames == nil)
        #expect(try Signature("random.normal({d1, d2, ...}, {generator, dtype})").optionNames == ["generator", "dtype"])
    }

    @Test func resultsHaveNamesAndTypes() throws {
        let named = try Signature("x:max(dim) -> values: tensor, indices: tensor")
        #expect(named.forms[0].results.map(\.name) == ["values", "indices"])
        #expect(try Signature("data.idx(path) -> tensor, ...").forms[0].results == [
            .init(name: nil, type: .named("tensor"), repeats: true)
        ])
        let either = try Signature("x.grad -> tensor or nil")
        #expect(either.forms[0].results[0].type == .either([.named("tensor"), .named("nil")]))
        #expect(try Signature("m:f() -> {name = tensor, ...}").forms[0].results[0].type == .map(.named("tensor")))
        #expect(
            try Signature("d.f() -> {images = tensor (N, 28), n = number}").forms[0].results[0].type
                == .record([.init(name: "images", type: .named("tensor")), .init(name: "n", type: .named("number"))]))
    }

    @Test func whatMayBeLeftOutIsCounted() throws {
        func counts(_ text: String) throws -> ClosedRange<Int>? { try Signature(text).counts }
        #expect(try counts("f()") == 0...0 && counts("f(x, y)") == 2...2 && counts("f(x, y = 1, z = nil)") == 1...3)
        #expect(try counts("f(x, {lr = 1})") == 1...2 && counts("f({d1, d2, ...}, {dtype})") == 1...2)
        #expect(try counts("f({d1, d2, ...} = {}, mean = 0)") == 0...2 && counts("f(path, {name = tensor, ...})") == 2...2)
        #expect(try counts("f(d1, d2, ...)") == 0...Int.max && counts("f(g, ...)") == 1...Int.max)
        #expect(try counts("f{dim = 1}") == 0...1 && counts("f(x)\nf(x, y, z)") == 1...3)
        #expect(try counts("x:f()") == 1...1 && counts("x:f(y)\nf(x, y, z = 1)") == 2...3)
    }

    @Test func optionsMayListTheirTexts() throws {
        let signature = try Signature("f{a = \"x\" or \"y\", b = nil or \"z\", c = \"x\", d = 1 or 2, e}")
        guard case .table(let table) = signature.forms[0].arguments[0].kind else { throw ScriptError("", "no table") }
        #expect(table.options.map(\.choices) == [["x", "y"], ["z"], nil, nil, nil])
    }

    @Test func loopsGetCountsAndTensors() throws {
        let loop = try Signature("for k in f(n) do").forms[0].results
        #expect(loop == [.init(name: nil, type: .iterator([.named("integer")]), repeats: false)])
        let rows = try Signature("for batch, rows in f(n) do").forms[0].results[0].type
        #expect(rows == .iterator([.named("tensor"), .named("tensor")]))
    }

    /// What `luaflow check` says of too many arguments is true: a function refuses more than its signature has.
    @Test func functionsRefuseMoreThanTheirSignatures() throws {
        var most: [String: Int] = [:]
        for (name, documentation) in Self.entries where !name.contains(":") {
            let signature = try Signature(documentation.signature)
            guard let counts = signature.counts, counts.upperBound < 20 else { continue }
            most[name] = counts.upperBound
        }
        let list = most.map { "[\"\($0.key)\"] = \($0.value)" }.joined(separator: ", ")
        for (name, documentation) in Self.entries {
            guard let example = documentation.example else { continue }
            var options = Interpreter.Options()
            options.globals = true
            let host = try Host(options: options)
            let lenient = try host.run(
                code: "most = {\(list)}\n" + Self.surplus + example + "\nreturn table.concat(lenient, ' ')", name: name)
            guard let names = lenient.first?.asText else { throw ScriptError("", "no text") }
            #expect(names.isEmpty, "\(name): \(names)")
        }
    }

    /// Puts a function around each of a module's functions that calls it once more, with more than it takes.
    private static let surplus = """
        lenient = {}
        for _, name in ipairs{
          "tensor", "autodiff", "random", "distribution", "flow", "projection", "optim", "montecarlo", "data",
          "checkpoint", "image", "plot", "host"
        } do
          local module = require(name)
          local functions = {}
          for key, f in pairs(module) do
            if type(f) == "function" and most[name .. "." .. key] then functions[key] = f end
          end
          for key, f in pairs(functions) do
            local limit = most[name .. "." .. key]
            module[key] = function(...)
              local given = table.pack(...)
              for place = given.n + 1, limit + 1 do given[place] = {} end
              if given.n <= limit and pcall(f, table.unpack(given, 1, limit + 1)) then
                lenient[#lenient + 1] = name .. "." .. key
              end
              return f(...)
            end
          end
        end

        """

    @Test(arguments: [
        "f(", "f(x", "f(x) -> ", "x.name", "f(x) -> whatever f returns", "f(x) 3", "f{x = 1", "f(x))", "-> tensor",
    ])
    func whatIsOutsideTheGrammarIsRefused(_ text: String) {
        #expect(throws: ScriptError.self, "\(text)") { try Signature(text) }
    }

    /// Calls every function that an example calls once more with an option that nobody knows: the answer lists the
    /// options that it does take, and its signature names them all.
    @Test func signaturesNameEveryOption() throws {
        var listed: [String: Set<String>] = [:]
        for (name, documentation) in Self.entries {
            guard let example = documentation.example else { continue }
            var options = Interpreter.Options()
            options.globals = true
            let host = try Host(options: options)
            let asked = try host.run(code: Self.asking + example + "\nreturn asked", name: "example of \(name)")
            guard case .table(let table)? = asked.first else { continue }
            for case (.string(let function), .string(let known)) in try table.entries() {
                listed[function.text, default: []].formUnion(known.text.split(separator: ", ").map(String.init))
            }
        }
        #expect(listed.count > 25, "\(listed.keys)")
        for (function, known) in listed {
            let forms = Self.entries.filter { $0.name.replacing(":", with: ".") == function }
            // What says that there are more options than it lists is not asked for all.
            if try forms.contains(where: { try Signature($0.documentation.signature).optionNames == nil }) { continue }
            let named = try forms.flatMap { entry -> [String] in
                let signature = try Signature(entry.documentation.signature)
                return (signature.optionNames ?? []) + signature.forms.flatMap { $0.arguments.map(\.name) }
            }
            #expect(known.subtracting(named).isEmpty, "\(function) takes \(known.subtracting(named))")
        }
    }

    /// Puts a function around each of a module's functions that asks before it calls.
    private static let asking = """
        asked = {}
        local function ask(f, ...)
          local n = select("#", ...)
          local last = n > 0 and select(n, ...) or nil
          local calls = {table.pack(...)}
          calls[1][n + 1] = {zzzz = 1}
          calls[1].n = n + 1
          if type(last) == "table" and n > 0 then
            calls[2] = table.pack(...)
            calls[2][n] = setmetatable({zzzz = 1}, getmetatable(last))
            for key, value in pairs(last) do calls[2][n][key] = value end
          end
          for _, call in ipairs(calls) do
            local _, message = pcall(f, table.unpack(call, 1, call.n))
            local name, known = tostring(message):match("([%w_.:]+): unknown option zzzz.*; the options are ([^\\n]+)")
            if name then asked[(name:gsub(":", "."))] = known end
          end
        end
        for _, name in ipairs{
          "tensor", "autodiff", "random", "distribution", "flow", "projection", "optim", "montecarlo", "data",
          "checkpoint", "image", "plot"
        } do
          local module = require(name)
          local functions = {}
          for key, f in pairs(module) do if type(f) == "function" then functions[key] = f end end
          for key, f in pairs(functions) do
            module[key] = function(...)
              ask(f, ...)
              return f(...)
            end
          end
        end

        """
}
