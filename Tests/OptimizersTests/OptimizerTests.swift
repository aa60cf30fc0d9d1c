import LawChecks
import Scripting
import Testing

@testable import Optimizers

/// Laws of all optimisers.
@Suite struct OptimizerTests {
    static let names = catalogue.map { NativeFunction($0).shortName }

    @Test(arguments: names) func parametersBecomeLeavesThatRequireGradients(_ name: String) throws {
        try Scripts().run(
            """
            local x = tensor({1, 2})
            local opt = optim.\(name)(x)
            assert(x.requires_grad and x.is_leaf)
            x:sum():backward()
            opt:zero_grad()
            assert(x.grad == nil)
            assert(tostring(opt):find("optim.\(name){lr = ", 1, true) and tostring(opt):find("(1 parameter, 2 numbers)", 1, true), tostring(opt))
            """)
    }

    @Test(arguments: names) func aParameterWithoutGradientStays(_ name: String) throws {
        try Scripts().run(
            """
            local x, y = tensor({1, 2}), tensor({3})
            local opt = optim.\(name)({x, y}, {lr = 0.1})
            opt:step(function() opt:zero_grad() local l = (x * x):sum() l:backward() return l end)
            assert(x[{1}] ~= 1 and y[{1}] == 3)
            assert(opt:state_dict()["2.step"] == nil)
            """)
    }

    @Test(arguments: names) func refusesAStepWithoutAnyGradient(_ name: String) throws {
        let message = try Scripts().message(
            "local opt = optim.\(name)(tensor({1}))\nopt:step(function() return tensor({1}) end)")
        #expect(message.contains("optimizer:step: no parameter has a gradient; call backward() on a loss"))
    }

    /// Parameters that are views, transposed, or share memory: only the view's own elements are written.
    @Test(arguments: names) func stridedParametersAreUpdatedInPlace(_ name: String) throws {
        try Scripts().run(
            """
            local options = {dtype = "float64"}
            local function optimised(x)
              local opt = optim.\(name)(x, {lr = 0.1})
              for k = 1, 3 do
                opt:step(function()
                  opt:zero_grad()
                  local l = (x ^ 4):sum() + (x * tensor({{1, 2, 3}, {4, 5, 6}}, options)):sum()
                  l:backward()
                  return l
                end)
              end
              return x:detach()
            end
            local start = tensor({{1, -2, 0.5}, {0.1, 1, -1}}, options)
            local plain = optimised(start:clone())
            local base = tensor.zeros(6, 4, options)
            base[{{1, 3}, {2, 3}}] = start:t()
            local view = base[{{1, 3}, {2, 3}}]:t():detach()
            assert((optimised(view) - plain):abs():max():item() < 1e-12)
            assert((base[{{1, 3}, {2, 3}}]:t() - plain):abs():max():item() < 1e-12)
            assert(math.abs(base:sum():item() - plain:sum():item()) < 1e-12, "written outside the view")
            """)
    }

    @Test(arguments: names) func updatesAreNotRecordedAndCountAsWrites(_ name: String) throws {
        let message = try Scripts().message(
            """
            local x = tensor({1, 2})
            local opt = optim.\(name)(x, {lr = 0.1})
            local stale = (x * x):sum()
            opt:step(function() opt:zero_grad() local l = (x ^ 2):sum() l:backward() return l end)
            assert(x.is_leaf and x.requires_grad)
            stale:backward()
            """)
        #expect(message.contains("overwritten in place"))
    }

    @Test func stepsRecordInsideClosuresEvenUnderNoGrad() throws {
        try Scripts().run(
            """
            local x = tensor({4})
            local opt = optim.SGD(x, {lr = 0.25})
            autodiff.no_grad(function()
              opt:step(function() local l = (x * x):sum() l:backward() return l end)
            end)
            assert(x[{1}] == 2)
            """)
    }

    @Test func learningRatesCanBeScheduled() throws {
        try Scripts().run(
            """
            local x = tensor({0}, {dtype = "float64"})
            local opt = optim.SGD(x)
            local schedule = optim.schedule.step(1, 2, 0.5)
            for k = 1, 4 do
              opt.lr = schedule(k)
              opt:zero_grad()
              x:sum():backward()
              opt:step()
            end
            assert(x[{1}] == -(1 + 1 + 0.5 + 0.5))
            """)
    }

    @Test func groupsHaveOptionsOfTheirOwn() throws {
        try Scripts().run(
            """
            local x, y, z = tensor({1}), tensor({1}), tensor({1})
            local opt = optim.SGD({{params = {x, y}, lr = 0.5}, {params = z}}, {lr = 0.25})
            assert(opt.lr[1] == 0.5 and opt.lr[2] == 0.25)
            local function step() opt:zero_grad() local l = (x + y + z):sum() l:backward() opt:step() end
            step()
            assert(x[{1}] == 0.5 and y[{1}] == 0.5 and z[{1}] == 0.75)
            opt.lr = 0
            step()
            assert(x[{1}] == 0.5 and z[{1}] == 0.75)
            opt.lr = {0, 0.25}
            step()
            assert(x[{1}] == 0.5 and z[{1}] == 0.5)
            local other = optim.SGD{params = {tensor({1})}, lr = 0.125}
            assert(other.lr == 0.125)
            """)
    }

    /// NaN gradients are not refused, as in PyTorch, and the documentation says so.
    @Test(arguments: names) func nanGradientsShowInTheParameters(_ name: String) throws {
        try Scripts().run(
            """
            local x = tensor({1, 2})
            local opt = optim.\(name)(x, {lr = 0.1})
            opt:step(function() local l = (x * tensor({0/0, 1})):sum() l:backward() return l end)
            assert(x[{1}] ~= x[{1}])
            """)
    }

    /// A few steps, a saved state, a new optimiser that loads it: bit for bit the uninterrupted run.
    @Test(arguments: names) func continuesFromASavedState(_ name: String) throws {
        try Scripts().run(
            problem() + """
                local opt = optim.\(name)({a, b}, {lr = 0.01})
                for step = 1, 3 do opt:step(closure(opt, a, b)) end
                local state = opt:state_dict()
                local a2, b2 = a:detach():clone(), b:detach():clone()
                for step = 1, 3 do opt:step(closure(opt, a, b)) end
                local other = optim.\(name)({a2, b2}, {lr = 0.5})
                other:load_state_dict(state)
                assert(other.lr == 0.01)
                for step = 1, 3 do other:step(closure(other, a2, b2)) end
                assert(((a - a2):abs():sum() + (b - b2):abs():sum()):item() == 0)
                """)
    }

    @Test func aGradientMayBeAViewOfTheParameter() throws {
        try Scripts().run(
            """
            local x = tensor({{1, 2}, {3, 4}})
            local opt = optim.SGD(x, {lr = 1})
            x.grad = x:detach():t()
            opt:step()
            assert(x[{1, 2}] == -1 and x[{2, 1}] == 1 and x[{1, 1}] == 0)
            """)
    }

    @Test func manyNumbersAndNone() throws {
        try Scripts().run(
            """
            local x, empty = tensor.ones(1000, 300), tensor.zeros(0)
            for _, opt in ipairs{optim.AdamW({x, empty}), optim.LBFGS({x, empty}, {line_search_fn = "strong_wolfe"})} do
              opt:step(function() opt:zero_grad() local l = (x * x):mean() + empty:sum() l:backward() return l end)
            end
            assert(x:max():item() < 1)
            """)
    }
}
