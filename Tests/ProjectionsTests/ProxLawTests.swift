import Autodiff
import Scripting
import Tensors
import Testing

@testable import Projections

/// The laws of every function in prox's catalogue and of its conjugate, on the examples that the functions provide.
@Suite struct ProxLawTests {
    /// Each function, its conjugate, and the conjugate's conjugate.
    private func functions() throws -> [FunctionExample] {
        try FunctionCatalogue.functions.flatMap { type in
            let examples = try type.examples()
            #expect(!examples.isEmpty, "\(type) gives no examples")
            return examples.flatMap { [$0, FunctionExample($0.function.conjugate(), shape: $0.shape)] }
        }
    }

    private static let steps = [0.1, 1, 3]

    private func point(_ points: inout Points, _ shape: [Int], _ scale: Double) throws -> Tensor {
        try float64(points.vector(try Shape.count(shape), scale: scale), shape)
    }

    /// The objective of the proximal map: f(y) + |y - x|^2 / (2 step).
    private func objective(_ f: any ProximalFunction, _ y: Tensor, _ x: Tensor, _ step: Double) throws -> Double {
        let distance = norm(zip(try x.toArray(), try y.toArray()).map { $0 - $1 })
        return try f.value(y) + distance * distance / (2 * step)
    }

    /// No point of a random search, which narrows around the best point so far, has a lower objective.
    @Test func nothingIsBetter() throws {
        var points = Points(seed: 51)
        for example in try functions() {
            for step in Self.steps {
                let x = try point(&points, example.shape, 3)
                let y = try example.function.prox(x, step: step)
                let best = try objective(example.function, y, x, step)
                #expect(best.isFinite, "\(example.function) at \(shown(x)), step \(step): P(x) is outside its domain")
                for k in 0..<400 {
                    let scale = [3, 0.3, 1e-2, 1e-4][k % 4]
                    var near = zip(try y.toArray(), points.vector(y.count, scale: scale)).map { $0 + $1 }
                    // A change of one element alone, or towards x or 0, where the kinks are.
                    if k % 5 == 1 { near = try y.toArray(); near[k % near.count] += scale * points.number() }
                    if k % 5 == 2 { near = zip(try y.toArray(), try x.toArray()).map { $0 + scale / 3 * ($1 - $0) } }
                    if k % 5 == 3 { near = try y.toArray().map { $0 * (1 - scale / 3) } }
                    let other = try objective(example.function, float64(near, example.shape), x, step)
                    #expect(
                        other >= best - 1e-9 * max(1, abs(best)),
                        """
                        \(example.function) at \(shown(x)), step \(step): \(format(near)) gives \(other), \
                        \(shown(y)) only \(best)
                        """
                    )
                }
            }
        }
    }

    /// Moreau's decomposition x = prox_f(x, step) + step prox_f*(x / step, 1 / step), for the function and its
    /// conjugate.
    @Test func moreauDecomposes() throws {
        var points = Points(seed: 52)
        for example in try functions() {
            for step in Self.steps {
                let x = try point(&points, example.shape, 3)
                let dual = example.function.conjugate()
                let scaled = try float64(x.toArray().map { $0 / step }, example.shape)
                let parts = zip(
                    try example.function.prox(x, step: step).toArray(), try dual.prox(scaled, step: 1 / step).toArray())
                for (part, whole) in zip(parts, try x.toArray()) {
                    #expect(
                        abs(part.0 + step * part.1 - whole) < 1e-12 * max(1, abs(whole)),
                        "\(example.function), step \(step), at \(shown(x))")
                }
                #expect("\(dual.conjugate())" == "\(example.function)")
            }
        }
    }

    /// f(x) + f*(y) >= <x, y>, with equality where y is the subgradient that the proximal map gives: both values are
    /// right.
    @Test func valuesAreConjugate() throws {
        var points = Points(seed: 53)
        for example in try functions() {
            let dual = example.function.conjugate()
            for step in Self.steps {
                let start = try point(&points, example.shape, 3)
                let x = try example.function.prox(start, step: step)
                let slope = zip(try start.toArray(), try x.toArray()).map { ($0 - $1) / step }
                let values = try example.function.value(x) + dual.value(float64(slope, example.shape))
                let inner = dot(try x.toArray(), slope)
                #expect(
                    abs(values - inner) < 1e-8 * max(1, abs(inner)),
                    "\(example.function) at \(shown(x)): \(values), \(inner)")
                for _ in 0..<10 {
                    let (a, b) = (try point(&points, example.shape, 1), try point(&points, example.shape, 1))
                    let sum = try example.function.value(a) + dual.value(b)
                    let inner = dot(try a.toArray(), try b.toArray())
                    #expect(
                        sum >= inner - 1e-9, "\(example.function) at \(shown(a)) and \(shown(b)): \(sum) < \(inner)")
                }
            }
        }
    }

    /// Firmly non-expansive: |Px - Py|^2 + |(x - Px) - (y - Py)|^2 <= |x - y|^2, in both dtypes. The result has x's
    /// shape and dtype.
    @Test func isFirmlyNonexpansive() throws {
        var points = Points(seed: 54)
        for example in try functions() {
            for dtype in [DType.float64, .float32] {
                for step in Self.steps {
                    let pair = try (0..<2).map { _ in try point(&points, example.shape, 2).copy(dtype) }
                    let images = try pair.map { try example.function.prox($0, step: step) }
                    #expect(images.allSatisfy { $0.dtype == dtype && $0.shape == example.shape }, "\(example.function)")
                    let (x, y) = (try pair.map { try $0.toArray() }, try images.map { try $0.toArray() })
                    let apart = norm(zip(x[0], x[1]).map { $0 - $1 })
                    let moved = norm(zip(y[0], y[1]).map { $0 - $1 })
                    let rests = norm(x[0].indices.map { (x[0][$0] - y[0][$0]) - (x[1][$0] - y[1][$0]) })
                    let tolerance = dtype == .float64 ? 1e-12 : 1e-5
                    #expect(
                        moved * moved + rests * rests <= apart * apart * (1 + tolerance) + tolerance,
                        "\(example.function), \(dtype), step \(step): \(format(x[0])), \(format(x[1]))")
                }
            }
        }
    }

    /// First and second derivatives of the map, the value and the envelope, whose gradient is (x - P(x)) / step.
    @Test func gradients() throws {
        var points = Points(seed: 55)
        for example in try functions() {
            let f = example.function
            for step in Self.steps {
                let x = Variable(try point(&points, example.shape, 2))
                let weights = Variable(try point(&points, example.shape, 1))
                func slope(_ x: Variable) throws -> Variable {
                    try Transform.valueAndGradient(
                        of: { [try (f.prox($0[0], step: step) * weights).sum()] }, at: [x], for: "test").gradients[0]
                }
                func bend(_ x: Variable) throws -> Variable {
                    try Transform.valueAndGradient(of: { [try f.envelope($0[0], step: step)] }, at: [x], for: "test")
                        .gradients[0]
                }
                let cases: [(String, ([Variable]) throws -> [Variable])] = [
                    ("map", { [try f.prox($0[0], step: step)] }), ("map, second order", { [try slope($0[0])] }),
                    ("envelope", { [try f.envelope($0[0], step: step)] }),
                    ("envelope, second order", { [try bend($0[0])] }),
                    ("value", { [try f.value(f.prox($0[0], step: step))] }),
                ]
                for (what, function) in cases {
                    // At a kink the value has several subgradients.
                    if what == "value", try !f.value(x.value).isFinite || f is Nuclear { continue }
                    let fault = try Transform.gradientCheck(
                        of: function, at: [x], step: 1e-5, absoluteTolerance: 1e-5, relativeTolerance: 1e-4, for: "test"
                    )
                    #expect(fault == nil, "\(f), step \(step), \(what), at \(shown(x.value)): \(fault ?? "")")
                }
                let gradient = try bend(x).value.toArray()
                let expected = zip(try x.value.toArray(), try f.prox(x.value, step: step).toArray()).map {
                    ($0 - $1) / step
                }
                for (a, b) in zip(gradient, expected) { #expect(abs(a - b) < 1e-12 * max(1, abs(b)), "\(f)") }
            }
        }
    }

    /// The gradient of each function's value, away from kinks.
    @Test func gradientsOfValues() throws {
        var points = Points(seed: 56)
        for example in try FunctionCatalogue.functions.flatMap({ try $0.examples() }) {
            let x = Variable(try point(&points, example.shape, 2))
            let fault = try Transform.gradientCheck(
                of: { [try example.function.value($0[0])] }, at: [x], absoluteTolerance: 1e-6, relativeTolerance: 1e-5,
                for: "test")
            #expect(fault == nil, "\(example.function) at \(shown(x.value)): \(fault ?? "")")
        }
    }

    @Test func whatIsRefused() throws {
        let cases: [(String, () throws -> Void)] = [
            ("prox.L1: weight is -1; a finite number from 0 expected", { _ = try L1(-1) }),
            (
                "prox.L1: x is nan at index 2; finite numbers expected",
                { _ = try L1(1).prox(float64([1, .nan]), step: 1) }
            ),
            ("prox.L1: step is 0; a finite number above 0 expected", { _ = try L1(1).prox(float64([1]), step: 0) }),
            ("prox.Huber: delta is 0; a finite number above 0 expected", { _ = try Huber(0) }),
            ("prox.Nuclear: x (3) is not a matrix", { _ = try Nuclear(1).value(float64([1, 2, 3])) }),
            (
                "prox.Group: position 2 is in two groups, or twice in group 2",
                { _ = try Group(1, groups: [[1, 2], [2]]) }
            ),
            (
                "prox.Group: 1099511627776 parts are more than can be gone through one by one",
                { _ = try Group(1).prox(Tensor.zeros([1 << 40, 0]), step: 1) }
            ),
            (
                "prox.Group: a group has the position 3, x (2) has 2 elements",
                { _ = try Group(1, groups: [[1, 3]]).prox(float64([1, 2]), step: 1) }
            ),
            (
                "prox.LeastSquares: A (1, 2) and b (2) do not fit: b of (1) expected",
                { _ = try LeastSquares(float64([1, 2], [1, 2]), float64([1, 2])) }
            ),
            (
                "prox.LeastSquares: A (1, 2) wants x of 2 elements, x (3) has 3",
                { _ = try LeastSquares(float64([1, 2], [1, 2]), float64([1])).value(float64([1, 2, 3])) }
            ),
        ]
        for (expected, body) in cases { #expect(message { try body() } == expected) }
    }

    @Test func everyNameOfTheContractIsThereAndDocumented() {
        let module = ProxModule()
        for name in ["L1", "L2", "Group", "Nuclear", "TV", "Huber"] {
            #expect(module.functions.contains { $0.shortName == name }, "\(name) is missing")
        }
        let binding = ProxObject.binding
        #expect(binding.methods.map(\.shortName) == ["prox", "value", "conjugate", "envelope"])
        for function in module.functions + binding.methods + binding.properties + Array(binding.operators.values) {
            #expect(
                function.documentation.example?.contains("assert(") == true,
                "\(function.name) has no example that asserts")
        }
    }

    /// Total variation on long signals: the constant pieces satisfy the optimality conditions at every level.
    @Test func longSignals() throws {
        var points = Points(seed: 57)
        for trial in 0..<40 {
            let n = [2, 5, 50, 400][trial % 4]
            var x = points.vector(n, scale: 1)
            // Signals with steps, ties, and a rising line.
            if trial % 3 == 1 { x = x.indices.map { x[$0 / 7 * 7 < n ? $0 / 7 * 7 : $0] } }
            if trial % 3 == 2 { x = x.map { ($0 * 3).rounded() } }
            let level = [0.01, 0.3, 2, 100][trial / 4 % 4]
            let y = EqualRuns(of: x, level: level).smoothed(level: level)
            // x - y is a difference of sums that are bounded by the level, and reach it wherever y changes.
            var sum = 0.0
            for i in x.indices {
                sum += x[i] - y[i]
                #expect(abs(sum) <= level * (1 + 1e-9) + 1e-9, "trial \(trial): \(sum) at \(i)")
                if i + 1 < n, y[i + 1] != y[i] {
                    #expect(
                        abs(sum + (y[i + 1] > y[i] ? level : -level)) < 1e-8 * max(1, level), "trial \(trial) at \(i)")
                }
            }
            #expect(abs(sum) < 1e-8 * max(1, level))
        }
    }
}
