import Foundation
import LawChecks
import Scripting
import Testing

import Samplers

/// The gradient estimators against closed forms, by z-score.
@Suite struct GradientTests {
    struct Estimator: CustomTestStringConvertible, Sendable {
        let call: String
        let options: String
        init(_ call: String, _ options: String = "") { (self.call, self.options) = (call, options) }
        var testDescription: String { "\(call){\(options)}" }
    }

    static let estimators = [
        Estimator("score_function"), Estimator("score_function", "baseline = \"none\""),
        Estimator("score_function", "baseline = \"mean\""),
        Estimator("score_function", "baseline = \"leave_one_out\""),
        Estimator("score_function", "baseline = \"moving_average\""),
        Estimator("score_function", "baseline = 1.5"),
        Estimator("score_function", "baseline = montecarlo.baselines.moving_average(0.9)"),
        Estimator("score_function", "baseline = montecarlo.baselines.leave_one_out"),
        Estimator("score_function", "baseline = function(losses) return 0.5 end"),
        Estimator("reparameterization"), Estimator("measure_valued"),
        // A distribution that the script defines.
        Estimator(
            "score_function",
            """
            distribution = function(mu, s) local d = distribution.Normal(mu, s:exp()) return {sample = function(n, g) \
            return d:sample({n}, {generator = g}) end, log_prob = function(x) return d:log_prob(x) end} end
            """
        ),
        Estimator(
            "reparameterization",
            """
            distribution = function(mu, s) return {rsample = function(n, g) \
            return mu + s:exp() * random.normal({n}, {generator = g, dtype = \"float64\"}) end} end
            """
        ),
    ]

    /// The gradient of E[x sin x + mu x]: by both parameters, with the value, and with the loss's own dependence on mu.
    @Test(arguments: estimators) func isUnbiased(_ estimator: Estimator) throws {
        let numbers = try Scripts().numbers(
            SineProblem.lua + """
                local r = montecarlo.\(estimator.call)(problem{generator = random.generator(5), \(estimator.options)})
                return {r.value, r.value_standard_error, r.gradients[1]:item(), r.standard_errors[1]:item(), r.gradients[2]:item(), r.standard_errors[2]:item()}
                """)
        for (index, truth) in ([SineProblem.value] + SineProblem.gradient).enumerated() {
            let z = (numbers[2 * index] - truth) / numbers[2 * index + 1]
            #expect(abs(z) < 4, "\(estimator), number \(index + 1): \(numbers[2 * index]), truth \(truth), z \(z)")
        }
    }

    static let calibrated = [
        "score_function{}", "score_function{baseline = \"leave_one_out\"}", "reparameterization{}", "measure_valued{}",
    ]

