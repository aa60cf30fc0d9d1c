import Networks
import Scripting

/// Whether the networks of a flow train: `m:train()`, as a module's.
extension FlowMethods {
    private static let dropping = """
        local m = flow.NICE{
          dim = 4, hidden = 8, layers = 2, couplings = 2, dropout = 0.5, generator = random.generator(1)}

        """

    static let training = Declaration(
        "flow.training",
        """
        Whether the flow is in the mode that m:train() sets and m:eval() ends; dropout acts in it, where a network has \
        any. Networks begin in it, as in PyTorch; a new flow.NICE and a flow without networks do not.
        """,
        called: .property, takes: .argument("m", .flow), returns: .flag, source: "torch.nn.Module.training",
        example: dropping + "assert(not m.training and m:train().training and not m:eval().training)"
    ) { $0.isTraining }

    static let train = Declaration(
        "flow:train",
        """
        Lets dropout act in the networks of the flow's transforms (or not), for a loop of your own; m:fit does so by \
        itself and puts everything back. Every call then draws masks of its own, so that m:to_data does not undo \
        m:to_latent until m:eval(). Returns m.
        """,
        called: .method, takes: .argument("m", .flow), .argument("mode", .flag, default: true),
        returns: .object(Flow.type), source: "torch.nn.Module.train",
        example: dropping + """
            local x = tensor.ones(3, 4)
            local before = m:log_prob(x)
            assert((m:train():log_prob(x) - before):abs():max():item() > 0)
            assert((m:eval():log_prob(x) - before):abs():max():item() == 0)
            """,
        see: ["flow:eval", "module:train"]
    ) { flow, mode in
        flow.setTraining(mode)
        return flow
    }

    static let eval = Declaration(
        "flow:eval", "The same as m:train(false): for evaluating. Returns m.",
        called: .method, takes: .argument("m", .flow), returns: .object(Flow.type), source: "torch.nn.Module.eval",
        example: dropping + "assert(not m:train():eval().training)"
    ) { flow in
        flow.setTraining(false)
        return flow
    }
}
