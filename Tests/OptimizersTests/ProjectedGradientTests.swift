import Autodiff
import LawChecks
import Projections
import Tensors
import Testing

@testable import Optimizers

/// `optim.projected_gradient` against the loop written out, optimality conditions and known moments.
@Suite struct ProjectedGradientTests {
    /// Problem 3's loop with schedule and noise gives the same numbers to the last bit, in both dtypes.
    @Test(arguments: ["float32", "float64"]) func isTheLoopWrittenOut(_ dtype: String) throws {
        try Scripts().run(
            """
            local o = {dtype = "\(dtype)"}
            local A = tensor({{3, 1, 0}, {1, 2, 0.3}, {0, 0.3, 1}}, o)
            local want = tensor({1.5, -0.5, 0.4}, o)
            local function f(x) return (x - want):dot(A:mv(x - want)) + (3 * x):sin():sum() end
            local P = projection.Box(0, 1)
            local function lr(k) return 0.1 / k end
            local function noise(k) return 0.05 / k end
            local x0 = tensor({2, 2, -1}, o)

            random.manual_seed(7)
            local X, values = x0:clone():requires_grad_(true), {}
            for k = 1, 40 do
              local loss = f(X)
              loss:backward()
              values[k] = loss:item()
              local Y = X.data - lr(k) * X.grad
              Y = Y + noise(k) * random.normal({3}, o)
              X.data = P(Y)
              X.grad = nil
            end

            random.manual_seed(7)
            local x, got = optim.projected_gradient(f, P, x0, {steps = 40, lr = lr, noise = noise})
            assert((x - X:detach()):abs():max():item() == 0)
            assert(#got == 40)
            for k = 1, 40 do assert(got[k] == values[k]) end
            assert(x.dtype == "\(dtype)" and x.is_leaf and not x.requires_grad)
            assert((x0 - tensor({2, 2, -1}, o)):abs():max():item() == 0, "x0 was written to")
            """)
    }

    /// At the minimum of a convex f over a convex set, x = P(x - t grad f(x)) for every t > 0 (the variational
    /// inequality), and no other point of the set is lower.
    @Test(arguments: [
        "projection.Box(0, 1)", "projection.Simplex()", "projection.Ball(1)", "projection.L1Ball(1)",
        "projection.Nonnegative()",
        "projection.Halfspace(tensor({1, 1, 1}), 0.5)", "projection.Hyperplane(tensor({1, -1, 2}), 1)",
        "projection.Observed(tensor({1, 0, 0}), tensor({0.25, 0, 0}))",
        "projection.Intersection{projection.Box(0, 1), projection.Observed(tensor({0, 1, 0}), tensor({0, 0.5, 0}))}",
    ]) func reachesTheConstrainedMinimum(_ set: String) throws {
        try Scripts().run(
            """
            local o = {dtype = "float64"}
            local P = \(set)
            local A = tensor({{3, 1, 0}, {1, 2, 0.3}, {0, 0.3, 1}}, o)
            local want = tensor({1.5, -0.7, 2.4}, o)
            local function f(x) return (x - want):dot(A:mv(x - want)) end
            local seen = 0
            local x, values = optim.projected_gradient(f, P, tensor({5, -5, 5}, o), {
              steps = 300, lr = 0.1,
              callback = function(k, x, value)
                seen = seen + 1
                assert(k == seen and value == f(x):item())
                assert(k == 1 or P:contains(x), "step " .. k .. " left the set")
              end,
            })
            assert(P:contains(x) and seen == 300 and #values == 300)
            local g = autodiff.grad(f)(x)
            for _, t in ipairs{0.01, 0.1, 1} do
              local gap = (P(x - t * g) - x):abs():max():item()
              assert(gap < 1e-6, "not optimal: " .. gap)
            end
            for k = 1, 20 do
              local other = P(random.normal({3}, o))
              assert(f(other):item() >= f(x):item() - 1e-9)
            end
            """)
    }