    /// 400 repetitions with 20 draws: unbiased at that size as well, and the standard errors equal the spread.
    @Test(arguments: calibrated) func standardErrorsAreCalibrated(_ call: String) throws {
        let parts = call.split(separator: "{", maxSplits: 1)
        let numbers = try Scripts().numbers(
            SineProblem.lua + """
                local out, g = {}, random.generator(6)
                for k = 0, 399 do
                  local own = {\(parts[1])
                  own.samples, own.generator = 20, g
                  local r = montecarlo.\(parts[0])(problem(own))
                  out[4 * k + 1], out[4 * k + 2] = r.gradients[1]:item(), r.standard_errors[1]:item()
                  out[4 * k + 3], out[4 * k + 4] = r.gradients[2]:item(), r.standard_errors[2]:item()
                end
                return out
                """)
        for param in 0..<2 {
            let estimates = stride(from: 2 * param, to: 1600, by: 4).map { numbers[$0] }
            let errors = stride(from: 2 * param + 1, to: 1600, by: 4).map { numbers[$0] }
            let (mean, variance) = moments(estimates)
            let z = (mean - SineProblem.gradient[param]) / (variance / 400).squareRoot()
            #expect(
                abs(z) < 4, "\(call), param \(param + 1): mean \(mean), truth \(SineProblem.gradient[param]), z \(z)")
            let claimed = errors.reduce(0) { $0 + $1 * $1 } / 400
            #expect(
                abs(variance / claimed - 1) < 0.4,
                "\(call), param \(param + 1): variance \(variance), claimed \(claimed)")
        }
    }

    /// The batch mean as baseline shrinks the expected gradient by 1 - 1/n, exactly, as documented.
    @Test func theMeansBias() throws {
        let numbers = try Scripts().numbers(
            SineProblem.lua + """
                local function one(baseline)
                  local own = problem{samples = 5, generator = random.generator(1), baseline = baseline}
                  own.loss = function(x) return x * x:sin() end
                  return montecarlo.score_function(own).gradients[1]:item()
                end
                return {one("mean"), one("leave_one_out")}
                """)
        #expect(abs(numbers[0] / numbers[1] - 0.8) < 1e-12, "\(numbers)")
    }

    /// The variances of one draw's gradient have the known order.
    @Test func variancesAreOrdered() throws {
        let numbers = try Scripts().numbers(
            SineProblem.lua + """
                local function variance(call, own)
                  own.generator = random.generator(2)
                  own.loss = function(x) return x * x:sin() + 3 end
                  local r = montecarlo[call](problem(own))
                  return r.variances[1]:item()
                end
                return {
                  variance("score_function", {}), variance("score_function", {baseline = "moving_average"}),
                  variance("score_function", {baseline = "leave_one_out"}), variance("reparameterization", {}), variance("measure_valued", {}),
                }
                """)
        #expect(numbers[0] > 5 * numbers[2], "leave-one-out \(numbers[2]) is below none \(numbers[0])")
        #expect(numbers[0] > 4 * numbers[1], "moving average \(numbers[1]) is below none \(numbers[0])")
        #expect(numbers[2] > numbers[3], "reparameterised \(numbers[3]) is below leave-one-out \(numbers[2])")
        #expect(numbers[2] > numbers[4], "measure-valued \(numbers[4]) is below leave-one-out \(numbers[2])")
    }

    struct ClosedForm: CustomTestStringConvertible, Sendable {
        let name: String
        let distribution: String
        let loss: String
        let params: String
        let truth: [Double]
        var calls = ["score_function", "measure_valued"]
        var testDescription: String { name }
    }

    static let density = exp(-0.5 * 0.3 * 0.3) / (2 * Double.pi).squareRoot()
    static let closedForms = [
        ClosedForm(
            name: "Poisson, E[x²] = r + r²", distribution: "function(r) return distribution.Poisson(r) end",
            loss: "x ^ 2", params: "tensor(2.5)", truth: [6]),
        ClosedForm(
            name: "Exponential, E[x²] = 2/r²", distribution: "function(r) return distribution.Exponential(r) end",
            loss: "x ^ 2", params: "tensor(1.5)", truth: [-4 / 3.375],
            calls: ["score_function", "measure_valued", "reparameterization"]),
        ClosedForm(
            name: "Bernoulli by logits, E[3x] = 3 sigmoid",
            distribution: "function(l) return distribution.Bernoulli(nil, {logits = l}) end", loss: "3 * x",
            params: "tensor(0.4)", truth: [3 * exp(-0.4) / pow(1 + exp(-0.4), 2)]),
        ClosedForm(
            name: "Bernoulli by probs, two components, E[(x1 + x2)²]",
            distribution: "function(p) return distribution.Bernoulli(p) end", loss: "x:sum(2) ^ 2",
            params: "tensor({0.3, 0.6})", truth: [1 + 2 * 0.6, 1 + 2 * 0.3]),
        ClosedForm(
            name: "Normal, a jump: P(x > 0.3)", distribution: "function(m) return distribution.Normal(m, 1) end",
            loss: "x:gt(0.3)", params: "tensor(0)", truth: [density]),
        ClosedForm(
            name: "Normal, two components of one scale, E[(x1 x2)²] = s⁴",
            distribution: "function(s) return distribution.Normal(tensor.zeros(2), s) end", loss: "(x:prod(2)) ^ 2",
            params: "tensor(0.8)", truth: [4 * pow(0.8, 3)],
            calls: ["score_function", "measure_valued", "reparameterization"]),
        ClosedForm(
            name: "MultivariateNormal, E[x1 x2 + x1] = m1 m2 + c + m1",
            distribution: "function(m) return distribution.MultivariateNormal(m, tensor({{1, 0.3}, {0.3, 2}})) end",
            loss: "x:prod(2) + (x * tensor({1, 0})):sum(2)", params: "tensor({0.5, -1})", truth: [0, 0.5],
            calls: ["score_function", "reparameterization"]),
        ClosedForm(
            name: "one vector holds both params",
            distribution: "function(t) return distribution.Normal(t[1], t[2]:exp()) end", loss: "x ^ 2",
            params: "tensor({1, -0.5})", truth: [2, 2 * exp(-1)],
            calls: ["score_function", "measure_valued", "reparameterization"]),
    ]

    @Test(arguments: closedForms) func gradientsAgreeWithClosedForms(_ form: ClosedForm) throws {
        for call in form.calls {
            let numbers = try Scripts().numbers(
                """
                local r = montecarlo.\(call){distribution = \(form.distribution), loss = function(x) return \(form.loss) end,
                  params = \(form.params), samples = 3000, generator = random.generator(8)}
                local out = r.gradients[1]:reshape({r.gradients[1]:numel()}):tolist()
                for _, e in ipairs(r.standard_errors[1]:reshape({#out}):tolist()) do out[#out + 1] = e end
                return out
                """)
            for (index, truth) in form.truth.enumerated() {
                let (got, error) = (numbers[index], numbers[index + form.truth.count])
                #expect(
                    abs(got - truth) <= 4 * error + 1e-6 * abs(truth),
                    "\(form.name), \(call), component \(index + 1): \(got) ± \(error), truth \(truth)")
            }
        }
    }

    /// With more parameters than draws (variances are then computed in another way), and without statistics: the same
    /// gradients.
    @Test(arguments: ["score_function", "reparameterization"]) func waysAgree(_ call: String) throws {
        try Scripts().run(
            """
            local function one(samples, own)
              local all = {
                distribution = function(m) return distribution.Normal(m:sum() * 0.1, 1) end,
                loss = function(x, m) return x ^ 2 + (m ^ 2):sum() * x end,
                params = tensor({0.1, 0.2, 0.3, 0.4, 0.5, 0.6}, {dtype = "float64"}), samples = samples, generator = random.generator(3)}
              for k, v in pairs(own or {}) do all[k] = v end
              return montecarlo.\(call)(all)
            end
            for _, samples in ipairs{4, 6, 9} do
              local full, quick = one(samples), one(samples, {statistics = false})
              assert((full.gradients[1] - quick.gradients[1]):abs():max():item() < 1e-12, samples)
              assert(quick.variances == nil and quick.standard_errors == nil and quick.surrogate == nil)
              assert((full.standard_errors[1] ^ 2 * samples - full.variances[1]):abs():max():item() < 1e-9)
              local p = tensor({0.1, 0.2, 0.3, 0.4, 0.5, 0.6}, {dtype = "float64"}):requires_grad_(true)
              local loss = one(samples, {params = p, surrogate = true})
              assert(math.abs(loss.surrogate:item() - loss.value) < 1e-12)
              loss.surrogate:backward()
              assert((p.grad - full.gradients[1]):abs():max():item() < 1e-12, samples)
              assert(not full.gradients[1].requires_grad and full.evaluations == samples)
            end
            """)
    }

    /// The same generator gives the same numbers, and params are not changed.
    @Test func reproducible() throws {
        try Scripts().run(
            SineProblem.lua + """
                for _, call in ipairs{"score_function", "reparameterization", "measure_valued"} do
                  local mu = tensor(0.2):requires_grad_(true)
                  local function one()
                    return montecarlo[call]{distribution = function(m) return distribution.Normal(m, 1) end, loss = function(x) return x end,
                      params = mu, samples = 10, generator = random.generator(1)}
                  end
                  local a, b = one(), one()
                  assert(a.gradients[1]:item() == b.gradients[1]:item() and mu.grad == nil)
                  assert(a.gradients[1].dtype == "float32")
                  random.manual_seed(1)
                  local r = montecarlo[call](problem{samples = 7})
                  assert(#r.losses == 7 and r.evaluations == (call == "measure_valued" and 35 or 7))
                end
                """)
    }
}

