import LawChecks
import Scripting
import Testing

@testable import Optimizers

/// What is refused, and with which messages.
@Suite struct ArgumentTests {
    struct Refusal: CustomTestStringConvertible, Sendable {
        let code: String
        let message: String
        init(_ code: String, _ message: String) { (self.code, self.message) = (code, message) }
        var testDescription: String { code }
    }

    static let constructors: [Refusal] = OptimizerTests.names.flatMap { name in
        [
            Refusal("optim.\(name)(x, {lr = -1})", "optim.\(name): option lr: a finite number from 0 expected, got -1"),
            Refusal("optim.\(name)(x, {lr = 0/0})", "option lr: a finite number from 0 expected, got nan"),
            Refusal("optim.\(name)(x, {lr = math.huge})", "option lr: a finite number from 0 expected, got inf"),
            Refusal("optim.\(name)(x, {lr = \"big\"})", "option lr: a finite number from 0 expected, got \"big\""),
            Refusal("optim.\(name)(x, {maximize = 1})", "option maximize: true or false expected, got 1"),
            Refusal(
                "optim.\(name)(x, {lrr = 1})",
                "optim.\(name): unknown option lrr (did you mean \"lr\"?); the options are lr, "),
            Refusal("optim.\(name)(x, 3)", "argument 2 (options): a table of options expected, got 3"),
            Refusal("optim.\(name)(x, {}, 3)", "takes at most 2 arguments, got 3"),
            Refusal(
                "optim.\(name)()",
                "optim.\(name): argument 1 (params): a tensor, a table of tensors or a table of groups"),
            Refusal("optim.\(name)({})", "argument 1 (params): no parameters: a table {tensor, ...} expected"),
            Refusal("optim.\(name)({x, 3})", "argument 1 (params): element 2: a tensor expected, got 3"),
            Refusal(
                "optim.\(name)({x, {x}})",
                """
                argument 1 (params): element 2: a tensor (of a table of numbers, tensor(t) makes one) expected, \
                got table
                """
            ),
            Refusal("optim.\(name)({x, x})", "optim.\(name): parameter 2 is there twice"),
            Refusal(
                "optim.\(name)({x, x:requires_grad_(true) * 2})",
                "parameter 2 was computed from other tensors; only a leaf can be optimised"),
            Refusal("optim.\(name)(tensor({1}):expand({3}))", "parameter 1 repeats elements (an expanded view)"),
        ]
    }

    static let ranges: [Refusal] = [
        Refusal("optim.SGD(x, {momentum = -0.1})", "option momentum: a finite number from 0 expected, got -0.1"),
        Refusal("optim.SGD(x, {dampening = 0/0})", "option dampening: a finite number expected, got nan"),
        Refusal("optim.SGD(x, {weight_decay = -1})", "option weight_decay: a finite number from 0 expected, got -1"),
        Refusal(
            "optim.SGD(x, {nesterov = true})",
            "option nesterov: needs a momentum above 0 and no dampening, got momentum 0, dampening 0"),
        Refusal("optim.SGD(x, {nesterov = true, momentum = 0.9, dampening = 0.5})", "got momentum 0.9, dampening 0.5"),
        Refusal(
            "optim.Adam(x, {betas = {0.9, 1}})",
            "option betas: two numbers from 0 to below 1, such as {0.9, 0.999}, expected, got {0.9, 1}"),
        Refusal("optim.Adam(x, {betas = {0/0, 0.5}})", "got {nan, 0.5}"),
        Refusal("optim.Adam(x, {betas = {0.9}})", "option betas: two numbers"),
        Refusal("optim.Adam(x, {betas = 0.9})", "got 0.9"),
        Refusal("optim.Adam(x, {eps = -1e-8})", "option eps: a finite number from 0 expected"),
        Refusal(
            "optim.AdamW(x, {weight_decay = -1})",
            "optim.AdamW: option weight_decay: a finite number from 0 expected, got -1"),
        Refusal("optim.RMSprop(x, {alpha = 1.5})", "option alpha: a number from 0 to 1 expected, got 1.5"),
        Refusal("optim.RMSprop(x, {momentum = 0/0})", "option momentum: a finite number from 0 expected, got nan"),
        Refusal(
            "optim.LBFGS(x, {max_iter = 0})", "option max_iter: a whole number from 1 to 4294967296 expected, got 0"),
        Refusal("optim.LBFGS(x, {history_size = 2.5})", "option history_size: a whole number from 1 expected, got 2.5"),
        Refusal("optim.LBFGS(x, {max_eval = 0})", "option max_eval: a whole number from 1 expected, got 0"),
        Refusal(
            "optim.LBFGS(x, {tolerance_grad = -1})", "option tolerance_grad: a finite number from 0 expected, got -1"),
        Refusal(
            "optim.LBFGS(x, {line_search = \"wolfe\"})",
            "option line_search: one of strong_wolfe, none expected, got \"wolfe\""),
        Refusal("optim.SGD({{params = {x}, lr = -1}})", "option lr: a finite number from 0 expected, got -1"),
        Refusal("optim.SGD({{params = {x}, rate = 1}})", "unknown option rate"),
        Refusal(
            "optim.SGD({{params = 3}})",
            "argument 1 (params): group 1: option params: a tensor or a table of tensors expected, got 3"),
        Refusal("optim.SGD({{params = x}, x})", "group 2: a table {params = {...}} expected, got tensor"),
        Refusal("optim.SGD({{params = x}, {params = x}})", "parameter 2 is there twice"),
        Refusal(
            "optim.SGD({{params = x}, {lr = 1}})", "argument 1 (params): group 2: {params = {tensor, ...}} expected"),
        Refusal("optim.SGD({{params = x, nesterov = true}})", "group 1: option nesterov: needs a momentum above 0"),
        Refusal("optim.SGD({x, lr = 1})", "argument 1 (params): unknown option lr in a list"),
        Refusal("optim.LBFGS({{params = x}})", "takes one list of parameters, not groups with options of their own"),
        Refusal("optim.sgd(x)", "did you mean \"SGD\"?"),
    ]

