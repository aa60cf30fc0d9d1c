import LuaFlow
import Testing

/// `m:fit` against the training loop written out.
@Suite struct FitTests {
    /// 60 points in the plane, and a small flow.
    static let data = """
        random.manual_seed(4)
        local x = random.normal({60, 2}) * tensor{0.5, 1.5} + 1
        local function flow_of(seed)
          return flow.MAF{features = 2, transforms = 2, hidden_features = {8}, generator = random.generator(seed)}
        end
        local m = flow_of(1)
        local function loss_of(m, x) return -m:log_prob(x):mean():item() end
        local function difference(a, b)
          local most = 0
          for name, w in pairs(a:state_dict()) do
            if w.dtype ~= "int64" and w.dtype ~= "bool" then
              most = math.max(most, (w - b:state_dict()[name]):abs():max():item())
            end
          end
          return most
        end

        """

    @Test func itIsTheLoopWrittenOut() throws {
        try run(
            FitTests.data + """
                local h = m:fit(x, {steps = 12, batch_size = 60, lr = 1e-2, seed = 3})
                local other = flow_of(1)
                local opt = optim.Adam(other:parameters(), {lr = 1e-2})
                for k = 1, 12 do
                  opt:zero_grad()
                  local loss = -other:log_prob(x):mean()
                  loss:backward()
                  opt:step()
                  assert(math.abs(loss:item() - h.loss[k]) < 1e-4, k)
                end
                assert(difference(m, other) < 1e-4, difference(m, other))
                assert(#h.loss == 12 and h.steps == 12 and h.epochs == 12 and h.ended == "steps" and h.lr[12] == 1e-2 and not h.norm)
                assert(h.loss[12] < h.loss[1])
                for _, p in ipairs(m:parameters()) do assert(p.grad == nil) end
                """)
    }

    /// An epoch visits every row once, in a new order each time; its last batch has the remaining rows.
    @Test func everyEpochSeesEveryRow() throws {
        try run("""
            local x = tensor.zeros(10, 2)
            for i = 1, 10 do x[i] = i end
            local m = flow.Flow("normal", {flow.Scaling(tensor.zeros(2))}, {dim = 2})
            local batches = {}
            local h = m:fit(x, {epochs = 3, batch_size = 4, seed = 1, transform = function(batch, g)
              assert(g)
              batches[#batches + 1] = batch:tolist()
              return batch
            end})
            assert(h.steps == 9 and #batches == 9 and #batches[3] == 2)
            local orders = {}
            for epoch = 0, 2 do
              local seen, order = {}, {}
              for b = 1, 3 do
                for _, row in ipairs(batches[3 * epoch + b]) do
                  assert(not seen[row[1]])
                  seen[row[1]], order[#order + 1] = true, row[1]
                end
              end
              orders[epoch + 1] = table.concat(order, " ")
            end
            assert(orders[1] ~= orders[2] and orders[2] ~= orders[3])
            """)
    }

    @Test func theSeedDecidesTheNumbers() throws {
        try run(FitTests.data + """
            local options = {steps = 10, batch_size = 7, seed = 5}
            local h = m:fit(x, options)
            local other = flow_of(1)
            local again = other:fit(x, options)
            for k = 1, 10 do assert(h.loss[k] == again.loss[k]) end
            assert(difference(m, other) == 0)
            options.seed = 6
            local third = flow_of(1):fit(x, options)
            assert(third.loss[2] ~= h.loss[2])
            """)
    }

    @Test(arguments: [
        ("\"constant\"", "0.1"), ("\"cosine\"", "0.1 * (1 + math.cos(math.pi * (k - 1) / 20)) / 2"),
        ("\"linear\"", "0.1 * (1 - (k - 1) / 20)"),
        ("{kind = \"cosine\", warmup = 4, final = 0.5}",
            "k <= 4 and 0.1 * k / 4 or 0.1 * (0.5 + 0.5 * (1 + math.cos(math.pi * (k - 5) / 16)) / 2)"),
        ("{warmup = 5}", "k <= 5 and 0.1 * k / 5 or 0.1"), ("function(k) return 1 / k end", "1 / k"),
        ("optim.schedule.cosine(0.2, 20)", "0.2 * (1 + math.cos(math.pi * (k - 1) / 20)) / 2"),
    ])
    func schedules(schedule: String, expected: String) throws {
        try run(FitTests.data + """
            local h = m:fit(x, {steps = 20, lr = 0.1, optimizer = "sgd", clip_norm = 1e-6, schedule = \(schedule)})
            for k = 1, 20 do
              local expected = \(expected)
              assert(math.abs(h.lr[k] - expected) < 1e-12, k .. ": " .. h.lr[k] .. " ~= " .. expected)
            end
            """)
    }