    /// With f = 0 and a very large set only the noise is left.
    @Test func noiseHasTheGivenMoments() throws {
        let moments = try Scripts().numbers(
            """
            local x = optim.projected_gradient(function(x) return (0 * x):sum() end, projection.Box(-1e9, 1e9),
              tensor.zeros(200000, {dtype = "float64"}), {steps = 2, noise = function(k) return k end, generator = random.generator(3)})
            return {x:mean():item(), x:var():item(), ((x ^ 4):mean() / (x ^ 2):mean() ^ 2):item()}
            """)
        // The variance is 1^2 + 2^2; the bound is five standard errors.
        #expect(abs(moments[0]) < 5 * (5.0 / 200_000).squareRoot())
        #expect(abs(moments[1] - 5) < 5 * 5 * (2.0 / 200_000).squareRoot())
        #expect(abs(moments[2] - 3) < 5 * (24.0 / 200_000).squareRoot())
    }

    @Test func noiseComesFromTheGeneratorAndOnlyWhenThereIsSome() throws {
        try Scripts().run(
            """
            local f, P, x0 = function(x) return (x * x):sum() end, projection.Box(-9, 9), tensor.ones(4)
            local function run(seed) return (optim.projected_gradient(f, P, x0, {steps = 3, noise = 0.1, generator = random.generator(seed)})) end
            assert((run(1) - run(1)):abs():max():item() == 0 and (run(1) - run(2)):abs():max():item() > 0)
            local g = random.generator(5)
            optim.projected_gradient(f, P, x0, {steps = 3, noise = 0, generator = g})
            optim.projected_gradient(f, P, x0, {steps = 3, noise = function() return 0 end, generator = g})
            assert(g:get_state().drawn == 0)
            -- A tensor is added as it is.
            local x = optim.projected_gradient(f, P, x0, {steps = 1, lr = 0, noise = function(k) return tensor({1, 2, 3, -100}) end, generator = g})
            assert(x[{1}] == 2 and x[{3}] == 4 and x[{4}] == -9 and g:get_state().drawn == 0)
            """)
    }

    @Test func callbacksCanStop() throws {
        try Scripts().run(
            """
            local f, P = function(x) return (x * x):sum() end, projection.Box(-9, 9)
            local kept
            local x, values = optim.projected_gradient(f, P, tensor({8}), {lr = 0.25, callback = function(k, x, value)
              kept = x
              if k < 3 then x:fill_(100) end  -- a copy: nothing happens
              return k < 3
            end})
            assert(#values == 3 and values[1] == 64 and values[2] == 16 and values[3] == 4)
            assert(x[{1}] == 2 and kept[{1}] == 2 and kept ~= x)
            local y, none = optim.projected_gradient(f, P, tensor({80}), {steps = 0})
            assert(y[{1}] == 80 and #none == 0)
            """)
    }

    @Test func parametersThatFReadsGetNoGradient() throws {
        try Scripts().run(
            """
            local w = tensor({2}):requires_grad_(true)
            local x = optim.projected_gradient(function(x) return ((w * x - 1) ^ 2):sum() end, projection.Box(0, 1), tensor({1}), {lr = 0.1})
            assert(math.abs(x[{1}] - 0.5) < 1e-5 and w.grad == nil and not x.requires_grad)
            -- A recorded x0 is only its numbers.
            local y = optim.projected_gradient(function(x) return (x * x):sum() end, projection.Box(0, 1), w * 1, {lr = 0.1})
            assert(not y.requires_grad and w.grad == nil)
            """)
    }

    @Test func setsOfAScriptsOwn() throws {
        try Scripts().run(
            """
            local P = projection.Set{project = function(x) return x:clamp(0.5, math.huge) end}
            local x = optim.projected_gradient(function(x) return (x * x):sum() end, P, tensor({4, 5}), {lr = 0.1})
            assert((x - 0.5):abs():max():item() == 0)
            """)
    }

    /// The same, called from Swift.
    @Test func fromSwift() throws {
        let method = ProjectedGradient(steps: 60, lr: { _ in 0.25 })
        let (x, values) = try method.minimize(
            { try (($0 - 2).pow(2)).sum() }, over: Box(0, 1), from: Tensor([0, 0.5], shape: [2], .float64),
            generator: Generator(seed: 0))
        #expect(try x.toArray() == [1, 1])
        #expect(values.count == 60 && values[0] == 6.25 && values[59] == 2)
    }
}
