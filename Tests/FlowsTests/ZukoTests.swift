import Autodiff
import Distributions
import Files
import Flows
import Foundation
import LawChecks
import Networks
import Scripting
import Tensors
import Testing

/// Flows made by zuko, against zuko's own values (Fixtures/make_zuko_fixtures.py).
@Suite struct ZukoTests {
    static let models = [
        "maf", "maf-context", "nsf", "nsf-coupling", "realnvp", "nice", "maf-alone", "nsf-alone", "nsf-alone-context",
        "maf-residual", "nsf-residual",
    ]

    private func load(_ name: String) throws -> (flow: Flow, reference: StateDict, context: Variable?) {
        let reference = try Fixture.reference("zuko-\(name)")
        return (try Flow.load(Fixture.path("zuko-\(name).pt")), reference, reference["context"].map { Variable($0) })
    }

    @Test(arguments: models) func valuesAreZukos(_ name: String) throws {
        let (flow, reference, context) = try load(name)
        let x = try reference.variable("x")
        #expect(flow.dimension == x.shape[1])
        let (z, logDeterminant) = try flow.toLatent(x, context: context)
        let logProbability = try flow.logProbability(x, context: context)
        let gradient = try Transform.valueAndGradient(
            of: { [try flow.logProbability($0[0], context: context).sum()] }, at: [x], for: "test"
        ).gradients[0]
        let (back, inverse) = try flow.toData(reference.variable("z"), context: context)
        for (key, value) in [
            ("z", z), ("log_det", logDeterminant), ("log_prob", logProbability), ("gradient", gradient),
            ("x_back", back),
            ("log_det_back", inverse),
        ] {
            let fault = try difference(value.value, #require(reference[key]), absolute: 1e-8, relative: 1e-8)
            #expect(fault == nil, "\(name): \(key): \(fault ?? "")")
        }
    }

    @Test(arguments: models + ["cnf", "whole-cnf", "whole-tanh"]) func aSavedFlowComesBackWhole(_ name: String) throws {
        let (flow, reference, context) = try load(name)
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try flow.save(path)
        let again = try Flow.load(path)
        let x = try reference.variable("x")
        let fault = try difference(
            again.logProbability(x, context: context).value, flow.logProbability(x, context: context).value,
            absolute: 0,
            relative: 0)
        #expect(fault == nil, "\(name): \(fault ?? "")")
        #expect(again.name == flow.name && again.stateDict().names.sorted() == flow.stateDict().names.sorted())
    }

    /// Of a module that was saved whole, classes are read that a state dict does not have: its activation counts, and
    /// maps of other kinds are an error, as their numbers may be as many as a spline's.
    @Test func modulesThatWereSavedWholeSayMore() throws {
        let reference = try Fixture.reference("zuko-whole-tanh")
        let flow = try Flow.load(Fixture.path("zuko-whole-tanh.pt"))
        let expected = try #require(reference["log_prob"])
        let x = try reference.variable("x")
        #expect(try difference(flow.logProbability(x).value, expected, absolute: 1e-8, relative: 1e-8) == nil)
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try flow.save(path)
        let again = try Flow.load(path)
        #expect(try difference(again.logProbability(x).value, expected, absolute: 1e-8, relative: 1e-8) == nil)
        for (name, message) in [
            ("gelu", "applies GELU, not ReLU alone"), ("bpf", "zuko.transforms.BoundedBernsteinTransform"),
            ("sigmoid", "holds torch.distributions.transforms.SigmoidTransform"),
            ("inverse", "zuko.lazy.LazyInverse"), ("slope", "holds functools.partial"),
        ] {
            let said = #expect(throws: (any Error).self) { try Flow.load(Fixture.path("zuko-whole-\(name).pt")) }
            #expect("\(said.map { "\($0)" } ?? "")".contains(message), "\(name)")
        }
    }

    /// An inverse is told by its doubled prefix in a state dict, too; a spline of one bin by a module's classes.
    @Test func inversesAndSplinesOfOneBinAreNoMAF() throws {
        let said = #expect(throws: (any Error).self) { try Flow.load(Fixture.path("zuko-inverse.pt")) }
        #expect("\(said.map { "\($0)" } ?? "")".contains("is the inverse of a flow's transform"))
        let flow = try Flow.load(Fixture.path("zuko-whole-onebin.pt"))
        let reference = try Fixture.reference("zuko-whole-onebin")
        let values = try flow.logProbability(reference.variable("x")).value
        let expected = try reference.variable("log_prob").value
        #expect(try difference(values, expected, absolute: 1e-9, relative: 1e-9) == nil)
    }

    /// What a module was made of goes with its tensors into another format: the flow is the same, or refused as before.
    @Test(arguments: ["tanh", "cnf", "gelu", "bpf"], ["safetensors", "npz"])
    func convertedModulesAreTheSame(_ name: String, _ format: String) throws {
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString)"
        let files = [try Fixture.path("zuko-whole-\(name).pt"), "\(path).\(format)", "\(path)-again.safetensors"]
        defer { for file in files.dropFirst() { try? FileManager.default.removeItem(atPath: file) } }
        for (from, to) in zip(files, files.dropFirst()) { _ = try Conversion().run(from: from, to: to, for: "test") }
        let x = Variable(try Tensor([0.5, -1, 2, 0.1, 0.7, -0.3], shape: [2, 3], .float64))
        let said = files.map { file -> String in
            do {
                let values = try Flow.load(file).logProbability(x).value.toArray()
                return "\(values)"
            } catch { return "\(error)".replacingOccurrences(of: file, with: "FILE") }
        }
        #expect(said[1] == said[0] && said[2] == said[0], "\(name): \(said)")
        #expect(said[0].hasPrefix("[") == ["tanh", "cnf"].contains(name), "\(said[0])")
    }

