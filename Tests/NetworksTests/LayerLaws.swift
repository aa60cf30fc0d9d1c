import Autodiff
import LawChecks
import Scripting
import Tensors
import Testing

@testable import Networks

/// The laws of every layer of the catalogue.
@Suite struct LayerLaws {
    static let cases = LayerEntry.catalogue.flatMap(\.cases)
    static let labels = cases.map(\.label)

    private func made(_ label: String, _ dtype: DType = .float64) throws -> (module: Module, x: Variable) {
        let found = try #require(Self.cases.first { $0.label == label })
        let module = try found.make(Generator(seed: 3))
        try module.convert(to: dtype)
        return (module, Variable(try Generator(seed: 4).fill(found.input, dtype) { $0.normal() }))
    }

    @Test func everyEntryHasCasesButTheScripts() {
        let without = LayerEntry.catalogue.filter(\.cases.isEmpty).map(\.declaration.name)
        #expect(without == ["nn.Module"])
        #expect(Set(Self.labels).count == Self.labels.count)
    }

    @Test(arguments: labels) func gradientsAreThoseOfFiniteDifferences(_ label: String) throws {
        let (module, x) = try made(label)
        let parameters = module.parameters.map(\.value)
        let fault = try Transform.gradientCheck(
            of: { points in
                // The parameters are overwritten in place, as an optimiser does.
                [try module(points[0])]
            }, at: [x], absoluteTolerance: 1e-7, relativeTolerance: 1e-6, for: "law")
        #expect(fault == nil, "\(label) by x: \(fault.map { "\($0)" } ?? "")")
        let weights = try Generator(seed: 5).fill(module(x).shape, .float64) { $0.normal() }
        func value() throws -> Double { try (module(x) * Variable(weights)).sum().value.toArray()[0] }
        let loss = try (module(x) * Variable(weights)).sum()
        if loss.requiresGrad { try loss.backward() }
        for (name, parameter) in zip(module.parameters.map(\.name), parameters) {
            let gradient = try #require(parameter.grad, "\(label): no gradient of \(name)").value.toArray()
            let (start, step) = (try parameter.value.toArray(), 1e-6)
            for place in stride(from: 0, to: start.count, by: max(1, start.count / 7)) {
                let differences = try [step, -step].map { change in
                    var moved = start
                    moved[place] += change
                    try parameter.value.write(Tensor(moved, shape: parameter.shape, .float64))
                    return try value()
                }
                try parameter.value.write(Tensor(start, shape: parameter.shape, .float64))
                let numeric = (differences[0] - differences[1]) / (2 * step)
                #expect(
                    abs(numeric - gradient[place]) <= 1e-6 * (1 + abs(numeric)),
                    "\(label): \(name) at \(place): \(gradient[place]), by differences \(numeric)")
            }
        }
    }

    @Test(arguments: labels) func aStateComesBack(_ label: String) throws {
        let (module, x) = try made(label)
        let other = try #require(Self.cases.first { $0.label == label }).make(Generator(seed: 99))
        try other.convert(to: .float64)
        other.setTraining(module.isTraining)
        try NamedState.write(module.state.map { (ByteString($0.name), $0.value) }, over: other.state, of: "the module")
        let fault = try difference(module(x).value, other(x).value, absolute: 0, relative: 0)
        #expect(fault == nil, "\(label): \(fault ?? "")")
    }

    @Test(arguments: labels) func theResultIsOfTheParametersTypeAndOfItsOwnMemory(_ label: String) throws {
        for dtype in [DType.float32, .float64] {
            let (module, x) = try made(label, dtype)
            #expect(module.parameters.allSatisfy { $0.value.dtype == dtype && $0.value.requiresGrad })
            #expect(try module(x).dtype == dtype, "\(label)")
        }
    }

    @Test func valuesAndGradientsArePyTorchs() throws {
        let fixtures = try LayerFixtures.load()
        #expect(Set(fixtures.layers.map(\.label)) == Set(Self.labels))
        for fixture in fixtures.layers {
            let (module, _) = try made(fixture.label)
            #expect(module.state.map(\.name) == fixture.state.map(\.name), "\(fixture.label)")
            try NamedState.write(
                fixture.state.map { (ByteString($0.name), Variable(try $0.tensor)) }, over: module.state,
                of: "the module")
            let x = Variable(try fixture.x.tensor)
            try x.setRequiresGrad(true)
            let y = try module(x)
            let fault = try difference(y.value, fixture.y.tensor, absolute: 1e-12, relative: 1e-12)
            #expect(fault == nil, "\(fixture.label): \(fault ?? "")")
            let count = y.value.count
            let weights = try Tensor((1...count).map { Double($0) / 10 }, shape: y.shape, .float64)
            try (y * Variable(weights)).sum().backward()
            let slope = try difference(
                try #require(x.grad).value, fixture.x_grad.tensor, absolute: 1e-11, relative: 1e-11)
            #expect(slope == nil, "\(fixture.label) by x: \(slope ?? "")")
            let parameters = Dictionary(uniqueKeysWithValues: module.parameters.map { ($0.name, $0.value) })
            #expect(fixture.gradients.count == parameters.count, "\(fixture.label)")
            for expected in fixture.gradients {
                let gradient = try #require(parameters[expected.name]?.grad, "\(fixture.label): \(expected.name)")
                let fault = try difference(gradient.value, expected.tensor, absolute: 1e-11, relative: 1e-11)
                #expect(fault == nil, "\(fixture.label) by \(expected.name): \(fault ?? "")")
            }
        }
    }

    /// Initial values are uniform within 1 / sqrt(fan in), as PyTorch's: their bounds, and a variance of bound^2 / 3 in
    /// a large layer.
    @Test func initialValuesAreUniform() throws {
        let weight = try Linear.make(100, 200, from: Generator(seed: 1)).parameters[0].value.value.toArray()
        #expect(weight.allSatisfy { abs($0) <= 0.1 } && weight.contains { abs($0) > 0.0999 })
        let variance = weight.reduce(0) { $0 + $1 * $1 } / Double(weight.count)
        #expect(abs(variance - 0.01 / 3) < 1e-4)
        let bias = try Conv2d.make(3, 400, [2, 2], from: Generator(seed: 1)).parameters[1].value.value.toArray()
        #expect(bias.allSatisfy { abs($0) <= 1 / 12.0.squareRoot() } && bias.contains { abs($0) > 0.28 })
    }
}