    /// Averages of weights, a <- d a + (1 - d) w, from the weights before the first step; validation and the result use
    /// them.
    @Test func averagesAreThoseOfAPlainComputation() throws {
        try run(
            FitTests.data + """
                local names, mean = {}, {}
                for name, p in pairs(m:named_parameters()) do names[#names + 1], mean[name] = name, p:detach():clone() end
                local last
                local h = m:fit(x, {steps = 15, lr = 1e-2, average = 0.8, validation = x, validate_every = 15, callback = function(k)
                  last = {}
                  for name, p in pairs(m:named_parameters()) do
                    last[name] = p:detach():clone()
                    mean[name] = 0.8 * mean[name] + 0.2 * last[name]
                  end
                end})
                local moved = 0
                for name, p in pairs(m:named_parameters()) do
                  assert((p:detach() - mean[name]):abs():max():item() < 1e-6, name)
                  moved = math.max(moved, (p:detach() - last[name]):abs():max():item())
                end
                assert(moved > 1e-3, "the averages are the last weights")
                assert(math.abs(h.validation[1] - loss_of(m, x)) < 1e-5)
                """)
    }

    /// Under plain gradient descent a step's length shows the norm of the clipped gradient.
    @Test func gradientsAreClippedByTheirNorm() throws {
        try run(FitTests.data + """
            local before = {}
            for name, p in pairs(m:named_parameters()) do before[name] = p:detach():clone() end
            local h = m:fit(x, {steps = 1, batch_size = 60, lr = 0.5, optimizer = "sgd", clip_norm = 0.1})
            local sum = 0
            for name, p in pairs(m:named_parameters()) do sum = sum + ((p:detach() - before[name]) ^ 2):sum():item() end
            assert(math.abs(math.sqrt(sum) - 0.05) < 1e-5, math.sqrt(sum))
            local other = flow_of(1)
            local loss = -other:log_prob(x):mean()
            other:requires_grad_(true)
            loss = -other:log_prob(x):mean()
            loss:backward()
            local norm = 0
            for _, p in ipairs(other:parameters()) do if p.grad then norm = norm + (p.grad ^ 2):sum():item() end end
            assert(#h.norm == 1 and math.abs(h.norm[1] - math.sqrt(norm)) < 1e-4 * h.norm[1])
            """)
    }

    /// The validation rows lie elsewhere, so that the validation loss rises sooner or later.
    @Test func patienceEndsAndPutsTheBestBack() throws {
        try run(
            FitTests.data + """
                local other = x + 0.5
                local h = m:fit(x, {steps = 4000, lr = 1e-2, validation = other, validate_every = 2, patience = 5})
                assert(h.ended == "patience" and h.steps < 4000, h.ended)
                local best, place = math.huge
                for i, value in ipairs(h.validation) do if value < best then best, place = value, i end end
                assert(#h.validation - place == 5 and h.best == best and h.best_step == h.validation_steps[place] and h.best_step == 2 * place)
                assert(math.abs(loss_of(m, other) - h.best) < 1e-5)
                -- Without patience the last weights stay.
                local m = flow_of(1)
                local h = m:fit(x, {steps = 400, lr = 1e-2, validation = other, validate_every = 2, seed = 1})
                assert(h.ended == "steps" and math.abs(loss_of(m, other) - h.validation[#h.validation]) < 1e-5)
                """)
    }

    /// Rows that are kept for validation are not trained on.
    @Test func aFractionIsKeptForValidation() throws {
        try run("""
            local x = tensor.zeros(20, 2)
            for i = 1, 20 do x[i] = i end
            local seen, m = {}, flow.Flow("normal", {flow.Scaling(tensor.zeros(2))}, {dim = 2})
            local h = m:fit(x, {epochs = 2, batch_size = 4, validation = 0.3, seed = 2, transform = function(batch)
              for _, row in ipairs(batch:tolist()) do seen[row[1]] = true end
              return batch
            end})
            local count = 0
            for _ in pairs(seen) do count = count + 1 end
            assert(count == 14 and #h.validation == 2 and h.validation_steps[1] == 4 and h.steps == 8, count)
            """)
    }