    /// A network with layers between its linear ones that have no tensors is not taken for one without.
    @Test func otherLayersAreSaid() throws {
        var dict = try Checkpoint.load(Fixture.path("zuko-realnvp.pt"))
        // As zuko's MLP with normalize = True: linear layers at 0, 3 and 6.
        for name in dict.names {
            for (old, new) in [("hyper.2.", "hyper.3."), ("hyper.4.", "hyper.6.")] where name.contains(old) {
                dict[name.replacingOccurrences(of: old, with: new)] = dict[name]
                dict[name] = nil
            }
        }
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Checkpoint.save(path, dict)
        let said = #expect(throws: (any Error).self) { try Flow.load(path) }
        #expect("\(said.map { "\($0)" } ?? "")".contains("normalize = True"), "\(said.map { "\($0)" } ?? "")")
    }

    /// Masks, times and frequencies that no flow can have are said when the file is read, not at the first density.
    @Test(arguments: [
        ("zuko-realnvp.pt", "transform.transforms.0.mask", [0, .nan, 1], "holds nan; zeros and ones expected"),
        ("zuko-realnvp.pt", "transform.transforms.0.mask", [0, 2, 1], "holds 2; zeros and ones expected"),
        ("zuko-cnf.pt", "transform.times", [1, 1], "transform.times of shape (2): two different numbers expected"),
        ("zuko-cnf.pt", "transform.times", [0, 1, 2], "transform.times of shape (3): two different numbers expected"),
        ("zuko-cnf.pt", "transform.times", [0, .infinity], "transform.times holds a number that is not finite"),
        ("zuko-cnf.pt", "transform.freqs", [1, .nan, 3], "transform.freqs holds a number that is not finite"),
    ]) func buffersThatNoFlowHasAreSaid(_ file: String, _ name: String, _ values: [Double], _ message: String) throws {
        var dict = try Checkpoint.load(Fixture.path(file))
        dict[name] = try Tensor(values, shape: [values.count])
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Checkpoint.save(path, dict)
        let said = #expect(throws: (any Error).self) { try Flow.load(path) }
        #expect("\(said.map { "\($0)" } ?? "")".contains(message), "\(said.map { "\($0)" } ?? "")")
    }

    /// A feature by itself: numbers that are no map of one.
    @Test func featuresAloneThatDoNotFitAreSaid() throws {
        let dict = try Checkpoint.load(Fixture.path("zuko-nsf-alone.pt"))
        let last = "transform.transforms.1.phi.2"
        for (shape, message) in [([1, 3], "(1, 5), (1, 5), (1, 3)"), ([2, 4], "(1, 5), (1, 5), (2, 4)")] {
            var changed = dict
            changed[last] = try Tensor.zeros(shape)
            let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
            defer { try? FileManager.default.removeItem(atPath: path) }
            try Checkpoint.save(path, changed)
            let said = #expect(throws: (any Error).self) { try Flow.load(path) }
            #expect("\(said.map { "\($0)" } ?? "")".contains(message))
        }
    }

