import Editors
import LuaFlow
import Testing

/// Findings that are certain where a tensor is used as a number or as a condition.
@Suite struct TensorHabitTests {
    private func check(_ text: String) throws -> [String] {
        let checker = Checker(try CheckerTests.catalogue.get(), modulesAreGlobals: true)
        return checker.check(Array(text.utf8)).map { "\($0.line):\($0.column): \($0.message)" }
    }

    @Test(arguments: [
        ("local x = tensor.ones(2)\nprint(x:sum() == 4)", "2:7: a tensor is never equal to a number"),
        ("local x = tensor.ones(2)\nprint(4 == x:sum())", "2:7: a tensor is never equal to a number"),
        (
            "local x = tensor.ones(2)\nif x:sum() ~= 4 then end",
            "2:4: a tensor is never equal to a number, so this is always true"
        ),
        (
            "local x, best = tensor.ones(2), 5\nlocal loss = x:sum()\nif loss < best then end",
            "3:4: attempt to compare a tensor with a number"
        ),
        (
            "local x = tensor.ones(2)\nwhile 3 >= x:mean() do break end",
            "2:7: attempt to compare a tensor with a number"
        ),
        ("local x = tensor.ones(2)\nif x:gt(2) then end", "2:4: a tensor as a condition is always true"),
        ("local x = tensor.ones(2)\nif x then elseif x:eq(x) then end", "2:4: a tensor as a condition is always true"),
        ("local m = tensor.ones(2):gt(1)\nrepeat until m", "2:14: a tensor as a condition is always true"),
        ("local x = tensor.ones(2)\nprint(not x:gt(2))", "2:11: a tensor as a condition is always true"),
        ("local x = tensor.ones(2)\nif (x + 1) then end", "2:4: a tensor as a condition is always true"),
        ("random.normal(3, 3)", "1:8: random.normal: a shape of several numbers is a table, such as {3, 3}"),
        ("local n = 3\nlocal x = random.uniform(n, 4)", "2:18: random.uniform: a shape of several numbers"),
        (
            """
            local x, best = tensor.ones(2), math.huge
            for i = 1, 3 do
              local loss = x:sum()
              if loss < best then best = loss end
            end
            """,
            "4:6: attempt to compare a tensor"
        ),
        (
            "local x, best = tensor.ones(2), math.huge\nlocal loss = x:sum()\nif best > loss then best = loss end",
            "3:4: attempt to compare a tensor"
        ),
        ("local x = tensor.ones(2)\nprint(x:sum() <= x:mean())", "2:7: attempt to compare two tensors"),
        ("local x = tensor.ones(2)\nprint('loss ' .. x:sum())", "2:7: attempt to concatenate a tensor"),
        ("local x = tensor.ones(2)\nprint('loss ', 1 .. 'a' .. x)", "2:"),
        ("local x = tensor.ones(2)\nprint(x.shape())", "2:9: shape of a tensor is a value, not a function: x.shape"),
        ("local x = tensor.ones(2)\nprint(x:shape()[1])", "2:9: shape of a tensor is a value"),
        ("local x = tensor.ones(2)\nprint(x:dtype())", "2:9: dtype of a tensor is a value"),
        ("print(tensor.randn(2))", "1:14: tensor has no function \"randn\" (here: random.normal({2, 3}))"),
        (
            "local x = tensor.ones(2)\nprint(x:numpy())",
            "2:9: tensor has no field or method \"numpy\" (here: x:tolist())"
        ),
        ("while True do break end", "1:7: unknown global \"True\" (Lua's is true)"),
        ("local y = x == None", "1:16: unknown global \"None\" (Lua's is nil)"),
        ("print(len({}))", "1:7: unknown global \"len\" (the length of x is #x)"),
        (
            "local x = tensor.ones(2, 2)\nprint(x[1,2])",
            "2:10: ']' expected near ',' (an element of a tensor is x[{1, 2}])"
        ),
    ])
    func itIsSaid(_ text: String, _ finding: String) throws {
        let found = try check(text)
        #expect(found.contains { $0.hasPrefix(finding) }, "\(found)")
    }

    /// Only certain cases are reported: a condition on a value that may be nil, or no tensor, is right.
    @Test(arguments: [
        "local x = tensor.ones(2)\nif x.grad then end", "local x = tensor.ones(2)\nif x:sum():item() == 4 then end",
        "local function f(x) if x then return x:sum() == 4 end end",
        "local x = tensor.ones(2)\nprint(x == nil, x ~= nil, x == x)",
        "local x\nif os.time() > 3 then x = tensor.ones(2) end\nif x then end",
        "local x = tensor.ones(2)\nprint(#x == 2, x.shape[1] == 2)",
        "local x = tensor.ones(2)\nlocal y = x and x:sum() or 3", "random.normal(3)", "random.normal({3, 3}, 0, 1)",
        "local x = tensor.ones(2)\nx = nil\nif x then end",
        "local x = tensor.ones(2)\nprint('x ' .. tostring(x), x.shape, x.data:sum())",
        """
        local o = setmetatable({}, {__lt = function() return true end})
        local x = tensor.ones(2)
        print(pcall(function() return o < x end))
        """,
        "len = string.len print(len('x'))", "True = true while True do break end",
    ])
    func whatMayBeRightIsNot(_ text: String) throws {
        #expect(try check(text).isEmpty)
    }

