import Autodiff
import Distributions
import Files
import Flows
import Foundation
import LawChecks
import Scripting
import Tensors
import Testing

/// Fixtures made by PyTorch: five sizes of NICE, each in two formats, with float64 values.
enum Fixture {
    static let sizes = ["small", "square", "narrow", "single", "wide"]

    static func path(_ name: String) throws -> String {
        try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil)).path
    }

    static func reference(_ name: String) throws -> StateDict {
        try Checkpoint.load(path("\(name).reference.safetensors"))
    }
}

extension StateDict {
    func variable(_ name: String) throws -> Variable { Variable(try #require(self[name])) }
}

@Suite struct CheckpointTests {
    @Test(arguments: Fixture.sizes, ["pt", "safetensors"])
    func valuesArePyTorchs(size: String, format: String) throws {
        let flow = try Flow.load(Fixture.path("\(size).\(format)"))
        let reference = try Fixture.reference(size)
        let x = try reference.variable("x")
        let (z, logDeterminant) = try flow.toLatent(x)
        let logProbability = try flow.logProbability(x)
        let gradient = try Transform.valueAndGradient(
            of: { [try flow.logProbability($0[0]).sum()] }, at: [x], for: "test"
        ).gradients[0]
        for (name, value) in [
            ("z", z), ("log_det", logDeterminant), ("log_prob", logProbability), ("gradient", gradient),
        ] {
            #expect(
                try difference(value.value, #require(reference[name]), absolute: 1e-10, relative: 1e-9) == nil,
                "\(size).\(format): \(name)")
        }
        let (data, inverse) = try flow.toData(reference.variable("sample_z"))
        #expect(try difference(data.value, #require(reference["sample_x"]), absolute: 1e-10, relative: 1e-9) == nil)
        #expect(
            try difference(inverse.value, #require(reference["sample_log_det"]), absolute: 1e-10, relative: 1e-9) == nil
        )
    }

    /// One float32 row uses the kernels that skip inactive units, a batch uses BLAS: both against float64.
    @Test(arguments: Fixture.sizes)
    func singleRowsAndBatchesAgreeInFloat32(size: String) throws {
        let flow = try Flow.load(Fixture.path("\(size).safetensors"))
        let reference = try Fixture.reference(size)
        let x = try reference.variable("x").converted(to: .float32)
        let batch = try flow.logProbability(x)
        #expect(try difference(batch.value, #require(reference["log_prob"]), absolute: 1e-4, relative: 1e-5) == nil)
        for row in 0..<x.shape[0] {
            let point = try x.slice(0, row, 1)
            let (values, gradients) = try Transform.valueAndGradient(
                of: { [try flow.logProbability($0[0]).sum()] }, at: [point], for: "test")
            #expect(
                try difference(
                    values[0].value, #require(reference["log_prob"]).select(0, row), absolute: 1e-4, relative: 1e-5)
                    == nil)
            let expected = try #require(reference["gradient"]).slice(0, from: row, count: 1)
            #expect(try difference(gradients[0].value, expected, absolute: 1e-4, relative: 1e-4) == nil, "row \(row)")
        }
    }

    @Test func nestedAndHalfCheckpointsLoad() throws {
        let reference = try Fixture.reference("small")
        let x = try reference.variable("x")
        let nested = try Flow.load(Fixture.path("small-nested.pt")).logProbability(x)
        #expect(try difference(nested.value, #require(reference["log_prob"]), absolute: 1e-10) == nil)
        let half = try Flow.load(Fixture.path("small-float16.pt"))
        #expect(half.parameters[0].value.dtype == .float16)
        #expect(try difference(half.logProbability(x).value, #require(reference["log_prob"]), absolute: 0.02) == nil)
    }

    @Test func savedModelsComeBackTheSame() throws {
        let flow = try Flow.load(Fixture.path("wide.pt"))
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try flow.save(path)
        let again = try Flow.load(path)
        #expect(again.parameters.map(\.name) == flow.parameters.map(\.name))
        for (a, b) in zip(flow.parameters, again.parameters) {
            #expect(try difference(a.value.value, b.value.value, absolute: 0, relative: 0) == nil, "\(a.name)")
        }
    }

    /// The base distribution (the noise) is part of the model, in every format that holds one.
    @Test(arguments: ["safetensors", "npz"]) func priorsComeBack(format: String) throws {
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).\(format)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let flow = try NICE.make(
            dimension: 4, hidden: 3, layers: 1, couplings: 2, prior: StandardNormal(), from: Generator(seed: 1))
        try flow.save(path)
        #expect(type(of: try Flow.load(path).prior) == StandardNormal.self)
    }

    /// Prefixes that wrappers put before the names of all parameters, and what training scripts save beside the
    /// weights.
    @Test(arguments: ["module.", "_orig_mod.", "model.", "flow.net.", "module._orig_mod."]) func wrappedNamesLoad(
        prefix: String
    ) throws {
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let plain = try Checkpoint.load(Fixture.path("small.safetensors"))
        var wrapped = try plain.renaming("", to: prefix)
        wrapped["step"] = try Tensor(12)
        wrapped[prefix + "prior.loc"] = try Tensor.zeros([6])
        wrapped[prefix + "prior.scale"] = try Tensor.full([6], 1)
        try Checkpoint.save(path, wrapped)
        #expect(
            try Flow.load(path).parameters.map(\.name)
                == Flow.load(Fixture.path("small.safetensors")).parameters.map(\.name))
    }

