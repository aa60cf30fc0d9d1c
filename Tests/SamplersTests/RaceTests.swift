import LawChecks
import Scripting
import Testing

import Samplers

/// The race of estimators tells biased from unbiased ones, and noisy from quiet ones.
@Suite struct RaceTests {
    @Test func gradientEstimators() throws {
        let truth = SineProblem.gradient
        try Scripts().run(
            SineProblem.lua + """
                local g = random.generator(4)
                local function contestant(call, own)
                  own.samples, own.generator, own.statistics = 8, g, false
                  return function() return montecarlo[call](problem(own)) end
                end
                local race = montecarlo.race{
                  reference = {tensor(\(truth[0]), {dtype = "float64"}), \(truth[1])}, repetitions = 200,
                  estimators = {
                    {"score", contestant("score_function", {})},
                    {"score, mean", contestant("score_function", {baseline = "mean"})},
                    {"leave one out", contestant("score_function", {baseline = "leave_one_out"})},
                    {"reparameterised", contestant("reparameterization", {})},
                    {"measure-valued", contestant("measure_valued", {})},
                    {"half of it", function()
                      local r = contestant("reparameterization", {})()
                      return {r.gradients[1] / 2, r.gradients[2] / 2}
                    end},
                  }}
                local by = {}
                for _, r in ipairs(race.results) do by[r.name] = r end
                for _, name in ipairs{"score", "leave one out", "reparameterised", "measure-valued"} do
                  assert(math.abs(by[name].bias_z) < 4, name .. ": bias z " .. by[name].bias_z)
                  assert(#by[name].z == 2 and #by[name].variances == 2 and by[name].seconds > 0)
                end
                assert(math.abs(by["half of it"].bias_z) > 6, "a biased estimator goes unseen: " .. by["half of it"].bias_z)
                assert(by.score.variance > by["leave one out"].variance and by["leave one out"].variance > by.reparameterised.variance)
                assert(by.score.evaluations == 8 and by["measure-valued"].evaluations == 40 and by["half of it"].evaluations == nil)
                assert(select(2, race.text:gsub("\\n", "")) == 6, race.text)
                """)
    }

    @Test func references() throws {
        try Scripts().run(
            """
            local g = random.generator(4)
            local function noisy(mean) return function() return mean + random.normal({1}, {generator = g})[{1}] end end
            local function z(reference) return montecarlo.race{estimators = {{"a", noisy(1)}, {"b", noisy(3)}}, reference = reference}.results end
            local named = z("a")
            assert(named[1].bias_z == nil and named[2].bias_z > 8)
            assert(math.abs(z(1)[1].bias_z) < 4 and z(1)[2].bias_z > 10)
            assert(z{estimate = 1, standard_error = 10}[2].bias_z < 1)
            assert(z()[1].bias_z == nil and z()[1].mean[{1}] < 2)
            local exact = montecarlo.race{estimators = {{"constant", function() return 2 end}}, reference = 2, repetitions = 3}.results[1]
            assert(exact.bias_z == 0 and exact.variance == 0)
            local wrong = montecarlo.race{estimators = {{"constant", function() return 2 end}}, reference = 1, repetitions = 3}.results[1]
            assert(wrong.bias_z == math.huge)
            """)
    }

    @Test func text() {
        let results = [
            RaceResult("a", answers: [[1], [3]], evaluations: 10, seconds: 0.00123456),
            RaceResult("longer", answers: [[-1e-9], [0]], evaluations: nil, seconds: 12),
        ]
        #expect(
            RaceResult.table(results, [-1.234, nil]) == """
                estimator  bias z  variance  evaluations   seconds  variance x seconds
                a           -1.23   2.0e+00           10  1.23e-03            2.47e-03
                longer          -   5.0e-19            -   1.2e+01             6.0e-18
                """)
    }
}
