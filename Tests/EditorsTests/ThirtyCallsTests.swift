import Editors
import LuaFlow
import Testing

/// One script that calls thirty functions with a value of a wrong type each: `luaflow check` reports on each line what
/// the run reports, and together the calls use every kind of parameter.
@Suite struct ThirtyCallsTests {
    static let calls = [
        // Whole numbers, numbers, and numbers with bounds.
        "tensor.eye('x')", "tensor({1}):cumsum('x')", "random.manual_seed('x')", "data.batches(tensor({1}), 'x')",
        "optim.schedule.cosine('a', 3)", "optim.SGD({tensor({1})}, {momentum = 'x'})", "flow.NICE{dim = 'a'}",
        // Booleans, texts, and texts out of a list.
        "tensor({1}):requires_grad_(1)", "optim.Adam({tensor({1})}, {amsgrad = 1})", "data.idx(3)",
        "checkpoint.load(true)",
        "tensor.ones_like(tensor({1}), {dtype = 'int'})", "tensor({1}):to(3)", "flow.NICE{prior = 3}",
        // Functions and tables.
        "autodiff.grad(3)", "autodiff.no_grad({})", "host.steps(2, 3)", "flow.Flow('normal', 3)", "optim.SGD(3)",
        // Objects.
        "tensor.zeros_like({1})", "projection.Ball(1):distance('x')", "projection.Translate(1, 2)",
        "random.normal({2}, 0, 1, {generator = 3})", "distribution.kl_divergence(1, distribution.Normal(0, 1))",
        // Lists, names with values, one of several.
        "tensor.cat(3)", "checkpoint.save('a.npz', 3)", "image.grid(3)", "distribution.Normal('x', 1)",
        "projection.Box('a', 1)", "distribution.Mixture(1, 3)",
    ]

    /// The kind of a parameter's type, without the names in it.
    private static func kind(_ type: ScriptType) -> String {
        switch type {
        case .any: "anything"
        case .none: "nil"
        case .boolean: "boolean"
        case .integer: "integer"
        case .number: "number"
        case .string: "string"
        case .function: "function"
        case .table: "table"
        case .object: "object"
        case .choice: "choice"
        case .list: "list"
        case .map: "map"
        case .record: "record"
        case .iterator: "iterator"
        case .either: "either"
        }
    }

    @Test func checkSaysOfEveryLineWhatTheRunSays() throws {
        #expect(Self.calls.count == 30)
        let head = "local told = {} "
            + "local function try(f) local ok, e = pcall(f) told[#told + 1] = ok and 'no error' or e end\n"
        let script =
            head + Self.calls.map { "try(function() local _ = \($0) end)\n" }.joined()
            + "return table.concat(told, '\\n')"
        var options = Interpreter.Options()
        options.globals = true
        let result = try Host(options: options).run(code: script, name: "thirty").first
        let run = try #require(result?.asText).split(separator: "\n").map(String.init)
        let found = Checker(try CheckerTests.catalogue.get(), modulesAreGlobals: true).check(Array(script.utf8))
        try #require(run.count == 30)
        for (index, call) in Self.calls.enumerated() {
            let said = found.filter { $0.line == index + 2 }.map(\.message)
            let place = "thirty:\(index + 2): "
            let isSame = said.count == 1 && run[index] == place + (said.first ?? "")
            #expect(isSame, "\(call)\nrun: \(run[index])\ncheck: \(said)")
        }
        #expect(found.count == 30)
    }

    @Test func everyKindOfParameterIsTried() throws {
        let index = try CheckerTests.catalogue.get()
        let checker = Checker(index, modulesAreGlobals: true)
        var tried: Set<String> = []
        for call in Self.calls {
            guard let message = checker.check(Array(call.utf8)).first?.message else { continue }
            let specs = index.entries.filter { message.hasPrefix($0.name + ": ") }
                .flatMap { $0.declaration?.forms ?? [] }.flatMap(\.specs)
            let spec = specs.first { message.contains("(\($0.name)): ") || message.contains("option \($0.name): ") }
            #expect(spec != nil, "\(call): no parameter in \(message)")
            if let spec { tried.insert(Self.kind(spec.type)) }
        }
        let all = index.entries.flatMap { $0.declaration?.forms ?? [] }.flatMap(\.specs).map { Self.kind($0.type) }
        // A parameter that takes anything has no wrong value.
        #expect(Set(all).subtracting(tried) == ["anything"])
    }
}
