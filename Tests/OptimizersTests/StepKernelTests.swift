import LawChecks
import Scripting
import Tensors
import Testing

@testable import Optimizers

/// The kernel of every method against the method's formula, element by element.
@Suite struct StepKernelTests {
    private static let flags = [false, true]

    /// Rules with every combination of the methods' switches.
    private static var rules: [(label: String, rule: any ElementRule)] {
        var rules: [(label: String, rule: any ElementRule)] = []
        for maximize in flags {
            for decay in [0, 0.1] {
                for option in flags {
                    for decaysWeights in flags {
                        var adam = Adam()
                        (adam.lr, adam.maximize, adam.weightDecay, adam.amsgrad) = (0.1, maximize, decay, option)
                        rules.append(
                            (
                                "\(adam), decays weights \(decaysWeights)",
                                Adam.Rule(settings: adam, step: 3, decaysWeights: decaysWeights)
                            ))
                        var rms = RMSprop()
                        (rms.maximize, rms.weightDecay, rms.centered, rms.momentum) = (
                            maximize, decay, option, decaysWeights ? 0.7 : 0
                        )
                        rules.append(("\(rms)", RMSprop.Rule(settings: rms)))
                        for (momentum, nesterov) in [(0, false), (0.8, false), (0.8, true)] {
                            var sgd = SGD()
                            (sgd.lr, sgd.maximize, sgd.weightDecay, sgd.momentum) = (0.1, maximize, decay, momentum)
                            (sgd.dampening, sgd.nesterov) = (option && !nesterov ? 0.3 : 0, nesterov)
                            rules.append(
                                ("\(sgd), first step \(decaysWeights)", SGD.Rule(settings: sgd, isFirst: decaysWeights))
                            )
                        }
                    }
                }
            }
        }
        return rules
    }

    /// Tensors that are contiguous, stored by columns, and strided with gaps.
    private func layouts(_ generator: Generator, _ dtype: DType) throws -> [(label: String, x: Tensor)] {
        func normals(_ shape: [Int]) throws -> Tensor { try generator.normals(shape, dtype, for: "test") }
        return [
            ("contiguous", try normals([5, 7])), ("by columns", try normals([7, 5]).transpose(0, 1)),
            ("with gaps", try normals([5, 9]).slice(1, from: 1, count: 7)), ("of one number", try normals([])),
            ("empty", try normals([0, 3])),
        ]
    }

    private func check<T: TensorElement>(_ rule: some ElementRule, _ label: String, _: T.Type) throws {
        let generator = Generator(seed: 5)
        for (layout, x) in try layouts(generator, T.dtype) {
            for gradientLayout in ["its own", "x's"] {
                var gradient = try generator.normals(x.shape, T.dtype, for: "test")
                if gradientLayout == "x's" { gradient = try gradient.copy(inOrderOf: x.layout) }
                // Means of squares must be at least the squares of the means.
                let memories = try [2.0, 0, 0].map { least in
                    try generator.normals(x.shape, T.dtype, for: "test").map(Mean(least: least)).copy(
                        inOrderOf: x.layout)
                }
                var expected = try ([x, gradient] + memories).map { try $0.toArray().map { T($0) } }
                for i in 0..<x.count {
                    var (x, first, second, third) = (expected[0][i], expected[2][i], expected[3][i], expected[4][i])
                    rule(&x, expected[1][i], &first, &second, &third)
                    (expected[0][i], expected[2][i], expected[3][i], expected[4][i]) = (x, first, second, third)
                }
                let version = x.storage.version
                try rule.apply(to: x, gradient: gradient, memories: memories)
                #expect(x.storage.version > version)
                for (name, (actual, wanted)) in zip(
                    ["x", "first", "second", "third"], zip([x] + memories, [expected[0]] + expected[2...]))
                {
                    for (index, (a, b)) in zip(try actual.toArray(), wanted).enumerated() {
                        let tolerance = T.dtype == .float64 ? 1e-13 : 1e-5
                        guard abs(a - Double(b)) <= tolerance * max(1, abs(a)) else {
                            Issue.record(
                                """
                                \(label), \(T.dtype) \(layout), gradient in \(gradientLayout) order: \(name)[\(index)] \
                                is \(a), by the formula \(b)
                                """
                            )
                            return
                        }
                    }
                }
            }
        }
    }

    private struct Mean: UnaryFunction {
        let least: Double
        func callAsFunction<T: TensorElement>(_ x: T) -> T { T(least) + min(x * x, 1) }
    }

    @Test func computesTheFormula() throws {
        for (label, rule) in Self.rules {
            try check(rule, label, Double.self)
            try check(rule, label, Float.self)
        }
    }

    @Test func theBitsAreTheSameForEveryNumberOfThreads() throws {
        for (label, rule) in Self.rules {
            let results = try [1, 2, 4].map { threads in
                try ThreadCount.$current.withValue(try ThreadCount(threads)) {
                    let generator = Generator(seed: 6)
                    let (x, gradient) = (
                        try generator.normals([60_001], .float32, for: "test"),
                        try generator.normals([60_001], .float32, for: "test")
                    )
                    let memories = try [2.0, 0, 0].map { least in
                        try generator.normals(x.shape, .float32, for: "test").map(Mean(least: least))
                    }
                    try rule.apply(to: x, gradient: gradient, memories: memories)
                    return try ([x] + memories).flatMap { try $0.toArray().map(\.bitPattern) }
                }
            }
            #expect(results[1] == results[0] && results[2] == results[0], "\(label)")
        }
    }

    /// An optimiser's memory has the parameter's order, and a saved state is in row-major order whatever that was.
    @Test func statesDoNotKnowTheOrderInMemory() throws {
        let difference = try Scripts().number("""
            local w = tensor({{1, 2, 3}, {4, 5, 6}})
            local function run(x)
              local opt = optim.Adam({x}, {lr = 0.1})
              for step = 1, 3 do
                opt:zero_grad()
                local loss = (x ^ 3):sum()
                loss:backward()
                opt:step()
              end
              local other = optim.Adam({x}, {lr = 0.1})
              other:load_state_dict(opt:state_dict())
              local loss = (x ^ 3):sum()
              loss:backward()
              other:step()
              return x:detach():clone(), other:state_dict()["1.exp_avg"], other:state_dict()["1.exp_avg_sq"]
            end
            local x, m, v = run(w:clone())
            local x2, m2, v2 = run(w:t():clone():t())
            return ((x - x2):abs():sum() + (m - m2):abs():sum() + (v - v2):abs():sum()):item()
            """)
        #expect(difference == 0)
    }
}