    static let methods: [Refusal] = [
        Refusal("optim.SGD(x).lr = -1", "optimizer.lr: argument 2 (lr): a finite number from 0 expected, got -1"),
        Refusal("optim.SGD(x).lr = 0/0", "optimizer.lr: argument 2 (lr): a finite number from 0 expected, got nan"),
        Refusal("optim.SGD(x).lr = \"1e-3 \"", "a finite number from 0 expected"),
        Refusal("optim.SGD(x).lr = {1, 2}", "a table of 1 numbers expected, one per group"),
        Refusal("optim.SGD(x):step(3)", "optimizer:step: argument 2 (closure): a function expected, got 3"),
        Refusal("optim.SGD(x).step(x)", "argument 1 (opt): an optimizer expected, got tensor"),
        Refusal("optim.SGD(x):load_state_dict({lr = 3})", "a table from names to tensors expected, got \"lr\" = 3"),
        Refusal("optim.SGD(x):load_state_dict({lr = tensor({-1})})", "lr is -1; a finite number from 0 expected"),
        Refusal("optim.SGD(x):load_state_dict({lr = tensor({1, 2})})", "lr has shape (2); (1) expected"),
        Refusal(
            "optim.SGD(x):load_state_dict({[\"1.exp_avg\"] = x})", "1.exp_avg does not belong to optim.SGD{lr = 0.001"),
        Refusal("optim.Adam(x):load_state_dict({[\"1.exp_avg\"] = x})", "1.step is missing"),
        Refusal(
            "optim.Adam(x):load_state_dict({[\"1.step\"] = tensor(1), [\"1.exp_avg\"] = x})", "1.exp_avg_sq is missing"),
        Refusal(
            "optim.Adam(x):load_state_dict({[\"1.step\"] = tensor(0.5), [\"1.exp_avg\"] = x, [\"1.exp_avg_sq\"] = x})",
            "1.step is 0.5; a whole number from 1 expected"),
        Refusal(
            """
            optim.Adam(x):load_state_dict({[\"1.step\"] = tensor(1), [\"1.exp_avg\"] = tensor({1, 2}), \
            [\"1.exp_avg_sq\"] = x})
            """,
            "1.exp_avg has shape (2); (1) expected"),
        Refusal("optim.LBFGS(x):load_state_dict({d = x})", "ro is missing"),
        Refusal("optim.schedule.cosine(1, 0)", "optim.schedule.cosine: steps is 0"),
        Refusal("optim.schedule.power(-1, 1)", "argument 1 (lr): a finite number from 0 expected, got -1"),
        Refusal("optim.schedule.power(1, 1)(0)", "k is 0; a number from 1 expected"),
    ]

