import LawChecks
import Testing

import Samplers

/// What is refused, and with which messages.
@Suite struct ArgumentTests {
    struct Refusal: CustomTestStringConvertible, Sendable {
        let code: String
        let message: String
        init(_ code: String, _ message: String) { (self.code, self.message) = (code, message) }
        var testDescription: String { code }
    }

    static let diagnostics = ["ess", "khat"].flatMap { name in
        [
            Refusal(
                "montecarlo.\(name)({})",
                "montecarlo.\(name): argument 1 (log_weights): at least 1 number expected, got 0"),
            Refusal(
                "montecarlo.\(name)()",
                """
                montecarlo.\(name): argument 1 (log_weights): a vector (a tensor of one dimension or a table of \
                numbers) expected, got nil
                """
            ),
            Refusal("montecarlo.\(name)(tensor.zeros(2, 2))", "got a tensor of shape (2, 2)"),
            Refusal("montecarlo.\(name)({1, \"a\"})", "montecarlo.\(name): argument 1 (log_weights): a vector"),
            Refusal(
                "montecarlo.\(name)({1, 0/0})", "montecarlo.\(name): log_weights[2] is nan; a number or -inf expected"),
            Refusal("montecarlo.\(name)({1, math.huge})", "log_weights[2] is inf; a number or -inf expected"),
            Refusal(
                "montecarlo.\(name)({-math.huge, -math.huge})", "log_weights: all 2 are -inf: no sample has weight"),
            Refusal("montecarlo.\(name)({1}, 2)", "takes at most 1 argument, got 2"),
        ]
    }

    static let errors = [
        Refusal(
            "montecarlo.standard_error({1})",
            "montecarlo.standard_error: argument 1 (x): at least 2 numbers expected, got 1"),
        Refusal(
            "montecarlo.standard_error({1, 0/0})",
            "montecarlo.standard_error: argument 1 (x): finite numbers expected, got nan at 2"),
        Refusal(
            "montecarlo.standard_error({1, 2}, {batches = 3})",
            "option batches: a whole number from 2 to 2 expected, got 3"),
        Refusal("montecarlo.standard_error({1, 2}, {batch = 2})", "unknown option batch (did you mean \"batches\"?)"),
    ]

    static let importance = [
        Refusal(
            "montecarlo.importance_sampling{}",
            "montecarlo.importance_sampling: log_weights, or log_target with log_proposal or proposal, expected"),
        Refusal(
            "montecarlo.importance_sampling{log_weights = {}}", "option log_weights: at least 1 number expected, got 0"),
        Refusal("montecarlo.importance_sampling{log_weights = {0, 0/0}}", "log_weights[2] is nan"),
        Refusal(
            "montecarlo.importance_sampling{log_weights = {0, 0}, value = {1}}",
            "log_weights has 2 numbers, value 1; one per sample expected of each"),
        Refusal(
            "montecarlo.importance_sampling{log_weights = {0, 0}, value = {1, 0/0}}",
            "value[2] is nan; a finite number expected"),
        Refusal(
            "montecarlo.importance_sampling{log_weights = {0}, value = 3}",
            "value: a vector (a tensor of one dimension or a table of numbers) expected, got 3"),
        Refusal(
            "montecarlo.importance_sampling{log_weights = {0}, log_target = {0}}",
            "log_weights and log_target are given"),
        Refusal("montecarlo.importance_sampling{log_target = {0}}", "log_target is given without log_proposal"),
        Refusal(
            "montecarlo.importance_sampling{log_target = {0, 1}, log_proposal = {0}}",
            "log_target has 2 numbers, log_proposal 1"),
        Refusal(
            "montecarlo.importance_sampling{log_target = {0}, log_proposal = {-math.huge}}",
            "log_proposal[1] is -inf; a finite number expected"),
        Refusal(
            "montecarlo.importance_sampling{log_target = {math.huge}, log_proposal = {0}}",
            "log_target[1] is inf; a number or -inf expected"),
        Refusal(
            "montecarlo.importance_sampling{log_target = f, log_proposal = f}",
            "log_target is a function: samples = a tensor (or proposal = a distribution) expected, got neither"),
        Refusal(
            "montecarlo.importance_sampling{log_target = f, log_proposal = f, samples = 10}",
            "option samples: a tensor of samples (or proposal = a distribution, to draw them) expected, got 10"),
        Refusal(
            "montecarlo.importance_sampling{log_target = f, log_proposal = f, samples = tensor.zeros(0)}",
            "samples has shape (0); at least one sample"),
        Refusal(
            "montecarlo.importance_sampling{log_target = f, log_proposal = f, samples = tensor(1)}",
            "samples has shape (); at least one sample"),
        Refusal(
            "montecarlo.importance_sampling{log_target = f, proposal = normal, samples = 0}",
            "option samples: a whole number from 1 to"),
        Refusal(
            "montecarlo.importance_sampling{log_target = f, proposal = 3}",
            "option proposal: a distribution or a table {sample = function, log_prob = function} expected, got 3"),
        Refusal(
            "montecarlo.importance_sampling{log_target = f, proposal = {sampel = f}}",
            "unknown option sampel (did you mean \"sample\"?)"),
        Refusal(
            "montecarlo.importance_sampling{log_target = f, proposal = {log_prob = f}}",
            "the distribution {log_prob} has no sample; sample = function(n, generator) expected"),
        Refusal(
            "montecarlo.importance_sampling{log_target = function(x) return x:sum() end, proposal = normal, samples = 5}",
            "log_target has shape (); one number per sample, shape (5), expected"),
        Refusal(
            "montecarlo.importance_sampling{log_target = function(x) return 3 end, proposal = normal, samples = 5}",
            "log_target returned 3; a tensor with one number per sample expected"),
        Refusal(
            "montecarlo.importance_sampling{log_weights = {0}, normalised = true}",
            "unknown option normalised (did you mean \"normalized\"?)"),
        Refusal(
            "montecarlo.importance_sampling{log_weights = {0}, normalized = 1}",
            "option normalized: true or false expected, got 1"),
        Refusal(
            "montecarlo.importance_sampling{log_weights = {0}, normalized = true, self_normalized = true}",
            "two names of one option"),
    ]

