import Scripting

extension LBFGS {
    static let declaration = Declaration(
        "optim.LBFGS",
        """
        Newton's method with an inverse Hessian made of the last steps. opt:step(closure) makes up to max_iter \
        iterations; closure clears the gradients, computes the loss, calls its backward and returns it. Without a line \
        search (the default, as in PyTorch) every iteration moves by lr times the direction. One group of parameters.
        """,
        takes: .optimized, LBFGSSettings.options.parameter,
        .option("line_search", Domain<LBFGSSettings.LineSearch?>.optional(.choice()), "short for line_search_fn"),
        .operation, returns: .optimizer,
        errors: "groups of parameters; " + Parameter<ParameterList>.errors,
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
            """
    ) { parameters, settings, lineSearch, operation in
        guard case .tensors(let tensors) = parameters else {
            throw Fault("takes one list of parameters, not groups with options of their own")
        }
        var settings = settings
        settings.lineSearch = settings.lineSearch ?? lineSearch
        return try LBFGS(tensors, settings, for: operation)
    }
}
