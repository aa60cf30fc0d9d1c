import Autodiff
import Flows
import LawChecks
import Scripting
import Tensors
import Testing

/// Transforms at numbers of any size, and at parameters that are NaN or infinite.
@Suite struct ExtremeLaws {
    private static let examples = TransformLaws.examples.filter { $0.extremes != .none }

    /// Very large, very small, subnormal numbers and 0: as all elements of a row, and as one element among ordinary
    /// ones.
    private static func rows(_ example: TransformExample, _ dtype: DType) throws -> Variable {
        let event = Array(example.points.shape.dropFirst())
        let count = event.reduce(1, *)
        let least = dtype == .float64 ? Double.leastNonzeroMagnitude : 1e-45
        let numbers = [1e30, -1e30, 1e12, -1e12, 4, -4, 1e-30, least, 0, -0.0]
        var values: [Double] = []
        for number in numbers { values += [Double](repeating: number, count: count) }
        for number in numbers { values += (0..<count).map { $0 == 0 ? number : 0.25 } }
        for number in numbers { values += (0..<count).map { $0 == count - 1 ? number : -0.25 } }
        return Variable(try Tensor(values, shape: [3 * numbers.count] + event, dtype))
    }

    @Test(arguments: examples.indices, [DType.float64, .float32])
    func valuesAndLogDeterminantsAreFinite(_ index: Int, _ dtype: DType) throws {
        let example = Self.examples[index]
        let inputs = try LawCase(example.label, example.inputs) { $0[0] }.points(seed: 3)
            .map { Variable(try $0.value.copy(dtype)) }
        let transform = try example.make(Array(inputs[..<example.parameters.count]))
        let x = try Self.rows(example, dtype)
        let context = try example.context.map { Variable(try Tensor.full([x.shape[0], $0.shape[1]], 0.5, dtype)) }
        var results: [(String, Variable, Variable)] = []
        if example.extremes != .toData {
            let (z, logDeterminant) = try transform.toLatent(x, context: context)
            results.append(("to_latent", z, logDeterminant))
        }
        if example.extremes != .toLatent {
            let (x, logDeterminant) = try transform.toData(x, context: context)
            results.append(("to_data", x, logDeterminant))
        }
        for (direction, value, logDeterminant) in results {
            for (what, numbers) in [("value", value), ("log-determinant", logDeterminant)] {
                let place = try numbers.value.toArray().firstIndex { !$0.isFinite }
                #expect(place == nil, "\(example.label), \(dtype.rawValue), \(direction): \(what) \(place ?? 0)")
            }
        }
    }

    /// The error of a round trip is relative to the number's size, also far from 0.
    @Test(arguments: [1e-8, 1, 30, 1e6, 1e12]) func rootsAreFoundToWorkingPrecision(_ size: Double) throws {
        for name in ["Planar", "Planar of one feature", "Radial", "Radial towards the center"] {
            let example = try #require(TransformLaws.examples.first { $0.label == name }, "\(name)")
            let inputs = try LawCase(example.label, example.inputs) { $0[0] }.points(seed: 5)
            let transform = try example.make(Array(inputs.dropLast()))
            let x = try inputs[example.parameters.count] * size
            let z = try transform.toLatent(x).z
            let back = try transform.toData(z).x
            let fault = try difference(back.value, x.value, absolute: 2e-14 * (1 + size), relative: 2e-14)
            #expect(fault == nil, "\(example.label) at \(size): \(fault ?? "")")
        }
        // Mixtures that no network produces: components 1 to 8 deviations apart.
        let map = LogisticMixtureMap(components: 3)
        let shape = [64, 3, map.parameterCount]
        let numbers = try Variable(Generator(seed: 6).fill(shape, .float64) { 4 * $0.uniform() - 2 })
        let x = try normals([64, 3], seed: 7) * size
        let back = try map.toData(map.toLatent(x, numbers).z, numbers).x
        let fault = try difference(back.value, x.value, absolute: 2e-13 * (1 + size), relative: 0)
        #expect(fault == nil, "mixture at \(size): \(fault ?? "")")
    }

    /// Between components that are far apart F is flat: its slope underflows, but the slope's logarithm is finite.
    @Test func aMixtureOfFarComponentsHasALogSlope() throws {
        // One row: shift, log-scale; two weights, the means -2000 and 2000, and scales of 1.
        let numbers = Variable(try Tensor([0, 0, 0, 0, -2000, 2000, 0, 0], shape: [1, 1, 8], .float64))
        let x = Variable(try Tensor([0], shape: [1, 1], .float64))
        let (z, logSlope) = try LogisticMixtureMap(components: 2).toLatent(x, numbers)
        // At this point F (1 - F) is 1/4, and the density is e^-2000.
        let (value, slope) = (try z.value.item(), try logSlope.value.item())
        #expect(abs(value) < 1e-12 && abs(slope - (.log(4) - 2000)) < 1e-9, "\(value), \(slope)")
    }

    private func message(_ run: () throws -> Void) -> String {
        do {
            try run()
            return "no error"
        } catch { return "\(error)" }
    }

    private func numbers(_ values: [Double], _ shape: [Int]) throws -> Variable {
        Variable(try Tensor(values, shape: shape, .float64))
    }

