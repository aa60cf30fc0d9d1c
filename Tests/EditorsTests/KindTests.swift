import Editors
import LuaFlow
import Testing

/// A value of the wrong kind, or out of its range, is reported by `luaflow check` and at run time in the same words.
@Suite struct KindTests {
    @Test(arguments: [
        "tensor.eye('x')", "tensor.eye(-1)", "tensor.linspace(0, 1, -1)", "tensor.linspace(0, true, 3)",
        "tensor({1}):cumsum(0.5)", "tensor({1}):softmax('x')", "tensor({1}):masked_fill(3, 1)",
        "tensor.zeros_like({1})", "tensor.ones_like(tensor({1}), {dtype = 'int'})", "tensor({1}):requires_grad_(1)",
        "random.manual_seed('x')", "random.generator(1.5)", "random.permutation(-1)",
        "random.normal({2}, 0, 1, {generator = 3})", "random.uniform({2}, 0, 1, {dtype = 'float16'})",
        "distribution.Normal('x', 1)", "distribution.Normal(0, 1, {dtype = 'half'})",
        "distribution.Normal(0, 1):cdf(true)",
        "projection.Box('a', 1)", "projection.Ball(1):distance('x')",
        "optim.Adam({tensor({1})}, {lr = -1})", "optim.Adam({tensor({1})}, {amsgrad = 1})",
        "optim.SGD({tensor({1})}, {momentum = 'x'})", "optim.schedule.cosine('a', 3)",
        "montecarlo.khat_verdict(true)", "montecarlo.standard_error({1, 2}, {batches = 1})",
        "montecarlo.baselines.moving_average(2)",
        "data.idx(3)", "checkpoint.load(true)", "checkpoint.load('x', {skip = 1})", "flow.load(1)",
        "flow.NICE{dim = 'a'}", "autodiff.grad(3)", "autodiff.no_grad({})", "host.progress('x')", "host.resource(1)",
        "image.save('a.png', 1)", "plot.histogram{{1, 2}, bins = 0}", "plot.line{{1, 2}, logx = 1}",
    ])
    func checkSaysWhatTheRunSays(_ code: String) throws {
        var options = Interpreter.Options()
        options.globals = true
        let host = try Host(options: options)
        let checker = Checker(try ScriptIndex(Host.builtInModules), modulesAreGlobals: true)
        let found = checker.check(Array(code.utf8)).map(\.message)
        let error = #expect(throws: (any Error).self, "\(code)") { try host.run(code: code, name: "k") }
        let run = error.map { "\($0)".split(separator: "\n").first.map(String.init) ?? "" } ?? ""
        #expect(found.count == 1 && run.hasSuffix(found.first ?? "nothing"), "\(code)\nrun: \(run)\ncheck: \(found)")
    }

    /// Correct values of every kind are not reported.
    @Test(arguments: [
        "tensor.zeros(2, 3)", "tensor.zeros({2, 3}, {dtype = 'float64'})", "tensor({1, 2}):sum{dim = 1}",
        "random.normal({2}, {mean = 1, std = 2})", "distribution.Normal({0, 1}, 2)",
        "distribution.Normal{loc = 0, scale = 1}",
        "optim.Adam({tensor({1})}, {lr = 0.1, betas = {0.9, 0.99}})", "projection.Box(-1, tensor({1, 2}))",
        "checkpoint.save('a.npz', {name = tensor({1}), other = tensor({2})})", "plot.line{{1, 2}, label = 'a'}",
    ])
    func whatIsRightIsNotReported(_ code: String) throws {
        let checker = Checker(try ScriptIndex(Host.builtInModules), modulesAreGlobals: true)
        #expect(checker.check(Array(code.utf8)).map(\.message) == [], "\(code)")
    }
}
