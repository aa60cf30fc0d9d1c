import Autodiff
import Flows
import Foundation
import LawChecks
import Scripting
import Storage
import Tensors
import Testing

/// Fixtures made by PyTorch: five sizes of NICE, each in two formats, with float64 values.
enum Fixture {
    static let sizes = ["small", "square", "narrow", "single", "wide"]

    static func path(_ name: String) throws -> String {
        try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil)).path
    }

    static func reference(_ name: String) throws -> StateDict { try Checkpoint.load(path("\(name).reference.safetensors")) }
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
        let gradient = try Transform.valueAndGradient(of: { [try flow.logProbability($0[0]).sum()] }, at: [x], for: "test").gradients[0]
        for (name, value) in [("z", z), ("log_det", logDeterminant), ("log_prob", logProbability), ("gradient", gradient)] {
            #expect(try difference(value.value, #require(reference[name]), absolute: 1e-10, relative: 1e-9) == nil, "\(size).\(format): \(name)")
        }
        let (data, inverse) = try flow.toData(reference.variable("sample_z"))
        #expect(try difference(data.value, #require(reference["sample_x"]), absolute: 1e-10, relative: 1e-9) == nil)
        #expect(try difference(inverse.value, #require(reference["sample_log_det"]), absolute: 1e-10, relative: 1e-9) == nil)
    }

    /// One float32 row takes the kernels that skip inactive units, a batch takes BLAS: both against float64.
    @Test(arguments: Fixture.sizes)
    func singleRowsAndBatchesAgreeInFloat32(size: String) throws {
        let flow = try Flow.load(Fixture.path("\(size).safetensors"))
        let reference = try Fixture.reference(size)
        let x = try reference.variable("x").converted(to: .float32)
        let batch = try flow.logProbability(x)
        #expect(try difference(batch.value, #require(reference["log_prob"]), absolute: 1e-4, relative: 1e-5) == nil)
        for row in 0..<x.shape[0] {
            let point = try x.slice(0, row, 1)
            let (values, gradients) = try Transform.valueAndGradient(of: { [try flow.logProbability($0[0]).sum()] }, at: [point], for: "test")
            #expect(try difference(values[0].value, #require(reference["log_prob"]).select(0, row), absolute: 1e-4, relative: 1e-5) == nil)
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

    /// What is wrong with a state dict, and what the message must name.
    static let faults: [(String, @Sendable (StateDict) throws -> StateDict, String)] = [
        ("a missing bias", { try $0.changing("coupling.1.out_block.bias", to: nil) }, "coupling.1.out_block.bias is missing"),
        ("a stray parameter", { try $0.changing("coupling.0.extra", to: [3]) }, "coupling.0.extra (3) is no parameter"),
        ("a narrow weight", { try $0.changing("coupling.0.out_block.weight", to: [3, 4]) }, "coupling.0.out_block.weight has shape (3, 4)"),
        ("a long bias", { try $0.changing("coupling.0.in_block.0.bias", to: [9]) }, "(5) expected"),
        ("an odd dimension", { try $0.changing("scaling.scale", to: [1, 7]) }, "even D expected"),
        ("a weight that is not finite", { try $0.filling("coupling.0.out_block.weight", with: .nan) }, "coupling.0.out_block.weight holds NaN"),
        ("no scaling", { try $0.changing("scaling.scale", to: nil) }, "scaling.scale is missing"),
        ("a gap in the couplings", { try $0.renaming("coupling.0.", to: "coupling.7.") }, "coupling.0"),
        ("foreign names", { try $0.renaming("", to: "encoder.") }, "no known flow"),
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
        let error = #expect(throws: ScriptError.self) { try Flow.load(Fixture.path("small-legacy.pt")) }
        #expect(error?.description.contains("small-legacy.pt") == true)
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
        StateDict(entries.map { entry in
            (name: entry.name.hasPrefix(prefix) ? other + entry.name.dropFirst(prefix.count) : entry.name, tensor: entry.tensor)
        })
    }
}
