import Autodiff
import Distributions
import LawChecks
import Scripting
import Tensors
import Testing

/// What every constructor accepts and refuses, with the messages scripts see.
@Suite struct ConstructorTests {
    private static func numbers(_ values: [Double]) -> Value { .sequence(values.map { .number($0) }) }
    private static func rows(_ rows: [[Double]]) -> Value { .sequence(rows.map(numbers)) }
    private static func distribution(_ name: String, _ arguments: [Value]) throws -> Value {
        .object(DistributionObject(try make(name, arguments)))
    }

    private static var refused: [(name: String, arguments: [Value], message: String)] {
        [
            (
                "Normal", [.integer(0), .sequence([.integer(1), .integer(-1)])],
                "scale[2] = -1: a positive number expected"
            ),
            ("Normal", [.integer(0), .integer(0)], "scale = 0: a positive number expected"),
            ("Normal", [.integer(0), .number(.nan)], "scale = nan: a positive number expected"),
            ("Normal", [.integer(0), .number(.infinity)], "scale = inf: a finite number expected"),
            ("Normal", [rows([[0, 1], [.nan, 2]]), .integer(1)], "loc[2, 1] = nan: a finite number expected"),
            ("Normal", [numbers([0, 1]), numbers([1, 2, 3])], "loc (2) and scale (3) do not broadcast"),
            (
                "Normal", [.integer(0)],
                "argument 2 (scale): a number, a tensor or a table of numbers expected, got nothing"
            ),
            (
                "Normal", [.string("a"), .integer(1)],
                "argument 1 (loc): a number, a tensor or a table of numbers expected, got \"a\""
            ),
            (
                "Normal", [.integer(0), .integer(1), .integer(2)],
                "argument 3 (options): a table of options expected, got 2"
            ),
            (
                "Normal", [.integer(0), .integer(1), .options(("dtyp", .string("float64")))],
                "unknown option dtyp (did you mean \"dtype\"?); the options are loc, scale, dtype"
            ),
            (
                "Normal", [.sequence([.sequence([.integer(1)]), .integer(2)]), .integer(1)],
                "argument 1 (loc): a number or a table of numbers expected at index 2 of the table, got 2"
            ),
            (
                "Normal", [rows([[0, 1], [1]]), .integer(1)],
                "argument 1 (loc): a rectangular table of numbers expected, got rows of 2 and 1"
            ),
            ("Logistic", [.integer(0), .integer(-2)], "scale = -2: a positive number expected"),
            ("Laplace", [.number(-.infinity), .integer(1)], "loc = -inf: a finite number expected"),
            ("Uniform", [.integer(0), numbers([1, 0])], "high[2] = 0: a number above low (0) expected"),
            ("Uniform", [.number(.nan), .integer(1)], "low = nan: a finite number expected"),
            ("Bernoulli", [.number(1.5)], "probs = 1.5: a number from 0 to 1 expected"),
            ("Bernoulli", [.options(("logits", .number(.nan)))], "logits = nan: a finite number expected"),
            ("Bernoulli", [], "probs or {logits = ...} expected, got nothing"),
            (
                "Bernoulli", [.number(0.5), .options(("logits", .number(0)))],
                "probs or {logits = ...} expected, got probs and logits"
            ),
            ("Categorical", [rows([[0.5, 0.5], [0, 0]])], "probs[2] sums to 0: a positive number expected"),
            ("Categorical", [numbers([1.5, -0.5])], "probs[2] = -0.5: a number from 0 expected"),
            ("Categorical", [numbers([1, .infinity])], "probs[2] = inf: a finite number expected"),
            (
                "Categorical", [numbers([1, 1]), .options(("probs", numbers([1, 1])))],
                "probs is given twice, as argument 1 and as an option"
            ),
            ("Categorical", [.integer(1)], "probs of shape (): a vector expected, or a batch of them"),
            ("Categorical", [.options(("logits", numbers([-.infinity, -.infinity])))], "logits: every logit is -inf"),
            ("Categorical", [.options(("logits", numbers([0, .nan])))], "logits[2] = nan: a number or -inf expected"),
            ("Exponential", [.integer(0)], "rate = 0: a positive number expected"),
            ("Gamma", [.integer(-1), .integer(1)], "concentration = -1: a positive number expected"),
            ("Gamma", [.integer(1), numbers([1, 0])], "rate[2] = 0: a positive number expected"),
            ("Beta", [.integer(0), .integer(1)], "concentration1 = 0: a positive number expected"),
            ("Beta", [.integer(1), .integer(-1)], "concentration0 = -1: a positive number expected"),
            ("Dirichlet", [.integer(1)], "concentration of shape (): a vector expected, or a batch of them"),
            ("Dirichlet", [numbers([1, 0])], "concentration[2] = 0: a positive number expected"),
            ("Poisson", [.number(-0.5)], "rate = -0.5: a number from 0 expected"),
            ("Poisson", [.number(.infinity)], "rate = inf: a finite number expected"),
            ("StudentT", [.integer(0)], "df = 0: a positive number expected"),
            ("StudentT", [], "argument 1 (df): a number, a tensor or a table of numbers expected, got nothing"),
            (
                "MultivariateNormal", [numbers([0, 0]), rows([[1, 2], [2, 1]])],
                "covariance: the matrix is not positive definite: its leading minor of order 2 is not"
            ),
            (
                "MultivariateNormal", [numbers([0, 0]), rows([[1, 0.5], [0.25, 1]])],
                "covariance[1, 2] = 0.5: a symmetric matrix expected, its mirror is 0.25"
            ),
            (
                "MultivariateNormal", [numbers([0, 0, 0]), rows([[1, 0], [0, 1]])],
                "loc (3) and covariance (2, 2) do not fit: (..., d) and (..., d, d) expected"
            ),
            (
                "MultivariateNormal", [numbers([0, 0]), .options(("scale_tril", rows([[1, 1], [0, 1]])))],
                "scale_tril[1, 2] = 1: 0, above the diagonal, expected"
            ),
            (
                "MultivariateNormal", [numbers([0, 0]), .options(("scale_tril", rows([[1, 0], [3, -1]])))],
                "scale_tril[2, 2] = -1: a positive number expected"
            ),
            (
                "MultivariateNormal", [.integer(0), rows([[1]])],
                "loc () and covariance (1, 1) do not fit: (..., d) and (..., d, d) expected"
            ),
            (
                "Binomial", [.number(2.5), .number(0.5)],
                "total_count = 2.5: a whole number from 0 (up to 2^53) expected"
            ),
            ("Binomial", [.integer(2), .number(1.5)], "probs = 1.5: a number from 0 to 1 expected"),
            ("Binomial", [.integer(2)], "probs or {logits = ...} expected, got nothing"),
            ("NegativeBinomial", [.integer(2), .integer(1)], "probs = 1: a number from 0, below 1 expected"),
            ("NegativeBinomial", [.integer(0), .number(0.5)], "total_count = 0: a positive number expected"),
            ("Geometric", [.integer(0)], "probs = 0: a number above 0, up to 1 expected"),
            (
                "Multinomial", [numbers([1, 2]), numbers([1, 1])],
                "total_count of shape (2): one number for all expected"
            ),
            ("Multinomial", [.integer(1), numbers([0, 0])], "probs sums to 0: a positive number expected"),
            ("Pareto", [.integer(1), .integer(0)], "alpha = 0: a positive number expected"),
            ("Weibull", [numbers([1, 2]), numbers([1, 2, 3])], "scale (2) and concentration (3) do not broadcast"),
            ("VonMises", [.integer(0), .integer(0)], "concentration = 0: a positive number expected"),
            ("Truncated", [.integer(0), .integer(0)], "argument 1 (d): a distribution expected, got 0"),
            (
                "Mixture", [numbers([0.5, 0.5]), .sequence([.integer(1), .integer(2)])],
                "argument 2 (components): element 1: a distribution expected, got 1"
            ),
            (
                "Mixture", [numbers([1]), .sequence([])],
                "weights of shape (1) and 0 components: one weight per component, at least one, expected"
            ),
        ]
    }