/// Unusual shapes: scalars, empty tensors, one draw.
@Suite struct GradientShapeTests {
    @Test func shapesAndDtypesOfParamsAreKept() throws {
        try Scripts().run(
            """
            for _, call in ipairs{"score_function", "reparameterization", "measure_valued"} do
              for _, statistics in ipairs{true, false} do
                local r = montecarlo[call]{
                  distribution = function(a, b, c) return distribution.Normal(a + b:sum(), c:exp()) end,
                  loss = function(x) return (x ^ 2):sum({2, 3}) end, samples = 4, statistics = statistics, generator = random.generator(1),
                  params = {tensor.zeros(2, 3), tensor({1, 2}, {dtype = "float64"}), tensor(0), tensor.zeros(0)}}
                local shapes = {{2, 3}, {2}, {}, {0}}
                for k, shape in ipairs(shapes) do
                  assert(#r.gradients[k].shape == #shape and r.gradients[k].dtype == (k == 2 and "float64" or "float32"), call .. k)
                  for axis, extent in ipairs(shape) do assert(r.gradients[k].shape[axis] == extent) end
                  if statistics then assert(#r.standard_errors[k].shape == #shape and #r.variances[k].shape == #shape) end
                end
                assert(#r.losses == 4)
              end
            end
            -- Params that do not matter have gradients of zero.
            local r = montecarlo.score_function{distribution = function() return distribution.Normal(0, 1) end, loss = function(x) return x end, params = tensor({1, 2}), samples = 5}
            assert(r.gradients[1]:abs():sum():item() == 0 and r.variances[1]:abs():sum():item() == 0)
            """)
    }
}