    /// What is right in other languages gets a hint at how LuaFlow does it, at run time as in `luaflow check`.
    @Test(arguments: [
        ("a = 1 a += 1", "syntax error near '+' (Lua has no += and no ++; write a = a + 1)"),
        ("a = 1 a -= 1", "write a = a - 1)"),
        ("a = 2 ** 3", "unexpected symbol near '*' (to the power of is ^)"),
        ("if 1 != 2 then end", "'then' expected near '!' (not equal is ~=, and"),
        ("a = b && c", "near '&' (Lua's words are and, or, not)"),
        ("a = b || c", "near '|' (Lua's words are and, or, not)"),
        ("x = a @ b", "near '@' (the product of matrices is x:matmul(y))"),
        ("x[1:2] = 3", "near ':' (a range of a tensor is x[{{first, last}}]"),
        ("x = {'a': 1}", "near ':' (a range of a tensor"),
        ("if 1 == 2: print() end", "'then' expected near ':' (Lua has no colon there"),
        ("for i = 1, 2: print() end", "'do' expected near ':' (Lua has no colon there"),
        ("def f(x) end", "near 'f' (one name behind another is no Lua"),
        ("import torch", "near 'torch' (one name behind another is no Lua"),
        ("# note\n\n# more", "unexpected symbol near '#' (a comment begins with --)"),
        ("x = [1, 2]", "unexpected symbol near '[' (a list is written {1, 2})"),
        ("print(x:sum)", "near ')' (a method is called: x:sum())"),
        ("x = a ? b", "near '?' (Lua writes condition and a or b)"),
    ])
    func whatIsNoLuaIsExplained(_ text: String, _ expected: String) throws {
        let text = "local _\n" + text
        let ran = #expect(throws: LuaError.self) { try Host().run(code: text, name: "x.lua") }
        #expect(ran?.message.contains(expected) == true, "\(ran?.message ?? "")")
        let found = try check(text)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test(arguments: [
        ("x.shape()", "(field 'shape') (shape is a value, not a function: x.shape)"),
        ("x:dtype()", "(dtype is a value, not a function: x.dtype)"),
        ("print('a' .. x)", "(x:item() is a tensor's number, tostring(x) its text)"),
        ("for i in x do end", "(for i, x in ipairs(t) do goes through its elements)"),
        ("math.exp(x)", "(x:item() is a tensor's number, x:exp() computes with each)"),
        ("string.format('%g', x)", "got tensor) (x:item() is a tensor's number)"),
        ("x.sum(1)", "got 1 (a method is called with a colon: x:sum(...))"),
        ("len(x)", "(global 'len') (the length of x is #x)"),
        ("y = torch.ones(2)", "(local tensor = require \"tensor\")"),
        ("y = optim.SGD()", "(global 'optim') (local optim = require \"optim\")"),
        ("tensor.rand(2)", "\"rand\" (here: random.uniform({2, 3}))"),
        ("x:cuda()", "\"cuda\" (here: there are no devices)"),
    ])
    func whatCannotBeIsExplained(_ text: String, _ expected: String) throws {
        let error = #expect(throws: LuaError.self) {
            try Host().run(code: "local tensor = require 'tensor' local x = tensor.ones(2)\n" + text, name: "x.lua")
        }
        #expect(error?.message.contains(expected) == true, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix("x.lua:2: ") == true)
    }

    /// Hints name only things that exist: modules as ones to be required, and every other name.
    @Test func hintsNameWhatThereIs() throws {
        for module in Host.builtInModules {
            let error = #expect(throws: LuaError.self) { try Host().run(code: "return \(module.name).x") }
            #expect(
                error?.message.contains("(local \(module.name) = require \"\(module.name)\")") == true,
                "\(error?.message ?? "")")
        }
    }

    /// An unfinished input gets no hint, since the prompt recognises it by the message's end.
    @Test func unfinishedTextsStayUnfinished() throws {
        let error = #expect(throws: LuaError.self) { try Host().run(code: "x.T") }
        #expect(error?.isIncomplete == true)
    }

    /// The same hint at run time.
    @Test func theIndexIsNamedWhereItRuns() throws {
        let host = try Host()
        let error = #expect(throws: LuaError.self) { try host.run(code: "x = 1 print(x[1,2])", name: "x.lua") }
        #expect(error?.message == "x.lua:1: ']' expected near ',' (an element of a tensor is x[{1, 2}])")
    }
}