    @Test func levelsAreMadeContinuousAnewInEveryStep() throws {
        try run("""
            local m = flow.Flow("logistic", {flow.Scaling(tensor.zeros(2))}, {dim = 2})
            local x = tensor{{0, 1}, {1, 0.5}}
            local h = m:fit(x, {steps = 3, lr = 0, dequantize = 3, validation = x, validate_every = 1, seed = 1})
            assert(h.loss[1] ~= h.loss[2] and h.validation[1] == h.validation[2])
            -- In [0, 1): the loss of a standard logistic distribution in (0, 1) is between 2 log 2 and that at 1.
            local most = 2 * (1 + 2 * math.log(1 + math.exp(-1)))
            for k = 1, 3 do assert(h.loss[k] > 4 * math.log(2) and h.loss[k] < most) end
            """)
    }

    @Test func theCallbackSeesEveryStepAndMayEndIt() throws {
        try run(FitTests.data + """
            local steps = {}
            local h = m:fit(x, {steps = 50, clip_norm = 1, batch_size = 30, validation = x, callback = function(k, info)
              steps[#steps + 1] = k
              assert(info.loss and info.lr == 1e-3 and info.norm and info.epoch == (k + 1) // 2, k)
              assert((info.validation ~= nil) == (k % 2 == 0))
              return k < 7
            end})
            assert(table.concat(steps, " ") == "1 2 3 4 5 6 7" and h.ended == "callback" and h.steps == 7)
            """)
    }

    /// Dropout acts in training and not in validation, and afterwards networks have the mode that they had before.
    @Test func networksTrainOnlyMeanwhile() throws {
        try run(FitTests.data + """
            local net = nn.Sequential{nn.Linear(1, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 2)}
            net:eval()
            local m = flow.Flow("normal", {flow.AffineCoupling{mask = tensor{1, 0}, net = net}}, {dim = 2})
            local h = m:fit(x, {steps = 6, lr = 0, batch_size = 60, validation = x, validate_every = 1})
            assert(h.validation[1] == h.validation[6] and h.loss[1] ~= h.loss[2])
            assert(not net.training and not net[3].training)
            """)
    }

    /// Contexts are batched with their rows: the flow is told where its points are.
    @Test func contextsGoWithTheirRows() throws {
        try run(FitTests.data + """
            local context = random.normal({60, 1})
            local y = 0.1 * random.normal({60, 2}) + context
            local m = flow.MAF{features = 2, context = 1, transforms = 1, hidden_features = {16}}
            local h = m:fit(y, {context = context, steps = 150, lr = 2e-2, batch_size = 20, validation = {y, context}})
            assert(h.loss[150] < h.loss[1] - 1 and h.validation[#h.validation] < 1)
            """)
    }

    /// Memory does not grow with the steps, except for the history.
    @Test func memoryIsFlat() throws {
        let host = try host()
        try host.run(code: FitTests.data + """
            flow_, x_ = flow.Flow("normal", {flow.Scaling(tensor.zeros(2))}, {dim = 2}), x
            flow_:fit(x_, {steps = 20, average = 0.9, clip_norm = 1, validation = 0.5})
            collectgarbage() collectgarbage()
            """)
        let before = host.interpreter.memory.liveBytes
        try host.run(
            code:
                """
                flow_:fit(x_, {steps = 2000, average = 0.9, clip_norm = 1, validation = 0.5}) collectgarbage() \
                collectgarbage()
                """
        )
        let after = host.interpreter.memory.liveBytes
        #expect(after <= before + 4096, "\(before) bytes before, \(after) after")
    }

    @Test func reverseDivergenceFindsADensity() throws {
        try run("""
            random.manual_seed(2)
            local m = flow.MAF{features = 2, transforms = 1, hidden_features = {8}}
            -- 3 times a normal density.
            local function log_density(x)
              return math.log(3) - math.log(2 * math.pi) - math.log(0.5) - 0.5 * (((x - 1) / tensor{0.5, 1}) ^ 2):sum(2)
            end
            local h = m:fit_to(log_density, {steps = 300, samples = 128, lr = 2e-2, schedule = "cosine", seed = 1})
            assert(h.steps == 300 and h.loss[300] < h.loss[1] and h.khat < 0.7 and h.ess > 500, h.khat)
            assert(math.abs(h.log_evidence - math.log(3)) < 0.05, h.log_evidence)
            """)
    }
}
