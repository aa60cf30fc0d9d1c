import Scripting

extension LBFGS {
    static let constructor = NativeFunction(
        "optim.LBFGS",
        Documentation(
            "optim.LBFGS(params, {lr = 1, max_iter = 20, max_eval = max_iter * 5 // 4, tolerance_grad = 1e-7, tolerance_change = 1e-9, history_size = 100, line_search_fn = \"strong_wolfe\" or \"none\", line_search, maximize = false}) -> optimizer",
            "Newton's method with an inverse Hessian made of the last history_size steps. opt:step(closure) makes up to max_iter iterations; closure clears the gradients, computes the loss, calls its backward and returns it. Without a line search (the default, as in PyTorch) every iteration moves by lr times the direction; \"strong_wolfe\" finds the length, and is what to use unless the loss is noisy. line_search is short for line_search_fn. One group of parameters. "
                + parametersText,
            errors: "a number out of its range; groups of parameters; " + parametersErrors,
            source: "torch.optim.LBFGS; Liu and Nocedal 1989; Nocedal and Wright, algorithms 3.5, 3.6 and 7.4",
            example: """
                local x = tensor({-1.2, 1}, {dtype = "float64"})
                local opt = optim.LBFGS({x}, {line_search_fn = "strong_wolfe", max_iter = 100})
                opt:step(function()
                  opt:zero_grad()
                  local loss = (100 * (x[2] - x[1] ^ 2) ^ 2 + (1 - x[1]) ^ 2)
                  loss:backward()
                  return loss
                end)
                assert((x - 1):abs():max():item() < 1e-4)  -- Rosenbrock's valley
                """)
    ) { arguments in
        try arguments.atMost(2)
        let settings = try LBFGSSettings(arguments.options(2, LBFGSSettings.options))
        let groups = try arguments.parameterGroups(1, LBFGSSettings.options)
        guard groups.count == 1, groups[0].options == nil else {
            throw arguments.error("takes one list of parameters, not groups with options of their own")
        }
        return [.object(try LBFGS(groups[0].parameters, settings, for: arguments.function))]
    }
}
