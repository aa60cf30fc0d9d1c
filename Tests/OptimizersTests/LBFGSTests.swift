import LawChecks
import Testing

/// Properties that only LBFGS has.
@Suite struct LBFGSTests {
    /// On a quadratic function of n variables, with a nearly exact line search, it converges in about n iterations.
    @Test func solvesAQuadraticInAFewIterations() throws {
        let result = try Scripts().numbers(
            """
            local o = {dtype = "float64"}
            local A = tensor({{4, 1, 0, 0}, {1, 3, 0.5, 0}, {0, 0.5, 2, 0.1}, {0, 0, 0.1, 1}}, o)
            local want = tensor({1, -2, 3, 0.5}, o)
            local x = tensor.zeros(4, o)
            local opt = optim.LBFGS(x, {line_search_fn = "strong_wolfe", max_iter = 12, tolerance_change = 0})
            local calls = 0
            opt:step(function()
              calls = calls + 1
              opt:zero_grad()
              local d = x - want
              local l = 0.5 * d:dot(A:mv(d))
              l:backward()
              return l
            end)
            return {(x - want):abs():max():item(), calls, opt:state_dict().n_iter:item()}
            """)
        #expect(result[0] < 1e-7)
        #expect(result[1] <= 16)
        #expect(result[2] <= 12)
    }

    /// Superlinear convergence: near the minimum of Rosenbrock's function the number of correct digits grows by more at
    /// every step.
    @Test func convergesFasterThanLinearly() throws {
        let errors = try Scripts().numbers(
            """
            local x = tensor({-1.2, 1}, {dtype = "float64"})
            local opt = optim.LBFGS(x, {line_search_fn = "strong_wolfe", max_iter = 1, max_eval = 20, tolerance_change = 0, tolerance_grad = 0})
            local errors = {}
            for k = 1, 45 do
              opt:step(function()
                opt:zero_grad()
                local l = 100 * (x[2] - x[1] ^ 2) ^ 2 + (1 - x[1]) ^ 2
                l:backward()
                return l
              end)
              errors[k] = (x - 1):abs():max():item()
            end
            return errors
            """)
        let best = try #require(errors.min())
        #expect(best < 1e-9)
        let near = try #require(errors.firstIndex { $0 < 1e-2 })
        #expect(errors[min(near + 6, errors.count - 1)] < 1e-7, "\(errors)")
    }

    @Test func everyAcceptedPointIsLower() throws {
        let losses = try Scripts().numbers(
            problem() + """
                local opt = optim.LBFGS({a, b}, {line_search_fn = "strong_wolfe", max_iter = 1, max_eval = 30})
                local losses = {}
                for k = 1, 12 do losses[k] = opt:step(closure(opt, a, b)):item() end
                return losses
                """)
        for (before, after) in zip(losses, losses.dropFirst()) { #expect(after <= before) }
    }

    @Test func aClosureThatFailsLeavesTheParametersWhereTheIterationBegan() throws {
        try Scripts().run(
            """
            local x = tensor({3}, {dtype = "float64"})
            local opt = optim.LBFGS(x, {line_search_fn = "strong_wolfe"})
            local calls = 0
            local ok, message = pcall(opt.step, opt, function()
              calls = calls + 1
              if calls == 2 then error("enough") end
              opt:zero_grad()
              local l = (x * x):sum()
              l:backward()
              return l
            end)
            assert(not ok and tostring(message):find("enough"), message)
            assert(x[{1}] == 3)
            """)
    }

    @Test func doesNothingAtAMinimum() throws {
        try Scripts().run(
            """
            local x = tensor({0, 0})
            local opt = optim.LBFGS(x)
            opt:step(function() opt:zero_grad() local l = (x * x):sum() l:backward() return l end)
            assert(x:abs():max():item() == 0 and opt:state_dict().n_iter == nil)
            """)
    }

    @Test func needsAClosureAndALoss() throws {
        let scripts = try Scripts()
        #expect(
            try scripts.message("optim.LBFGS(tensor({1})):step()").contains(
                "LBFGS evaluates the loss several times: pass a function"))
        #expect(
            try scripts.message(
                "local x = tensor({1, 2})\noptim.LBFGS(x):step(function() (x * x):sum():backward() return x end)"
            )
            .contains("the closure returned a tensor of shape (2); the loss, a single number, expected"))
        #expect(
            try scripts.message(
                "local x = tensor({1, 2})\noptim.LBFGS(x):step(function() (x * x):sum():backward() end)"
            )
            .contains("the closure returned nil; the loss, a tensor of one number, expected"))
        #expect(
            try scripts.message("optim.LBFGS({{params = {tensor({1})}, lr = 1}})").contains(
                "takes one list of parameters, not groups"))
    }
}
