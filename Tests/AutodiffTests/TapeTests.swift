import Autodiff
import LawChecks
import Scripting
import Tensors
import Testing

/// The length of a chain that would overflow the stack if `backward` called itself for each link; a million in
/// optimised builds.
#if DEBUG
    private let deep = 100_000
#else
    private let deep = 1_000_000
#endif

/// The tape: accumulation of gradients, freeing, switching off, long chains.
@Suite struct TapeTests {
    @Test func backwardAccumulates() throws {
        let x = try leaf(1, 2)
        try (x * x).sum().backward()
        #expect(try gradient(x) == [2, 4])
        try (x * 3).sum().backward()
        #expect(try gradient(x) == [5, 7])
    }

    @Test func aLeafUsedTwiceGetsBothParts() throws {
        let x = try leaf(3)
        try (x * x + x.exp() * 0 + x).sum().backward()
        #expect(try gradient(x) == [7])
    }

    @Test func aBroadcastLeafGetsTheSum() throws {
        let (x, y) = (try leaf(1, 2), try leaf(10, 20, 30, shape: [3, 1]))
        try (x * y).sum().backward()
        #expect(try gradient(x) == [60, 60])
        #expect(try gradient(y) == [3, 3, 3])
        #expect(x.grad?.shape == [2] && y.grad?.shape == [3, 1])
    }

    @Test func aFreedGraphSaysSo() throws {
        let x = try leaf(1, 2)
        let y = try (x * x).sum()
        try y.backward()
        #expect(try message { try y.backward() }?.contains("retain_graph") == true)
        let z = try (x * x).sum()
        try z.backward(retainGraph: true)
        try z.backward()
        #expect(try gradient(x) == [6, 12])
    }

    @Test func whatNeedsNoGradientIsNotRecorded() throws {
        let x = try leaf(1, 2)
        let inside = try GradMode.$isEnabled.withValue(false) { try x * 2 }
        #expect(!inside.requiresGrad && inside.isLeaf)
        #expect(try !(vector(1) * 2).requiresGrad)
        #expect(try message { try inside.sum().backward() }?.contains("requires a gradient") == true)
        #expect(try message { try (x * 2).backward() }?.contains("not a single number") == true)
    }

    @Test func detachedValuesAreConstants() throws {
        let x = try leaf(3)
        let y = try x * x
        try (y.detached() * x).sum().backward()
        #expect(try gradient(x) == [9])
        #expect(y.detached().value.storage === y.value.storage)
    }

    @Test func clonesPassGradientsAndShareNoMemory() throws {
        let x = try leaf(3)
        let copy = try x.clone()
        #expect(copy.value.storage !== x.value.storage)
        try (copy * copy).sum().backward()
        #expect(try gradient(x) == [6])
    }

    @Test func gradientsShareNoMemory() throws {
        let (x, y) = (try leaf(1), try leaf(2))
        let seed = try vector(5)
        try (x + y).backward(seed)
        let (a, b) = (try #require(x.grad), try #require(y.grad))
        #expect(a.value.storage !== b.value.storage && a.value.storage !== seed.value.storage)
        let (v, w) = (try leaf(1), try leaf(2))
        try (v + w).backward(vector(1), createGraph: true)
        #expect(v.grad !== w.grad)
        #expect(v.grad?.value.storage !== w.grad?.value.storage)
    }

    @Test func branchesThatAreNotNeededAreNotRun() throws {
        let (x, other) = (try leaf(2), try leaf(3))
        // The rule of `other * other` could not run, as its value was overwritten; but no leaf asks for its gradient.
        let side = try other * other
        try other.value.fill(0)
        let result = try Transform.valueAndGradient(of: { [try ($0[0] * 2 + side).sum()] }, at: [x], for: "test")
        #expect(try result.gradients[0].value.toArray() == [2])
    }

    @Test func resultsHaveTheTypeOfTheLeaf() throws {
        let (single, double) = (try leaf(0.1, dtype: .float32), try leaf(0.1))
        let product = try single * double
        #expect(product.dtype == .float64)
        try product.sum().backward()
        #expect(single.grad?.dtype == .float32 && double.grad?.dtype == .float64)
        #expect(try gradient(single) == [Double(Float(0.1))])
        // A cotangent of the other floating type is converted.
        let root = try leaf(1, dtype: .float32)
        try root.backward(vector(2))
        #expect(root.grad?.dtype == .float32)
    }

    @Test func deepChainsAreDifferentiated() throws {
        let x = try leaf(1)
        var y = x
        for _ in 0..<deep { y = try y + 1 }
        try y.sum().backward()
        #expect(try gradient(x) == [1])
    }

    @Test func deepChainsAreFreedWithoutRecursion() throws {
        let x = try leaf(1)
        var chain: Variable? = x
        for _ in 0..<deep { chain = try chain.map { try $0 * 1 } }
        chain = nil
        // Every link has two inputs from the chain, and all results are kept.
        var pair = try (x * 1, x * 1)
        for _ in 0..<(deep / 5) { pair = (try pair.0 + pair.1, try pair.1.tanh()) }
        pair = (x, x)
        let kept = try x.exp()
        var last = kept
        for _ in 0..<(deep / 5) { last = try last.exp().log() }
        last = x
        #expect(try kept.value.toArray().count == 1)
    }

    @Test func constantsOfTheGraphAreFreedWithIt() throws {
        weak var storage: Storage?
        let x = try leaf(1, 2)
        do {
            let constant = try vector(3, 4)
            storage = constant.value.storage
            let y = try (x * constant).sum()
            #expect(storage != nil)
            try y.backward()
        }
        #expect(storage == nil)
    }

    @Test func valuesOfTransformsHoldNoGraph() throws {
        let x = try vector(3)
        let (values, gradients) = try Transform.valueAndGradient(
            of: { [try ($0[0] * $0[0]).sum()] }, at: [x], for: "test")
        #expect(!values[0].requiresGrad && !gradients[0].requiresGrad)
        #expect(try !Transform.vjp(of: { [try $0[0].exp()] }, at: x, nil, for: "test").value.requiresGrad)
        #expect(try !Transform.jvp(of: { [try $0[0].exp()] }, at: x, vector(1), for: "test").value.requiresGrad)
        // Where the function reads an outer leaf, both results are recorded with respect to it.
        let w = try leaf(5)
        let outer = try Transform.valueAndGradient(of: { [try ($0[0] * w).sum()] }, at: [x], for: "test")
        try (outer.values[0] + outer.gradients[0].sum()).backward()
        #expect(try gradient(w) == [4])
    }
}
