import Autodiff
import LawChecks
import Scripting
import Tensors
import Testing

/// A gradient's memory is taken over where nothing else refers to it, and copied otherwise: writing into one gradient
/// changes no other tensor.
@Suite struct GradientMemoryTests {
    /// Graphs in which gradients might share memory: with each other, with the seed of `backward`, or with a value.
    private let graphs: [(label: String, leaves: Int, value: ([Variable]) throws -> Variable)] = [
        ("a sum", 2, { try $0[0] + $0[1] }),
        ("a leaf twice", 1, { try $0[0] + $0[0] }),
        ("a leaf three times", 1, { try $0[0] + $0[0] * 2 + $0[0] }),
        ("views", 2, { try $0[0].reshape([3, 2]).transpose(0, 1).reshape([6]).reshape([2, 3]) + $0[1] }),
        ("a copy", 1, { try $0[0].clone() }),
        ("a view", 1, { try $0[0].reshape([6]).reshape([2, 3]) }),
        ("a factor", 2, { try $0[0] * $0[1] }),
        ("a mean", 2, { try ($0[0].mean() + $0[1].mean()).expand([2, 3]) }),
        ("a rectifier", 2, { try $0[0].relu() + $0[1] }),
    ]

    @Test func gradientsShareNoMemory() throws {
        for (label, count, value) in graphs {
            for retain in [false, true] {
                let leaves = try (0..<count).map { try leaf(1, 2, 3, 4, 5, Double($0), shape: [2, 3]) }
                let seed = try vector(1, -1, 2, -2, 3, -3, shape: [2, 3])
                let result = try value(leaves)
                let before = try result.value.toArray()
                try result.backward(seed, retainGraph: retain)
                let first = try leaves.map { try gradient($0) }
                // Each leaf's gradient is overwritten in turn: no other gradient may change.
                for (index, leaf) in leaves.enumerated() {
                    try leaf.grad?.value.fill(7)
                    for (other, leaf) in leaves.enumerated() where other > index {
                        #expect(
                            try gradient(leaf) == first[other],
                            "\(label): gradient \(index + 1) is part of gradient \(other + 1)")
                    }
                }
                #expect(try seed.value.toArray() == [1, -1, 2, -2, 3, -3], "\(label): the seed was written over")
                #expect(try result.value.toArray() == before, "\(label): the value was written over")
                for (index, leaf) in leaves.enumerated() {
                    #expect(
                        try leaf.value.toArray() == [1, 2, 3, 4, 5, Double(index)], "\(label): a leaf was written over")
                }
                if retain {
                    for leaf in leaves { leaf.grad = nil }
                    try result.backward(seed)
                    #expect(try leaves.map { try gradient($0) } == first, "\(label): another second time")
                }
            }
        }
    }

    /// A gradient that a script took from `x.grad` does not change when the next `backward` accumulates.
    @Test func aHeldGradientDoesNotGrow() throws {
        let x = try leaf(1, 2)
        try (x * x).sum().backward()
        let held = x.grad
        try (x * x).sum().backward()
        #expect(try held?.value.toArray() == [2, 4] && gradient(x) == [4, 8])
        // When nothing else holds the gradient, it is added to in place.
        let storage = x.grad.map { ObjectIdentifier($0.value.storage) }
        _ = consume held
        try (x * x).sum().backward()
        #expect(try gradient(x) == [6, 12] && x.grad.map { ObjectIdentifier($0.value.storage) } == storage)
    }

    /// The first gradient takes over the memory of the cotangent that arrives: at the end there is one more block of
    /// its size, and at no time were there three.
    @Test func aFirstGradientIsMoved() throws {
        let memory = NativeMemory(limit: 40_000_000)
        try NativeMemory.$current.withValue(memory) {
            let x = Variable(try Tensor.zeros([1_000_000], .float64))
            try x.setRequiresGrad(true)
            let y = try (x * 3).sum()
            // x, x * 3 and the gradient take 24 MB. A copy of the gradient, with the memory that the rule needs, would
            // pass the limit.
            try y.backward()
            #expect(x.grad?.value.count == 1_000_000)
        }
    }

    /// The sum of two gradients is formed in the memory of the first.
    @Test func sumsGrowInPlace() throws {
        func peak(_ terms: Int) throws -> Bool {
            let memory = NativeMemory(limit: 45_000_000)
            return try NativeMemory.$current.withValue(memory) {
                let x = Variable(try Tensor.zeros([1_000_000], .float64))
                try x.setRequiresGrad(true)
                var total = try x.sum()
                for _ in 1..<terms { total = try total + (x * 2).sum() }
                do { try total.backward() } catch { return false }
                return true
            }
        }
        #expect(try peak(2) && peak(9))
    }

    /// A value that no rule reads is released when the script no longer holds it.
    @Test func unreadInputsAreNotHeld() throws {
        let memory = NativeMemory()
        try NativeMemory.$current.withValue(memory) {
            let x = try leaf(1, 2, 3)
            let ways: [(String, (Variable) throws -> Variable)] = [
                ("+", { try $0 + 1 }), ("-", { try $0 - 1 }), ("neg", { try -$0 }), ("* number", { try $0 * 3 }),
                ("sum", { try $0.sum() }),
                ("mean", { try $0.mean() }), ("clone", { try $0.clone() }), ("floor", { try $0.floor() }),
            ]
            for (label, way) in ways {
                let before = memory.liveBytes
                var large: Variable? = try x.sum() * Variable(Tensor.zeros([100_000], .float64))
                let result = try large.map(way)
                large = nil
                let held = memory.liveBytes - before - (result?.value.storage.byteCount ?? 0)
                // The zeros are a factor of x's sum, so they must be kept.
                #expect(held < 1_000_000, "\(label) holds \(held) bytes")
                try result?.sum().backward()
                x.grad = nil
            }
        }
    }

    /// A layer's gradient has the same order in memory as its weight, so that optimisers need not transpose it.
    @Test func gradientsOfLayersLieAsTheirWeights() throws {
        let weight = Variable(try Generator(seed: 1).normals([3, 4], .float64, for: "test").transpose(0, 1))
        try weight.setRequiresGrad(true)
        let x = try vector(1, 2, 3, 4, 5, 6, shape: [2, 3])
        try x.linear(weight).sum().backward()
        let gradient = try #require(weight.grad?.value)
        #expect(gradient.strides == weight.value.strides && gradient.shape == [4, 3])
        #expect(try gradient.toArray() == [5, 7, 9, 5, 7, 9, 5, 7, 9, 5, 7, 9])
    }

    /// Training does not accumulate memory: the bytes of tensors and of the tape are the same after a few and after
    /// many steps.
    @Test func trainingDoesNotGrow() throws {
        let memory = NativeMemory()
        try NativeMemory.$current.withValue(memory) {
            let weights = try [[8, 3], [8], [1, 8], [1]].map { shape in
                let weight = Variable(try Generator(seed: 2).normals(shape, .float32, for: "test"))
                try weight.setRequiresGrad(true)
                return weight
            }
            let x = Variable(try Generator(seed: 3).normals([16, 3], .float32, for: "test"))
            var (early, late) = (0, 0)
            for step in 1...300 {
                for weight in weights { weight.grad = nil }
                let loss = try x.linear(weights[0], weights[1]).linear(weights[2], weights[3], rectified: true).pow(2)
                    .mean()
                try loss.backward()
                for weight in weights { try weight.grad.map { try weight.value.add(inPlace: $0.value, scale: -1e-3) } }
                if step == 10 { early = memory.liveBytes }
                late = memory.liveBytes
            }
            #expect(late == early)
        }
    }
}
