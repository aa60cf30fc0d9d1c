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

    func rule(step: Int) -> Adam.Rule { Adam.Rule(settings: adam, step: step, decaysWeights: true) }
}

extension AdamW {
    static let name = "AdamW"

    static let options = OptionTable({ AdamW() }, .options(\.adam, Adam.options))

    init() {
        adam = Adam()
        adam.weightDecay = 1e-2
    }

    static let declaration = declared(
        """
        optim.Adam with decoupled weight decay: x <- (1 - lr weight_decay) x before every step, and nothing of it in \
        the moments.
        """,
        source: "torch.optim.AdamW; Loshchilov and Hutter, ICLR 2019",
        example: """
            local x = tensor({4}, {dtype = "float64"})
            local opt = optim.AdamW({x}, {lr = 0.1, weight_decay = 0.5})
            local loss = (0 * x):sum()
            loss:backward()
            opt:step()
            assert(math.abs(x[{1}] - 3.8) < 1e-12)  -- no gradient: 4 (1 - 0.1 * 0.5)
            """)
}
