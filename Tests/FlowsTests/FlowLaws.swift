import Autodiff
import Distributions
import Flows
import LawChecks
import RealModule
import Scripting
import Tensors
import Testing

/// Laws of NICE flows of every size.
@Suite struct FlowLaws {
    struct Size: CustomTestStringConvertible, Sendable {
        let dimension, hidden, layers, couplings: Int
        var testDescription: String { "D \(dimension), \(hidden) units, \(layers) layers, \(couplings) couplings" }
        func make(_ prior: any Prior = StandardLogistic()) throws -> Flow {
            let flow = try NICE.make(
                dimension: dimension, hidden: hidden, layers: layers, couplings: couplings, prior: prior,
                from: Generator(seed: 3))
            // The scale is not the initial 0, so that its part of the log-determinant is tested.
            try flow.parameters[flow.parameters.count - 1].value.value.write(
                Generator(seed: 4).fill([1, dimension]) { 0.5 * $0.normal() })
            return flow
        }
    }

    static let sizes = [
        Size(dimension: 2, hidden: 1, layers: 1, couplings: 1), Size(dimension: 4, hidden: 9, layers: 2, couplings: 3),
        Size(dimension: 10, hidden: 16, layers: 5, couplings: 4),
        Size(dimension: 32, hidden: 8, layers: 1, couplings: 2),
    ]

    static func points(_ size: Size, rows: Int = 3) throws -> Variable { try normals([rows, size.dimension], seed: 5) }

    @Test(arguments: sizes) func toDataUndoesToLatent(size: Size) throws {
        let (flow, x) = (try size.make(), try FlowLaws.points(size))
        let (z, there) = try flow.toLatent(x)
        let (back, again) = try flow.toData(z)
        #expect(try difference(back.value, x.value, absolute: 1e-9) == nil)
        #expect(try difference((there + again).value, Tensor.zeros([3], .float64), absolute: 1e-9) == nil)
    }

    /// The reported log-determinant is that of the dense Jacobian, and `check` confirms it.
    @Test(arguments: sizes) func logDeterminantIsTheJacobians(size: Size) throws {
        let (flow, x) = (try size.make(), try FlowLaws.points(size))
        let flowModule = FlowModule()
        let check = try #require(flowModule.types[0].methods.first { $0.shortName == "check" })
        let report = try check(.object(flow), .object(x))[0]
        guard case .record(let facts) = report else { Issue.record("no report"); return }
        let dense = try #require(facts.first { $0.key == "log_det_dense" }?.value.asNumber)
        #expect(dense < 1e-9)
    }

    @Test(arguments: sizes) func gradientsAreFiniteDifferences(size: Size) throws {
        let flow = try size.make(StandardNormal())
        let fault = try Transform.gradientCheck(
            of: { [try flow.logProbability($0[0])] }, at: [FlowLaws.points(size, rows: 2)], absoluteTolerance: 1e-5,
            for: "test")
        #expect(fault == nil)
    }

    /// Gradients by the parameters, as training uses them.
    @Test func parametersHaveGradients() throws {
        let size = FlowLaws.sizes[1]
        let (flow, x) = (try size.make(), try FlowLaws.points(size))
        try flow.logProbability(x).sum().backward()
        for (name, parameter) in flow.parameters {
            let gradient = try #require(parameter.grad, "\(name)")
            let element = parameter.value.count / 2
            func total(_ shift: Double) throws -> Double {
                let copy = try parameter.value.copy()
                let moved = try parameter.value.toArray().enumerated().map { $0 == element ? $1 + shift : $1 }
                try parameter.value.write(Tensor(moved, shape: parameter.shape))
                defer { try? parameter.value.write(copy) }
                return try GradMode.$isEnabled.withValue(false) { try flow.logProbability(x).sum().value.item() }
            }
            // The parameters are float32, so the step must be large enough for that type.
            let step = 0x1p-10
            let numeric = (try total(step) - total(-step)) / (2 * step)
            let analytic = try gradient.value.toArray()[element]
            #expect(abs(analytic - numeric) < 1e-3 * max(1, abs(numeric)), "\(name): \(analytic) against \(numeric)")
        }
    }

    /// Samples have the density of logProbability: over samples of p, E[exp(log q - log p)] = 1 for any density q.
    @Test func samplesFollowTheDensity() throws {
        let size = Size(dimension: 2, hidden: 4, layers: 1, couplings: 2)
        let flow = try size.make()
        let x = try flow.sample([20_000], from: Generator(seed: 8)).detached().converted(to: .float64)
        let p = try flow.logProbability(x)
        // q is a narrow normal distribution around 0: its tails are lighter than the flow's, so the weights have a
        // variance.
        let q = try (StandardNormal().logProbability(x / 0.5) - Double.log(0.5)).sum([1])
        let weights = try (q - p).exp().value.toArray()
        let mean = weights.reduce(0, +) / Double(weights.count)
        let variance = weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(weights.count - 1)
        let z = (mean - 1) / (variance / Double(weights.count)).squareRoot()
        #expect(abs(z) < 5, "mean weight \(mean), z \(z)")
    }

    @Test func shapesAreReadAsDocumented() throws {
        let flow = try Size(dimension: 6, hidden: 3, layers: 1, couplings: 2).make()
        let logProb = try #require(FlowModule().types[0].methods.first { $0.shortName == "log_prob" })
        for (shape, result) in [
            ([6], []), ([2, 3], []), ([4, 6], [4]), ([4, 2, 3], [4]), ([1, 6], [1]), ([0, 6], [0]),
        ] as [([Int], [Int])] {
            guard case .object(let object as Variable) = try logProb(.object(flow), .tensor(Tensor.zeros(shape)))[0]
            else { Issue.record("no tensor"); return }
            #expect(object.shape == result, "\(shape)")
        }
        for shape in [[], [5], [2, 2], [7, 5], [2, 2, 2], [1, 1, 2, 3]] as [[Int]] {
            let error = #expect(throws: ScriptError.self) {
                _ = try logProb(.object(flow), .tensor(Tensor.zeros(shape)))
            }
            #expect(error?.description.contains(Shape.describe(shape)) == true)
        }
    }

    @Test func refusedSizes() {
        for (dimension, hidden, layers, couplings) in [
            (3, 4, 1, 1), (0, 4, 1, 1), (4, 0, 1, 1), (4, 4, 0, 1), (4, 4, 1, 0), (-2, 4, 1, 1), (Int.max - 1, 4, 1, 1),
        ] {
            #expect(throws: ScriptError.self) {
                _ = try NICE.make(
                    dimension: dimension, hidden: hidden, layers: layers, couplings: couplings, from: Generator(seed: 1)
                )
            }
        }
    }
}