    @Test func whatHasNoInverseSaysSoWithItsNumbers() throws {
        let x = try numbers([1, 2], [1, 2])
        let planar = Planar(u: try numbers([-1.5, 0], [2]), w: try numbers([1, 0], [2]), b: try numbers([0], [1]))
        func radial(_ alpha: Double, _ beta: Double) throws -> Radial {
            Radial(center: try numbers([0, 0], [2]), alpha: try numbers([alpha], [1]), beta: try numbers([beta], [1]))
        }
        let (inwards, flat) = (try radial(1, -1.25), try radial(-0.5, 1))
        let lu = LULinear(lu: try numbers([1, 2, 3, 0], [2, 2]))
        let mirror = Householder(vectors: try numbers([1, 0, 0, 0], [2, 2]))
        let broken = ActNorm(logScale: try numbers([0, .nan], [2]), shift: try numbers([0, 0], [2]))
        for (transform, expected) in [
            (planar, "flow.Planar: u . w is -1.5"), (inwards, "flow.Radial: beta is -1.25"),
            (flat, "flow.Radial: alpha is -0.5"),
            (lu, "flow.LULinear: number 2 on the diagonal of lu is 0"), (mirror, "flow.Householder: vector 2 is 0"),
            (broken, "flow.ActNorm: the parameter log_scale holds nan at element 2"),
        ] as [(any FlowTransform, String)] {
            for text in [message { _ = try transform.toLatent(x) }, message { _ = try transform.toData(x) }] {
                #expect(text.hasPrefix(expected), "\(text)")
            }
        }
        #expect(message { _ = try Conv1x1.factored(Tensor([1, 2, 2, 4], shape: [2, 2])) }.contains("singular"))
        #expect(message { _ = try Permute(order: [0, 0]) }.contains("[1, 1] has not every number from 1 to 2 once"))
    }

    @Test func pointsOutsideTheDomainAreNamed() throws {
        for (transform, value) in [
            (Sigmoid(), 1), (Sigmoid(), 0), (Sigmoid(), -0.5), (Tanh(), 1), (Tanh(), -1.5), (Softplus(), 0),
        ] as [(any FlowTransform, Double)] {
            let z = try numbers([0.5, 0.5, value, 0.25], [2, 2])
            let text = message { _ = try transform.toData(z) }
            #expect(text.contains("\(shown(value)) at element 3 of (2, 2)"), "\(text)")
        }
        for (transform, value) in [(Logit(), 0), (Logit(), 1), (Logit(), 1.5), (Logit(alpha: 0.25), 1.75)] {
            let x = try numbers([0.5, value], [1, 2])
            let text = message { _ = try transform.toLatent(x) }
            #expect(text.contains("\(shown(value)) at element 2 of (1, 2)"), "\(text)")
        }
    }

    /// A pixel that is constant, as at MNIST's border: nothing is divided by 0.
    @Test func aConstantChannelKeepsItsScale() throws {
        let transform = try ActNorm.make(3)
        let x = try numbers([1, 0, 5, 3, 0, 5, 5, 0, 5], [3, 3])
        try transform.initialize(from: x)
        let (z, logDeterminant) = try transform.toLatent(x)
        let step = 1.5.squareRoot()
        let expected = try Tensor([-step, 0, 0, 0, 0, 0, step, 0, 0], shape: [3, 3], .float64)
        #expect(try difference(z.value, expected, absolute: 1e-6) == nil)
        #expect(try abs(logDeterminant.value.item() + 0.5 * .log(8.0 / 3)) < 1e-6)
    }

    /// A network that returns NaN is reported, instead of a NaN in the result.
    @Test func aNetworkThatHoldsNaNIsNamed() throws {
        let example = try #require(AffineCouplings.examples.first)
        let inputs = try LawCase(example.label, example.inputs) { $0[0] }.points(seed: 3)
        try inputs[0].value.fill(.nan)
        let transform = try example.make(Array(inputs.dropLast()))
        let text = message { _ = try transform.toLatent(inputs[2]) }
        #expect(text == "flow.AffineCoupling: the parameter weight holds nan at element 1: no finite number", "\(text)")
    }

    @Test func wrongShapesAreNamed() throws {
        let flat = try numbers([1, 2, 3, 4], [1, 4])
        for label in ["Planar", "Conv1x1 of vectors", "Permute of channels"] {
            let example = try #require(TransformLaws.examples.first { $0.label == label }, "\(label)")
            let inputs = try LawCase(example.label, example.inputs) { $0[0] }.points(seed: 3)
            let transform = try example.make(Array(inputs.dropLast()))
            #expect(message { _ = try transform.toLatent(flat) }.contains("(1, 4)"), "\(example.label)")
        }
        let mask = try CouplingMask([true, false], shape: [2, 1, 1])
        #expect(message { _ = try CouplingMask([true, true], shape: [2]) }.contains("2 of 2 features"))
        let image = try #require(AffineCouplings.examples.first { $0.label.contains("channels") })
        let inputs = try LawCase(image.label, image.inputs) { $0[0] }.points(seed: 3)
        let coupling = try image.make(Array(inputs.dropLast()))
        #expect(mask.count == 2 && message { _ = try coupling.toLatent(flat) }.contains("events of shape (2, H, W)"))
    }
}