    static let projectedGradient: [Refusal] = [
        Refusal("optim.projected_gradient()", "argument 1 (f): a function expected, got nothing"),
        Refusal("optim.projected_gradient(f, f, x)", "argument 2 (P): a projection expected, got function"),
        Refusal("optim.projected_gradient(f, P, 3)", "argument 3 (x0): a tensor expected, got 3"),
        Refusal("optim.projected_gradient(f, P, x, {stepss = 3})", "unknown option stepss (did you mean \"steps\"?)"),
        Refusal(
            "optim.projected_gradient(f, P, x, {steps = -1})", "option steps: a whole number from 0 expected, got -1"),
        Refusal("optim.projected_gradient(f, P, x, {lr = -1})", "option lr: a finite number from 0 expected, got -1"),
        Refusal(
            "optim.projected_gradient(f, P, x, {lr = \"a\"})",
            "option lr: a number or a function of k expected, got \"a\""),
        Refusal(
            "optim.projected_gradient(f, P, x, {lr = function(k) return 3 - k end})",
            "optim.projected_gradient: lr(4) is -1; a finite number from 0 expected"),
        Refusal(
            "optim.projected_gradient(f, P, x, {lr = function(k) return k == 7 and 0/0 or 1 end})",
            "lr(7) is nan; a finite number from 0 expected"),
        Refusal("optim.projected_gradient(f, P, x, {lr = function(k) end})", "lr(1) is nil; a number expected"),
        Refusal(
            "optim.projected_gradient(f, P, x, {noise = -1})", "option noise: a finite number from 0 expected, got -1"),
        Refusal(
            "optim.projected_gradient(f, P, x, {noise = x})",
            "option noise: a number or a function of k expected, got tensor"),
        Refusal(
            "optim.projected_gradient(f, P, x, {noise = function(k) return 2 - k end})",
            "noise(3) is -1; a finite number from 0 expected"),
        Refusal(
            "optim.projected_gradient(f, P, x, {noise = function(k) return tensor({1, 2}) end})",
            "noise(1) has shape (2), x (1)"),
        Refusal("optim.projected_gradient(f, P, x, {callback = 3})", "option callback: a function expected, got 3"),
        Refusal("optim.projected_gradient(f, P, x, {generator = 3})", "option generator: a generator"),
        Refusal(
            "optim.projected_gradient(function(x) return 3 end, P, x)", "f returned 3; a tensor of one number expected"),
        Refusal(
            "optim.projected_gradient(function(x) return x end, P, tensor({1, 2}))",
            "the function returned a tensor of shape (2); a single number expected"),
        Refusal(
            """
            local n = 0 optim.projected_gradient(function(x) n = n + 1 \
            return (x * (n == 5 and 0/0 or 1)):sum() end, P, x)
            """,
            "f is nan at step 5"),
        Refusal("optim.projected_gradient(function(x) return (x / 0):sum() end, P, x)", "f is inf at step 1"),
        Refusal(
            "optim.projected_gradient(function(x) return (x - 1):sqrt():sum() end, P, x)",
            "the gradient of f has an element of infinite size at step 1"),
        Refusal("optim.projected_gradient(f, projection.Box(tensor({0, 0}), 1), x)", "projection.Box"),
    ]

    @Test(arguments: constructors + ranges + methods + projectedGradient) func refuses(_ refusal: Refusal) throws {
        let message = try Scripts().message(
            """
            local x, P = tensor({1}), projection.Box(0, 1)
            local function f(x) return (x * x):sum() end
            \(refusal.code)
            """
        )
        #expect(message.contains(refusal.message), "\(message)")
    }

    /// A refused call has changed nothing.
    @Test func refusalsLeaveEverythingAsItWas() throws {
        try Scripts().run(
            """
            local x, y = tensor({1}), tensor({1})
            assert(not pcall(optim.SGD, {y, x, x}))
            assert(not x.requires_grad and not y.requires_grad)
            local opt = optim.Adam(x, {lr = 0.5})
            x:sum():backward()
            opt:step()
            local state = opt:state_dict()
            state.lr, state.more = tensor({9}), x
            assert(not pcall(opt.load_state_dict, opt, state))
            assert(opt.lr == 0.5 and opt:state_dict()["1.step"]:item() == 1)
            """)
    }

    @Test func float16ParametersAreRefusedWithTheWayOut() throws {
        let way = "parameter 1 is stored in float16, which is for evaluating; load float32 to train"
        let sgd = #expect(throws: ScriptError.self) { try ElementwiseOptimizer(SGD(), [.init(.zeros([2], .float16))]) }
        #expect(sgd?.description == "optim.SGD: \(way)")
        let newton = #expect(throws: ScriptError.self) { try LBFGS([.init(.zeros([2], .float16))]) }
        #expect(newton?.description == "optim.LBFGS: \(way)")
    }
}