    /// A file `{"step": tensor, "net": {"_orig_mod....": ...}, "optimizer": {...}}`, of which only `net` can be read as
    /// a model.
    @Test func modelsUnderAnyNameLoad() throws {
        let reference = try Fixture.reference("small")
        let wrapped = try Flow.load(Fixture.path("small-wrapped.pt")).logProbability(reference.variable("x"))
        #expect(try difference(wrapped.value, #require(reference["log_prob"]), absolute: 1e-10) == nil)
        let twice = #expect(throws: ScriptError.self) { try Flow.load(Fixture.path("small-twice.pt")) }
        #expect(
            twice?.description.contains("several models, under \"net\", \"ema\"") == true,
            "\(twice?.description ?? "loaded")")
        // A module that was saved whole, and the format before PyTorch 1.6.
        for file in ["small-module.pt", "small-legacy.pt"] {
            let nats = try Flow.load(Fixture.path(file)).logProbability(reference.variable("x"))
            #expect(try difference(nats.value, #require(reference["log_prob"]), absolute: 1e-10) == nil, "\(file)")
        }
    }

    @Test func aMissingNameIsNoMisspeltOtherOne() throws {
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Checkpoint.save(
            path, Checkpoint.load(Fixture.path("wide.safetensors")).changing("coupling.2.out_block.bias", to: nil))
        let error = #expect(throws: ScriptError.self) { try Flow.load(path) }
        #expect(
            error?.message.hasSuffix("the parameter coupling.2.out_block.bias is missing") == true,
            "\(error?.message ?? "loaded")")
    }

    /// Changes that make a state dict wrong, and what the message must contain.
    static let faults: [(String, @Sendable (StateDict) throws -> StateDict, String)] = [
        (
            "a missing bias", { try $0.changing("coupling.1.out_block.bias", to: nil) },
            "coupling.1.out_block.bias is missing"
        ),
        ("a stray parameter", { try $0.changing("coupling.0.extra", to: [3]) }, "coupling.0.extra (3) is no parameter"),
        (
            "a narrow weight", { try $0.changing("coupling.0.out_block.weight", to: [3, 4]) },
            "coupling.0.out_block.weight has shape (3, 4)"
        ),
        (
            "a long bias", { try $0.changing("coupling.0.in_block.0.bias", to: [9]) },
            "coupling.0.in_block.0.bias has shape (9); (5) expected"
        ),
        (
            "a tall weight", { try $0.changing("coupling.0.in_block.0.weight", to: [9, 3]) },
            "coupling.0.in_block.0.weight has shape (9, 3); (5, 3) expected"
        ),
        (
            "a misspelt bias", { try $0.renaming("coupling.1.out_block.bias", to: "coupling.1.out_block.bais") },
            "did you mean \"coupling.1.out_block.bais\""
        ),
        (
            "a prior that is moved", { try $0.changing("prior.loc", to: [6]).filling("prior.loc", with: 0.5) },
            "prior.loc (6) is no part of a standard"
        ),
        ("two models", { StateDict($0.entries + (try $0.renaming("", to: "ema.")).entries) }, "holds 2 models"),
        ("an odd dimension", { try $0.changing("scaling.scale", to: [1, 7]) }, "even D expected"),
        (
            "a weight that is not finite", { try $0.filling("coupling.0.out_block.weight", with: .nan) },
            "coupling.0.out_block.weight holds NaN"
        ),
        ("no scaling", { try $0.changing("scaling.scale", to: nil) }, "scaling.scale is missing"),
        ("a gap in the couplings", { try $0.renaming("coupling.0.", to: "coupling.7.") }, "coupling.0"),
        (
            "foreign names", { try $0.renaming("coupling.", to: "encoder.").renaming("scaling.", to: "final.") },
            "no known flow"
        ),
        ("nothing", { _ in StateDict() }, "holds no tensors"),
    ]

    @Test(arguments: faults.indices)
    func wrongStateDictsAreNamed(index: Int) throws {
        let (label, change, message) = CheckpointTests.faults[index]
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Checkpoint.save(path, change(Checkpoint.load(Fixture.path("small.safetensors"))))
        let error = #expect(throws: ScriptError.self) { try Flow.load(path) }
        #expect(error?.description.contains(message) == true, "\(label): \(error?.description ?? "loaded")")
    }

    @Test func foreignFilesAreRefused() throws {
        #expect(throws: ScriptError.self) { try Flow.load("/no/such/file.pt") }
        let path = NSTemporaryDirectory() + "luaflow-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Checkpoint.save(path, StateDict([(name: "w", tensor: Tensor(1))]))
        let error = #expect(throws: ScriptError.self) { try Flow.load(path) }
        #expect(error?.description.contains("no known flow") == true, "\(error?.description ?? "loaded")")
    }
}

extension StateDict {
    fileprivate func changing(_ name: String, to shape: [Int]?) throws -> StateDict {
        var kept = entries.filter { $0.name != name }
        if let shape { kept.append((name: name, tensor: try Tensor.zeros(shape))) }
        return StateDict(kept)
    }

    fileprivate func filling(_ name: String, with number: Double) throws -> StateDict {
        StateDict(try entries.map { entry in
            (name: entry.name, tensor: entry.name == name ? try Tensor.full(entry.tensor.shape, number) : entry.tensor)
        })
    }

    fileprivate func renaming(_ prefix: String, to other: String) throws -> StateDict {
        StateDict(
            entries.map { entry in
                (
                    name: entry.name.hasPrefix(prefix) ? other + entry.name.dropFirst(prefix.count) : entry.name,
                    tensor: entry.tensor
                )
            })
    }
}
