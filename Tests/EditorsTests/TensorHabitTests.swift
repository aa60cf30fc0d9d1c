import Editors
import LuaFlow
import Testing

/// What is certain of tensors where a number or a truth is meant.
@Suite struct TensorHabitTests {
    private func check(_ text: String) throws -> [String] {
        let checker = Checker(try CheckerTests.catalogue.get(), modulesAreGlobals: true)
        return checker.check(Array(text.utf8)).map { "\($0.line):\($0.column): \($0.message)" }
    }

    @Test(arguments: [
        ("local x = tensor.ones(2)\nprint(x:sum() == 4)", "2:7: a tensor is never equal to a number"),
        ("local x = tensor.ones(2)\nprint(4 == x:sum())", "2:7: a tensor is never equal to a number"),
        ("local x = tensor.ones(2)\nif x:sum() ~= 4 then end", "2:4: a tensor is never equal to a number, so this is always true"),
        ("local x, best = tensor.ones(2), 5\nlocal loss = x:sum()\nif loss < best then end", "3:4: attempt to compare a tensor with a number"),
        ("local x = tensor.ones(2)\nwhile 3 >= x:mean() do break end", "2:7: attempt to compare a tensor with a number"),
        ("local x = tensor.ones(2)\nif x:gt(2) then end", "2:4: a tensor as a condition is always true"),
        ("local x = tensor.ones(2)\nif x then elseif x:eq(x) then end", "2:4: a tensor as a condition is always true"),
        ("local m = tensor.ones(2):gt(1)\nrepeat until m", "2:14: a tensor as a condition is always true"),
        ("local x = tensor.ones(2)\nprint(not x:gt(2))", "2:11: a tensor as a condition is always true"),
        ("local x = tensor.ones(2)\nif (x + 1) then end", "2:4: a tensor as a condition is always true"),
        ("random.normal(3, 3)", "1:8: random.normal: a shape of several numbers is a table, such as {3, 3}"),
        ("local n = 3\nlocal x = random.uniform(n, 4)", "2:18: random.uniform: a shape of several numbers"),
        ("local x = tensor.ones(2, 2)\nprint(x[1,2])", "2:10: ']' expected near ',' (an element of a tensor is x[{1, 2}])"),
    ])
    func itIsSaid(_ text: String, _ finding: String) throws {
        let found = try check(text)
        #expect(found.contains { $0.hasPrefix(finding) }, "\(found)")
    }

    /// Only what is certain: a value that may be nil, or something else, is asked rightly.
    @Test(arguments: [
        "local x = tensor.ones(2)\nif x.grad then end", "local x = tensor.ones(2)\nif x:sum():item() == 4 then end",
        "local function f(x) if x then return x:sum() == 4 end end", "local x = tensor.ones(2)\nprint(x == nil, x ~= nil, x == x)",
        "local x\nif os.time() > 3 then x = tensor.ones(2) end\nif x then end", "local x = tensor.ones(2)\nprint(#x == 2, x.shape[1] == 2)",
        "local x = tensor.ones(2)\nlocal y = x and x:sum() or 3", "random.normal(3)", "random.normal({3, 3}, 0, 1)",
        "local x = tensor.ones(2)\nx = nil\nif x then end",
    ])
    func whatMayBeRightIsNot(_ text: String) throws {
        #expect(try check(text).isEmpty)
    }

    /// The same word where it is run.
    @Test func theIndexIsNamedWhereItRuns() throws {
        let host = try Host()
        let error = #expect(throws: LuaError.self) { try host.run(code: "x = 1 print(x[1,2])", name: "x.lua") }
        #expect(error?.message == "x.lua:1: ']' expected near ',' (an element of a tensor is x[{1, 2}])")
    }
}