    static let gradients = ["score_function", "reparameterization", "measure_valued"].flatMap { name in
        [
            Refusal(
                "montecarlo.\(name){}",
                "montecarlo.\(name): option distribution: a function of the params that returns a distribution"),
            Refusal(
                "montecarlo.\(name){distribution = normal, loss = f, params = p}",
                "option distribution: a function of the params that returns a distribution"),
            Refusal(
                "montecarlo.\(name){distribution = make, params = p}",
                "option loss: a function of the draws (and the params) expected, got nil"),
            Refusal(
                "montecarlo.\(name){distribution = make, loss = f}",
                "option params: a tensor or a table of tensors expected, got nil"),
            Refusal(
                "montecarlo.\(name){distribution = make, loss = f, params = {}}",
                "option params: a tensor or a table of tensors expected"),
            Refusal(
                "montecarlo.\(name){distribution = make, loss = f, params = {p, 3}}",
                "option params: element 2: a tensor expected, got 3"),
            Refusal(
                "montecarlo.\(name){distribution = make, loss = f, params = p, samples = 1}",
                "option samples: a whole number from 2 to"),
            Refusal(
                "montecarlo.\(name){distribution = make, loss = f, params = {p, tensor.zeros(1000)}, samples = 1000000}",
                """
                statistics of 1001 numbers in params from 1000000 samples are too many (268435456 at most); \
                pass statistics = false
                """
            ),
            Refusal(
                "montecarlo.\(name){distribution = f, loss = f, params = p}",
                "montecarlo.\(name): distribution returned tensor; a distribution expected"),
            Refusal(
                "montecarlo.\(name){distribution = make, loss = function() end, params = p, samples = 4}",
                "loss returned nil; a tensor with one number per draw expected"),
            Refusal(
                "montecarlo.\(name){distribution = make, loss = function(x) return x:sum() end, params = p, samples = 4}",
                "loss has shape (); one number per sample, shape (4), expected"),
            Refusal(
                """
                montecarlo.\(name){distribution = make, loss = function(x) \
                return x * (0/0) end, params = p, samples = 4}
                """,
                "loss[1] is nan; a finite number expected"),
            Refusal(
                "montecarlo.\(name){distribution = make, loss = f, params = p, sample = 4}",
                "unknown option sample (did you mean \"samples\"?)"),
            Refusal(
                "montecarlo.\(name){distribution = make, loss = f, params = p, generator = 4}",
                "option generator: a generator"),
        ]
    }