    /// The determinant is that of the dense Jacobian, and the way back undoes the way there.
    @Test(arguments: models) func lawsHold(_ name: String) throws {
        let (flow, reference, context) = try load(name)
        let x = try reference.variable("x").slice(0, 0, 4)
        for row in 0..<4 {
            let point = try x.slice(0, row, 1)
            let told = try context?.slice(0, row, 1)
            let (z, logDeterminant) = try flow.toLatent(point, context: told)
            let (back, inverse) = try flow.toData(z, context: told)
            #expect(
                try difference(back.value, point.value, absolute: 1e-7, relative: 1e-7) == nil, "\(name), row \(row)")
            #expect(
                try difference(inverse.value, (-logDeterminant).value, absolute: 1e-6, relative: 1e-6) == nil, "\(name)"
            )
            let size = flow.dimension
            let jacobian = try Transform.jacobian(
                of: { [try flow.toLatent($0[0].reshape([1, size]), context: told).z.reshape([size])] },
                at: point.reshape([size]), for: "test")
            let dense = try jacobian.signAndLogDeterminant().logarithm.value
            #expect(
                try difference(logDeterminant.reshape([]).value, dense, absolute: 1e-9, relative: 1e-9) == nil,
                "\(name)")
        }
    }

    @Test func contextsThatDoNotFitAreSaid() throws {
        let (flow, reference, context) = try load("realnvp")
        let x = try reference.variable("x")
        #expect(flow.contextSize == 2)
        for (wrong, message) in [
            (nil, "the flow is conditional"), (Variable(try Tensor.zeros([3])), "shape (3); (2) or (6, 2) expected"),
            (Variable(try Tensor.zeros([5, 2])), "shape (5, 2); (2) or (6, 2) expected"),
        ] as [(Variable?, String)] {
            let said = #expect(throws: (any Error).self) { try flow.logProbability(x, context: wrong) }
            #expect("\(said.map { "\($0)" } ?? "")".contains(message), "\(message)")
        }
        let plain = try load("maf").flow
        #expect(throws: (any Error).self) { try plain.logProbability(reference.variable("x"), context: context) }
    }

    @Test func filesThatDoNotFitAreSaid() throws {
        let dict = try Checkpoint.load(Fixture.path("zuko-nsf.pt"))
        func said(_ change: (String, Tensor) throws -> Tensor?) throws -> String {
            let entries = try dict.entries.compactMap { name, tensor in
                try change(name, tensor).map { (name: name, tensor: $0) }
            }
            let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
            defer { try? FileManager.default.removeItem(atPath: path) }
            try Checkpoint.save(path, StateDict(entries))
            do {
                _ = try Flow.load(path)
                return "loaded"
            } catch { return "\(error)" }
        }
        let last = "transform.transforms.1.hyper.2"
        #expect(try said { $0 == "\(last).bias" ? try Tensor.zeros([3]) : $1 }.contains("\(last).bias has shape (3)"))
        #expect(try said { $0 == "transform.transforms.0.order" ? nil : $1 }.contains("neither a mask nor an order"))
        #expect(
            try said { $0 == "transform.transforms.0.order" ? try Tensor([0, 1, 9], shape: [3], .int64) : $1 }
                .contains("whole numbers from 0 to 2 expected"))
        #expect(
            try said { $0 == "base.loc" ? try Tensor.zeros([2]) : $1 }.contains("base.loc has shape (2); (3) expected"))
        #expect(
            try said { $0.hasPrefix("\(last).") ? try $1.select(0, 0).reshape([1] + $1.shape.dropFirst()) : $1 }
                .contains("numbers for 3 features"))
    }

    /// A new flow has zuko's names and shapes of parameters, is not the identity in either direction, and can be
    /// trained.
    @Test(arguments: ["RealNVP", "MAF", "NSF"]) func newFlowsAreOfZukosShape(_ name: String) throws {
        let message = try Scripts(modules: [
            TensorModule(), AutodiffModule(), RandomModule(), DistributionModule(), NetworkModule(), FlowModule(),
        ]).message("""
            random.manual_seed(3)
            local m = flow.\(name){features = 3, context = 2, transforms = 2, hidden_features = {8, 8}}
            local c = tensor{{1, 2}, {0, 0}, {3, -1}, {0.5, 0.5}, {1, 1}}
            local x = random.normal({5, 3})
            local z, log_det = m:to_latent(x, c)
            local back, inverse = m:to_data(z, c)
            assert((back - x):abs():max():item() < 1e-3, "round trip")
            assert((log_det + inverse):abs():max():item() < 1e-3, "determinants")
            assert(not m:sample(4, c).requires_grad and m:rsample(4, c).requires_grad)
            local generators = {random.generator(5), random.generator(5)}
            local drawn = m:sample(4, c, {generator = generators[1]})
            assert((drawn - m:rsample(4, c, {generator = generators[2]})):abs():max():item() == 0)
            assert(m:sample(4, c).shape[2] == 5 and m:sample(4, tensor{1, 2}).shape[2] == 3)
            m:log_prob(x, c):mean():backward()
            for name, p in pairs(m:named_parameters()) do assert(p.grad, name) end
            assert(m:bits_per_dim(x, c).shape[1] == 5)
            m:load_state_dict(m:state_dict())
            assert(m:sample({2, 3}, c):dim() == 4 and m:sample({2, 3}, tensor{1, 2}).shape[2] == 3)
            -- One point that is infinite is no reason for the others to be NaN.
            local far = m:to_data(tensor{{1/0, 0, 0}, {0, 0, 0}}, tensor{1, 2})
            assert(far[{2, 1}] == far[{2, 1}])
            """)
        #expect(message == "no error", "\(message)")
    }

    /// Of one feature there is nothing to look at but the context; files are as of more.
    @Test(arguments: ["MAF", "IAF", "NSF"]) func oneFeatureIsEnough(_ name: String) throws {
        let message = try Scripts(modules: [
            TensorModule(), AutodiffModule(), RandomModule(), DistributionModule(), NetworkModule(), FlowModule(),
        ]).message("""
            random.manual_seed(3)
            local x = random.normal({64, 1}) * 0.5 + 1
            for _, context in ipairs{0, 2} do
              local m = flow.\(name){features = 1, context = context, transforms = 2, hidden_features = {8}}
              local c = context > 0 and random.normal({64, 2}) or nil
              assert(m:check(x[{{1, 4}, {}}], c and c[{{1, 4}, {}}]).log_det_dense < 1e-6)
              local path = os.tmpname() .. ".safetensors"
              m:save(path)
              local again = flow.load(path)
              os.remove(path)
              assert((again:log_prob(x, c) - m:log_prob(x, c)):abs():max():item() == 0)
              m:requires_grad_(true)
              m:log_prob(x, c):mean():backward()
              local touched = 0
              for _, p in ipairs(m:parameters()) do
                if p.grad and p.grad:abs():max():item() > 0 then touched = touched + 1 end
              end
              assert(touched > 0)
              assert(m:sample(3, c and c[1]).shape[2] == 1)
            end
            assert(flow.Autoregressive{features = 1, context = 0}:check(x[{{1, 4}, {}}]).log_det_dense < 1e-6)
            """)
        #expect(message == "no error", "\(message)")
    }

    /// Settings that names and shapes of tensors do not tell, such as the activation, come back from the file, too.
    @Test(arguments: ["RealNVP", "MAF", "NSF"]) func theActivationIsKept(_ name: String) throws {
        let message = try Scripts(modules: [
            TensorModule(), AutodiffModule(), RandomModule(), DistributionModule(), NetworkModule(), FlowModule(),
        ]).message("""
            local m = flow.\(name){features = 3, transforms = 2, hidden_features = {8}, activation = "tanh"}
            local path = os.tmpname() .. ".safetensors"
            m:save(path)
            local again = flow.load(path)
            os.remove(path)
            local x = random.normal({5, 3})
            assert((again:log_prob(x) - m:log_prob(x)):abs():max():item() == 0)
            """)
        #expect(message == "no error", "\(message)")
    }

    @Test(arguments: [
        ("flow.RealNVP{features = 1}", "features: 2 or more expected"),
        (
            "flow.AffineCoupling{mask = {1, 1}, net = nn.MLP(2, 2)}",
            "2 of 2 features pass as they are; between 1 and 1 expected"
        ),
        (
            "flow.AffineCoupling{mask = {1, 0}, net = nn.MLP(1, 3)}:to_latent(tensor{1, 2})",
            "the network makes (1, 3) of (1, 1); (1, 2) expected: 2 numbers for each of 1 features"
        ),
        ("flow.AffineCoupling{mask = {1, 2}, net = nn.MLP(1, 3)}", "zeros and ones expected, got 2 in it"),
        ("flow.NSF{features = 2}:log_prob(tensor{1, 2}, tensor{1})", "this flow takes none"),
    ]) func whatDoesNotFitIsSaid(_ script: String, _ message: String) throws {
        let said = try Scripts(modules: [
            TensorModule(), AutodiffModule(), RandomModule(), DistributionModule(), NetworkModule(), FlowModule(),
        ]).message("local _ = \(script)")
        #expect(said.contains(message), "\(script): \(said)")
    }
}
