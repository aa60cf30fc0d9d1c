import Autodiff
import Flows
import LawChecks
import Networks
import Tensors
import Testing

/// Dropout in NICE's networks: nothing in evaluation, nn.Dropout behind every hidden ReLU in training.
@Suite struct NICEDropoutTests {
    private static func made(
        dropout: Double, couplings: Int = 3, hidden: Int = 9, from generator: Generator = Generator(seed: 3)
    ) throws -> Flow {
        try NICE.make(
            dimension: 6, hidden: hidden, layers: 2, couplings: couplings, dropout: dropout, from: generator)
    }

    /// What `body` gives with the generator as it is now, and a generator that is then as it was before.
    private static func again<T>(_ generator: Generator, _ body: () throws -> T) rethrows -> T {
        let state = generator.state
        defer { generator.restore(state) }
        return try body()
    }

    /// The same initial values, densities and samples, bit for bit, however much training drops.
    @Test(arguments: [0.1, 0.5, 1]) func evaluationDoesNotKnowIt(_ dropout: Double) throws {
        let (plain, flow) = (try Self.made(dropout: 0), try Self.made(dropout: dropout))
        let x = try normals([5, 6], seed: 5)
        let nats = try difference(
            flow.logProbability(x).value, plain.logProbability(x).value, absolute: 0, relative: 0)
        #expect(nats == nil, "\(nats ?? "")")
        let draws = try difference(
            flow.sample([4], from: Generator(seed: 8)).value, plain.sample([4], from: Generator(seed: 8)).value,
            absolute: 0, relative: 0)
        #expect(draws == nil, "\(draws ?? "")")
        #expect(plain.modules.isEmpty && flow.modules.count == 3)
    }

    /// A hidden unit is 0 with probability p, and else its value over 1 - p: seen through layers that do nothing else.
    @Test(arguments: [0.2, 0.75]) func unitsAreDroppedAsBySeparateLayers(_ p: Double) throws {
        let width = 20
        let ones = (0..<width * width).map { $0 % (width + 1) == 0 ? 1.0 : 0 }
        let identity = Variable(try Tensor(ones, shape: [width, width]))
        let zero = Variable(try Tensor.zeros([width]))
        let dropout = Module(Dropout(p, from: Generator(seed: 2)))
        let network = Perceptron(
            [.init(name: "0", weight: identity, bias: zero), .init(name: "1", weight: identity, bias: zero)],
            dropout: dropout)
        let x = try normals([200, width], seed: 4)
        let values = try network(x).value.toArray()
        var (dropped, positive) = (0, 0)
        for (y, x) in zip(values, try x.value.toArray()) where x > 0 {
            positive += 1
            if y == 0 { dropped += 1 }
            #expect(y == 0 || abs(y - x / (1 - p)) < 1e-5 * x, "\(x) became \(y)")
        }
        // Five standard deviations of a binomial share.
        let share = Double(dropped) / Double(positive)
        #expect(abs(share - p) < 5 * (p * (1 - p) / Double(positive)).squareRoot(), "\(share) were dropped")
        dropout.setTraining(false)
        #expect(try difference(network(x).value, x.relu().value, absolute: 1e-6) == nil)
    }

    /// With the same masks, both directions undo each other, and neither changes volumes but by the scaling.
    @Test(arguments: [0.3, 1]) func directionsAgreeForTheSameMasks(_ dropout: Double) throws {
        let generator = Generator(seed: 3)
        let flow = try Self.made(dropout: dropout, couplings: 1, from: generator)
        for module in flow.modules { module.setTraining(true) }
        let x = try normals([5, 6], seed: 5)
        let (z, there) = try Self.again(generator) { try flow.toLatent(x) }
        let (back, again) = try Self.again(generator) { try flow.toData(z) }
        #expect(try difference(back.value, x.value, absolute: 1e-6) == nil)
        #expect(try difference((there + again).value, Tensor.zeros([5], .float64), absolute: 1e-9) == nil)
        // Other masks, another value, unless all is dropped.
        let other = try Self.again(generator) {
            _ = generator.uniform()
            return try flow.toLatent(x).z
        }
        #expect((try difference(other.value, z.value, absolute: 1e-9) == nil) == (dropout == 1))
    }

    @Test func gradientsInTrainingAreFiniteDifferences() throws {
        let generator = Generator(seed: 3)
        let flow = try Self.made(dropout: 0.4, from: generator)
        for module in flow.modules { module.setTraining(true) }
        let fault = try Transform.gradientCheck(
            of: { x in try Self.again(generator) { [try flow.logProbability(x[0])] } },
            at: [normals([2, 6], seed: 5)], absoluteTolerance: 1e-5, for: "test")
        #expect(fault == nil, "\(fault.map { "\($0)" } ?? "")")
    }

    @Test(arguments: [-0.1, 1.5, .nan]) func whatIsNoProbabilityIsRefused(_ dropout: Double) {
        #expect(message { _ = try Self.made(dropout: dropout) }.contains("option dropout"), "\(dropout)")
    }
    private func message(_ run: () throws -> Void) -> String {
        do {
            try run()
            return "no error"
        } catch { return "\(error)" }
    }
}
