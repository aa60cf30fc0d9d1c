import LuaFlow
import Testing

/// A NICE with dropout in `m:fit`.
@Suite struct NICEDropoutTests {
    static let data = FitTests.data + """
        local function made(dropout)
          random.manual_seed(5)
          return flow.NICE{dim = 2, hidden = 16, layers = 2, couplings = 2, dropout = dropout}
        end

        """

    /// It acts in training, not in validation; the flow is afterwards in the mode that it was in.
    @Test func itActsMeanwhile() throws {
        try run(NICEDropoutTests.data + """
            local function spread(dropout)
              local m = made(dropout)
              local before = m:log_prob(x)
              local h = m:fit(x, {steps = 6, lr = 0, batch_size = 60, validation = x, validate_every = 1})
              assert(h.validation[1] == h.validation[6])
              assert((m:log_prob(x) - before):abs():max():item() == 0 and not m.training)
              return math.max(table.unpack(h.loss)) - math.min(table.unpack(h.loss))
            end
            local with, without = spread(0.5), spread(0)
            local said = ("losses differ by %g with dropout, %g without"):format(with, without)
            assert(with > 1e-3 and without < 1e-5, said)
            local m = made(0.5):train()
            m:fit(x, {steps = 1, lr = 0, batch_size = 60})
            assert(m.training and not m:eval().training)
            """)
    }

    /// Every flow has a mode, also one without dropout or without networks.
    @Test(arguments: [
        "flow.NICE{dim = 2, hidden = 4}", "flow.NICE{dim = 2, hidden = 4, dropout = 0.5}", "flow.RealNVP{features = 2}",
        "flow.Flow('normal', {flow.Scaling{1, 2}}, {dim = 2})", "flow.CNF{features = 2, hidden_features = {4}}",
    ]) func everyFlowHasAMode(_ flow: String) throws {
        try run("""
            local m = \(flow)
            assert(m:train() == m and m.training and not m:train(false).training, "train")
            assert(m:train().training and not m:eval().training, "eval")
            """)
    }

    /// A run that was stopped goes on with the masks that it would have drawn.
    @Test func stoppedRunsDrawTheSameMasks() throws {
        try run(NICEDropoutTests.data + """
            local path = os.tmpname() .. ".ckpt"
            local function trained(options)
              local m = made(0.3)
              options.steps, options.batch_size, options.lr, options.seed = 10, 20, 1e-2, 3
              m:fit(x, options)
              return m
            end
            local whole = trained{}
            local stopped = trained{checkpoint = path, callback = function(k) return k < 5 end}
            assert(difference(whole, stopped) > 0)
            local again = trained{checkpoint = path}
            os.remove(path)
            assert(difference(whole, again) == 0, difference(whole, again))
            """)
    }
}
