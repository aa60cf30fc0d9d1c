import Autodiff
import Distributions
import Flows
import LawChecks
import Scripting
import Tensors
import Testing

/// Densities of flows integrate to 1, over grids in one and two dimensions.
@Suite struct DensityLaws {
    /// A transform with random tensors, made by the catalogue's constructor.
    private static func transform(_ label: String, seed: UInt64) throws -> any FlowTransform {
        let example = try #require(TransformLaws.examples.first { $0.label == label })
        let inputs = try LawCase(label, example.inputs) { $0[0] }.points(seed: seed)
        return try example.make(Array(inputs[..<example.parameters.count]))
    }

    private func integral(
        _ transforms: [any FlowTransform], _ dimension: Int, from low: Double, to high: Double, _ n: Int
    ) throws -> Double {
        let flow = Flow(
            name: "Flow", dimension: dimension, transforms: transforms.enumerated().map { ("\($0)", $1) },
            prior: StandardNormal())
        let step = (high - low) / Double(n)
        let points = (0..<n).map { low + (Double($0) + 0.5) * step }
        let grid = dimension == 1 ? points : points.flatMap { x in points.flatMap { [x, $0] } }
        let x = Variable(try Tensor(grid, shape: [grid.count / dimension, dimension], .float64))
        let densities = try GradMode.$isEnabled.withValue(false) { try flow.logProbability(x).exp().sum().value.item() }
        return densities * (dimension == 1 ? step : step * step)
    }

    @Test func inOneDimension() throws {
        func planar(_ u: Double) throws -> Planar {
            func number(_ x: Double) throws -> Variable { Variable(try Tensor([x], shape: [1], .float64)) }
            return Planar(u: try number(u), w: try number(1), b: try number(0.3))
        }
        let scaling = Scaling(logScale: Variable(try Tensor([0.5], shape: [1, 1], .float64)))
        for (label, transforms, low, high) in [
            ("Planar", [try planar(1.2)], -15, 15), ("Scaling and Planar", [scaling, try planar(-0.5)], -15, 15),
            ("Logit", [Logit()], 0, 1), ("Logit of 0.05", [Logit(alpha: 0.05)], -0.05 / 0.9, 1 + 0.05 / 0.9),
        ] as [(String, [any FlowTransform], Double, Double)] {
            let total = try integral(transforms, 1, from: low, to: high, 20_000)
            #expect(abs(total - 1) < 1e-6, "\(label): \(total)")
        }
    }

    @Test(arguments: [
        "LULinear of two", "Householder of two", "Radial of two", "Autoregressive, affine",
        "Autoregressive, spline", "Autoregressive, mixture",
    ]) func inTwoDimensions(_ label: String) throws {
        let one: any FlowTransform =
            switch label {
            case "LULinear of two": LULinear(lu: Variable(try Tensor([1.5, 0.5, -0.7, 0.6], shape: [2, 2], .float64)))
            case "Householder of two":
                Householder(vectors: Variable(try Tensor([1, 2, -1, 0.5], shape: [2, 2], .float64)))
            case "Radial of two":
                Radial(
                    center: Variable(try Tensor([0.3, -0.2], shape: [2], .float64)),
                    alpha: Variable(try Tensor([1], shape: [1], .float64)),
                    beta: Variable(try Tensor([2], shape: [1], .float64)))
            default: try Self.transform(label, seed: 2)
            }
        let total = try integral([one, Permute(order: [1, 0])], 2, from: -14, to: 14, 600)
        #expect(abs(total - 1) < 2e-4, "\(label): \(total)")
    }
}
