import Scripting
import Tensors

/// Adam with decoupled weight decay: x <- (1 - lr weight_decay) x before the step of ``Adam``, whose moments see the
/// gradient alone.
///
/// Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019. As torch.optim.AdamW.
struct AdamW: ElementwiseMethod {
    private var adam: Adam

    var lr: Double {
        get { adam.lr }
        set { adam.lr = newValue }
    }

    var memories: [String?] { adam.memories }
    var settings: [(name: String, value: String)] { adam.settings }

    func rule(step: Int) -> Adam.Rule { Adam.Rule(settings: adam, step: step, decaysWeights: true) }
}

extension AdamW {
    static let name = "AdamW"
    static var options: [String] { Adam.options }

    init() {
        adam = Adam()
        adam.weightDecay = 1e-2
    }

    init(_ options: Options, defaults: AdamW) throws {
        adam = try Adam(options, defaults: defaults.adam)
    }

    static let documentation = Documentation(
        "optim.AdamW(params, {lr = 1e-3, betas = {0.9, 0.999}, eps = 1e-8, weight_decay = 1e-2, amsgrad = false, maximize = false}) -> optimizer",
        "optim.Adam with decoupled weight decay: x <- (1 - lr weight_decay) x before every step, and nothing of it in the moments. " + parametersText,
        errors: "as optim.Adam", source: "torch.optim.AdamW; Loshchilov and Hutter, ICLR 2019",
        example: """
            local x = tensor({4}, {dtype = "float64"})
            local opt = optim.AdamW({x}, {lr = 0.1, weight_decay = 0.5})
            local loss = (0 * x):sum()
            loss:backward()
            opt:step()
            assert(math.abs(x[{1}] - 3.8) < 1e-12)  -- no gradient: 4 (1 - 0.1 * 0.5)
            """)
}