    @Test func refusedArguments() throws {
        for (name, arguments, expected) in Self.refused {
            #expect(message { _ = try make(name, arguments) } == "distribution.\(name): \(expected)")
        }
        let normal = try Self.distribution("Normal", [.integer(0), .integer(1)])
        let vector = try Self.distribution("Dirichlet", [Self.numbers([1, 1])])
        #expect(
            message { _ = try make("Mixture", [Self.numbers([0, 0]), .sequence([normal, normal])]) }
                == "distribution.Mixture: weights sums to 0: a positive number expected")
        #expect(
            message { _ = try make("Mixture", [Self.numbers([0.5, 0.5]), .sequence([normal, vector])]) }
                == "distribution.Mixture: components[2] has events of shape (2): () expected, as of the first")
        #expect(
            message { _ = try make("Mixture", [Self.numbers([0.5, 0.5]), normal]) }
                == """
                    distribution.Mixture: weights of shape (2) and a distribution of batch (): the same last dimension \
                    expected
                    """
        )
        // Of one that is truncated already the ends are narrowed; what is left may be nothing.
        let once = try Self.distribution("Truncated", [normal, .integer(-1), .integer(1)])
        #expect(message { _ = try make("Truncated", [once, .integer(2), .integer(3)]) }.contains("no probability"))
        var nested = once
        for _ in 0..<20 { nested = try Self.distribution("Truncated", [nested, .number(-2), .number(0.5)]) }
        #expect(
            message { _ = try make("Truncated", [nested, .number(0.6), .number(1)]) }
                == message {
                    let narrow = try Self.distribution("Truncated", [normal, .integer(-1), .number(0.5)])
                    _ = try make("Truncated", [narrow, .number(0.6), .number(1)])
                })
        #expect(
            message { _ = try make("Truncated", [normal, .integer(1), .integer(0)]) }
                == "distribution.Truncated: high = 0: a number above low (1) expected")
        #expect(message { _ = try make("Truncated", [vector, .integer(0), .integer(1)]) }.contains("d draws vectors"))
        #expect(
            message {
                _ = try make("Truncated", [Self.distribution("Poisson", [.integer(1)]), .integer(0), .integer(1)])
            }.contains("d draws whole numbers"))
        #expect(
            message {
                _ = try make(
                    "Truncated", [Self.distribution("Beta", [.integer(1), .integer(1)]), .integer(2), .integer(3)])
            }
            .contains("has no probability from low to high"))
        // Deeply nested mixtures end in an error, not in a stack overflow.
        var deep = normal
        let text = message {
            for _ in 0..<100 { deep = try Self.distribution("Mixture", [Self.numbers([1]), .sequence([deep])]) }
        }
        #expect(text == "distribution.Mixture: mixtures nested deeper than 16")
    }

    @Test func acceptedArguments() throws {
        let accepted: [(String, [Value], [Int])] = [
            ("Normal", [.integer(0), .number(1e-30)], []),
            ("Normal", [Self.rows([[0], [1]]), Self.numbers([1, 2, 3])], [2, 3]),
            ("Uniform", [.integer(-1), .integer(1)], []), ("Bernoulli", [Self.numbers([0, 1])], [2]),
            ("Bernoulli", [.options(("logits", .integer(0)))], []),
            ("Categorical", [Self.numbers([0, 1])], []),
            ("Categorical", [.options(("logits", Self.numbers([0, -.infinity])))], []),
            ("Poisson", [.integer(0)], []), ("StudentT", [.integer(3), .none, .integer(2)], []),
            ("StudentT", [.number(0.1)], []),
            ("Dirichlet", [Self.rows([[1, 2], [3, 4]])], [2]),
            ("MultivariateNormal", [Self.numbers([0]), Self.rows([[2]])], []),
            ("Normal", [.options(("loc", Self.numbers([1, 2])), ("scale", .integer(1)))], [2]),
            ("Normal", [.integer(0), .options(("scale", .integer(1)))], []),
            ("Bernoulli", [.options(("probs", .number(0.5)))], []),
            ("Categorical", [.options(("probs", Self.numbers([2, 2])))], []),
            ("StudentT", [.options(("df", .integer(3)), ("scale", .integer(2)))], []),
            ("Uniform", [.options(("low", .integer(0)), ("high", .integer(1)))], []),
            ("Gamma", [.options(("concentration", .integer(1)), ("rate", .integer(1)))], []),
            ("Poisson", [.options(("rate", .integer(1)))], []),
            ("Beta", [.options(("concentration1", .integer(1)), ("concentration0", .integer(1)))], []),
            ("Dirichlet", [.options(("concentration", Self.numbers([1, 2])))], []),
            ("MultivariateNormal", [.options(("loc", Self.numbers([0])), ("covariance_matrix", Self.rows([[2]])))], []),
            ("MultivariateNormal", [.options(("loc", Self.numbers([0])), ("scale_tril", Self.rows([[2]])))], []),
        ]
        for (name, arguments, batch) in accepted {
            let distribution = try make(name, arguments)
            #expect(distribution.batchShape == batch && distribution.dtype == .float32, "\(distribution.description)")
        }
        // Weights are divided by their sum.
        guard let fair = try make("Categorical", [Self.numbers([2, 6])]) as? Categorical else {
            throw ScriptError("test", "no Categorical")
        }
        #expect(try fair.probs.value.toArray() == [0.25, 0.75])
        #expect(try make("Normal", [.integer(0), .tensor(Tensor(1, .float64))]).dtype == .float64)
        #expect(
            try make("Normal", [.integer(0), .integer(1), .options(("dtype", .string("float64")))]).dtype == .float64)
        // Batches may be empty.
        let empty = try Normal(Variable(Tensor([], shape: [0])), Variable(Tensor(1)))
        #expect(try empty.sample([3], from: Generator(seed: 1)).shape == [3, 0])
        #expect(try empty.logProbability(scalar(1)).shape == [0])
    }
}