    static let own = [
        Refusal(
            """
            montecarlo.score_function{distribution = make, loss = f, params = p, samples = 1, statistics = false, \
            baseline = \"leave_one_out\"}
            """,
            "option baseline: leave_one_out needs samples of at least 2, got 1"),
        Refusal(
            "montecarlo.score_function{distribution = make, loss = f, params = p, baseline = \"median\"}",
            "option baseline: one of none, mean, moving_average, leave_one_out expected, got \"median\""),
        Refusal(
            "montecarlo.score_function{distribution = make, loss = f, params = p, baseline = 0/0}",
            "option baseline: a finite number expected, got nan"),
        Refusal(
            "montecarlo.score_function{distribution = make, loss = f, params = p, baseline = p}",
            """
            option baseline: one of none, mean, moving_average, leave_one_out, a number, a moving average \
            or a function of the losses expected, got tensor
            """
        ),
        Refusal(
            """
            montecarlo.score_function{distribution = make, loss = f, params = p, samples = 4, baseline = function() \
            return {1, 2} end}
            """,
            "baseline returned 2 numbers for 4 losses"),
        Refusal(
            """
            montecarlo.score_function{distribution = make, loss = f, params = p, samples = 4, baseline = function() \
            return 0/0 end}
            """,
            "baseline[1] is nan"),
        Refusal(
            """
            montecarlo.score_function{distribution = function() return {sample = function(n) \
            return tensor.zeros(n) end, log_prob = function(x) \
            return x - math.huge end} end, loss = f, params = p, samples = 4}
            """,
            "log_prob[1] is -inf; a finite number expected"),
        Refusal(
            """
            montecarlo.reparameterization{distribution = function(m) \
            return distribution.Poisson(m:exp()) end, loss = f, params = p}
            """,
            "montecarlo.reparameterization: distribution.Poisson has no reparameterised draws"),
        Refusal(
            """
            montecarlo.reparameterization{distribution = function(m) return {rsample = function(n) \
            return tensor.zeros(n + 1) end} end, loss = f, params = p, samples = 3}
            """,
            "rsample returned shape (4); 3 draws along the first dimension expected"),
        Refusal(
            "montecarlo.reparameterization{distribution = make, loss = f, params = p, baseline = \"mean\"}",
            "unknown option baseline"),
        Refusal(
            """
            montecarlo.measure_valued{distribution = function(m) \
            return distribution.Laplace(m, 1) end, loss = f, params = p}
            """,
            "has no measure-valued gradient here; the distributions with one are Normal, Exponential, Poisson, Bernoulli"
        ),
        Refusal(
            "montecarlo.measure_valued{distribution = function(m) return {sample = f} end, loss = f, params = p}",
            "the distribution {sample} has no measure-valued gradient here"),
        Refusal(
            "montecarlo.baselines.leave_one_out({1})",
            "montecarlo.baselines.leave_one_out: a leave-one-out baseline needs at least 2 losses, got 1"),
        Refusal(
            "montecarlo.baselines.mean({})",
            "montecarlo.baselines.mean: argument 1 (losses): at least 1 number expected, got 0"),
        Refusal("montecarlo.baselines.mean({0/0})", "argument 1 (losses): finite numbers expected, got nan at 1"),
        Refusal(
            "montecarlo.baselines.moving_average(1.5)", "argument 1 (decay): a number from 0 to 1 expected, got 1.5"),
        Refusal(
            "montecarlo.baselines.moving_average(0.5)({0/0})",
            "moving_average:call: argument 2 (losses): finite numbers expected, got nan at 1"),
        Refusal(
            "montecarlo.race{}", "montecarlo.race: option estimators: a table {{name, function}, ...} expected, got nil"
        ),
        Refusal(
            "montecarlo.race{estimators = {f}}", "option estimators: element 1: {name, function} expected, got function"
        ),
        Refusal("montecarlo.race{estimators = {{\"a\", f}, {\"a\", f}}}", "option estimators: \"a\" is there twice"),
        Refusal(
            "montecarlo.race{estimators = {{\"a\", function() return \"x\" end}}}",
            "\"a\", repetition 1 returned \"x\"; a number, a tensor, or a table with gradients or estimate expected"),
        Refusal(
            "montecarlo.race{estimators = {{\"a\", function() return 0/0 end}}}",
            "\"a\", repetition 1 returned nan; finite numbers expected"),
        Refusal(
            "local n = 0 montecarlo.race{estimators = {{\"a\", function() n = n + 1 return tensor.zeros(n) end}}}",
            "\"a\", repetition 2 returned 2 numbers, before 1"),
        Refusal(
            "montecarlo.race{estimators = {{\"a\", function() return 1 end}}, reference = tensor.zeros(2)}",
            "reference has 2 numbers, the answers of \"a\" 1"),
        Refusal(
            "montecarlo.race{estimators = {{\"abc\", function() return 1 end}}, reference = \"abd\"}",
            "option reference: no estimator \"abd\" (did you mean \"abc\"?)"),
        Refusal(
            "montecarlo.race{estimators = {{\"a\", function() return 1 end}}, repetitions = 1}",
            "option repetitions: a whole number from 2"),
    ]

    @Test(arguments: diagnostics + errors + importance + gradients + own) func refuses(_ refusal: Refusal) throws {
        let message = try Scripts().message(
            """
            local normal, p = distribution.Normal(0, 1), tensor(0.5)
            local function f(x) return x end
            local function make(m) return distribution.Normal(m, 1) end
            \(refusal.code)
            """)
        #expect(message.contains(refusal.message), "\(message)")
    }
}
