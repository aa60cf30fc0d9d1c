import LuaFlow
import Testing

/// Calls that `m:fit` refuses, and the numbers in its messages.
@Suite struct FaultTests {
    @Test(arguments: [
        ("{}", "steps or epochs expected"), ("{steps = 1, epochs = 1}", "both steps and epochs"),
        ("{steps = 1, batch_size = 61}", "61 rows in a batch are more than the 60 that are trained on"),
        ("{steps = 1, batch_size = 50, validation = 0.5}", "50 rows in a batch are more than the 30"),
        ("{steps = 1, patience = 3}", "no validation to be patient about"), ("{steps = 1, learning_rate = 3}", "lr"),
        ("{steps = 1, optimizer = \"adm\"}", "adam"),
        ("{steps = 1, optimizer = {name = \"sgd\", betas = {0.9, 0.99}}}", "betas"),
        ("{steps = 1, optimizer = {lr = 1}}", "a name is missing"),
        ("{steps = 1, optimizer = \"lbfgs\"}", "a loop of its own"),
        ("{steps = 1, schedule = \"cosin\"}", "cosine"), ("{steps = 1, schedule = {warm = 3}}", "warmup"),
        ("{steps = 2, schedule = function(k) return k == 2 and -1 or 1 end}", "schedule(2) is -1"),
        ("{steps = 1, validation = 0.001}", "0.001 of 60 rows are 0"),
        ("{steps = 1, validation = 1.5}", "a fraction between 0 and 1"),
        ("{steps = 1, validation = tensor.zeros(3, 3)}", "(3, 3); (N, 2)"),
        ("{steps = 1, context = tensor.zeros(2)}", "this flow takes none"),
        ("{steps = 1, context = tensor.zeros(3, 1)}", "(3, 1); (60, C)"),
        ("{steps = 1, transform = function(b) return b:sum() end}", "the same shape expected"),
        ("{steps = 1, transform = function(b) end}", "transform returned nil"),
        ("{steps = 1, dequantize = 256}", "no k / 255"),
        ("{steps = 1, checkpoint = \"/nonexistent/run.ckpt\"}", "/nonexistent"),
        ("{steps = 1, callback = function() error(\"stop here\") end}", "stop here"),
    ])
    func options(options: String, part: String) throws {
        let text = try message(of: FitTests.data + "m:fit(x, \(options))")
        #expect(text.contains(part), "\(options): \(text)")
    }

    @Test(arguments: [
        ("x[{17, 2}] = 0/0", "row 17 of 60 has nan as its element 2"), ("x = tensor.zeros(60, 3)", "(60, 3); (N, 2)"),
        ("x = tensor.zeros(2)", "(2); (N, 2)"), ("x = tensor.zeros(0, 2)", "there are no rows"),
        ("x[{1, 1}] = math.huge", "row 1 of 60 has inf"),
    ])
    func data(change: String, part: String) throws {
        let text = try message(of: FitTests.data + "\(change)\nm:fit(x, {steps = 1})")
        #expect(text.contains(part), "\(change): \(text)")
    }

    /// With a step that is far too long the next loss is infinite: the message says which operation produced it.
    @Test func aLossThatIsNotFiniteSaysWhereItWasBorn() throws {
        try run(
            FitTests.data + """
                local before
                local ok, message = pcall(m.fit, m, x, {steps = 50, optimizer = "sgd", lr = 1e25, batch_size = 20, seed = 1, callback = function(k)
                  before = {}
                  for name, p in pairs(m:named_parameters()) do before[name] = p:detach():clone() end
                end})
                assert(not ok and before, message)
                for _, part in ipairs{"flow:fit: the loss is", " at step ", "row", "it was born in tensor.", ", behind transform", "before the step"} do
                  assert(message:find(part, 1, true), part .. ": " .. message)
                end
                for name, p in pairs(m:named_parameters()) do
                  assert((p:detach() - before[name]):abs():max():item() == 0, name)
                  assert(p:detach():eq(p:detach()):min():item() == 1, name)
                end
                """)
    }

    /// The square root has an infinite slope at 0: the message names the parameter.
    @Test func aGradientThatIsNotFiniteSaysWhose() throws {
        let text = try message(
            of: """
                local s = tensor.zeros(1, 2):requires_grad_(true)
                local t = flow.Transform{name = "Root", parameters = {s = s},
                  to_latent = function(x) return x + (s * s):sqrt(), 0 end, to_data = function(z) return z - (s * s):sqrt(), 0 end}
                local m = flow.Flow("normal", {t}, {dim = 2})
                m:fit(tensor.ones(4, 2), {steps = 3})
                """)
        for part in ["at step 1, but its gradient by transforms.0.s is not", "tensor.", "before the step"] {
            #expect(text.contains(part), "\(part): \(text)")
        }
    }

    @Test func aDensityThatIsNoNumberIsSaid() throws {
        let m = "local m = flow.MAF{features = 2, transforms = 1, hidden_features = {4}}\n"
        let none = try message(of: m + "m:fit_to(function(x) return x end, {steps = 1})")
        #expect(none.contains("log_density returned (256, 2) for x (256, 2); (256) expected"), "\(none)")
        let infinite = try message(of: m + "m:fit_to(function(x) return (x * 0):sum(2):log() end, {steps = 1})")
        #expect(infinite.contains("from 256 of 256 draws") && infinite.contains("tensor.log"), "\(infinite)")
    }

    @Test func halfPrecisionIsNotTrained() throws {
        let text = try message(
            of: "flow.NICE{dim = 2, hidden = 4, layers = 1, couplings = 2}:half():fit(tensor.zeros(4, 2), {steps = 1})")
        #expect(text.contains("float16"), "\(text)")
    }
}
