import Autodiff
import Distributions
import LawChecks
import Scripting
import Tensors
import Testing

/// The module as scripts call it.
@Suite struct BindingTests {
    private let binding = DistributionObject.binding
    private func call(_ name: String, _ arguments: Value...) throws -> Value {
        let all = binding.methods + binding.properties + Array(binding.operators.values)
        let function = try #require(all.first { $0.shortName == name })
        return try function.call(arguments).first ?? .none
    }
    private func tensor(_ value: Value) throws -> Variable {
        guard case .object(let object as Variable) = value else {
            throw ScriptError("test", "a tensor expected, got \(value.shown)")
        }
        return object
    }
    private func normal() throws -> Value {
        .object(DistributionObject(try make("Normal", [.integer(0), .sequence([.integer(1), .integer(2)])])))
    }

    @Test func everyNameOfTheContractIsThere() {
        let names = DistributionModule().functions.map(\.shortName)
        let contract = [
            "Normal", "Logistic", "Uniform", "Bernoulli", "Categorical", "Exponential", "Laplace", "Gamma", "Beta",
            "Dirichlet", "Poisson", "StudentT",
            "MultivariateNormal", "Mixture", "Binomial", "NegativeBinomial", "Geometric", "Multinomial", "LogNormal",
            "HalfNormal", "Cauchy", "Gumbel",
            "Weibull", "Pareto", "ChiSquared", "InverseGamma", "VonMises", "Truncated", "Law", "kl_divergence",
        ]
        for name in contract { #expect(names.contains(name), "\(name)") }
        #expect(
            names == Catalogue.distributions.map { NativeFunction($0.declaration).shortName } + [
                "Law", "kl_divergence",
            ])
        #expect(Set(names).count == names.count)
        #expect(
            binding.methods.map(\.shortName)
                == [
                    "sample", "rsample", "log_prob", "cdf", "log_cdf", "survival", "log_survival", "icdf", "support",
                    "entropy",
                ])
        for name in ["mean", "variance", "stddev"] { #expect(binding.properties.contains { $0.shortName == name }) }
    }

    @Test func everyNameIsDocumentedWithAnExampleThatAsserts() {
        for function in DistributionModule().functions + binding.methods + binding.properties
            + Array(binding.operators.values)
        {
            #expect(
                !function.documentation.signature.isEmpty && !function.documentation.summary.isEmpty, "\(function.name)"
            )
            #expect(function.documentation.example?.contains("assert(") == true, "\(function.name)")
        }
    }

    @Test func shapesOfDraws() throws {
        let distribution = try normal()
        #expect(try tensor(call("sample", distribution)).shape == [2])
        #expect(try tensor(call("sample", distribution, .sequence([.integer(3), .integer(4)]))).shape == [3, 4, 2])
        #expect(try tensor(call("sample", distribution, .integer(3))).shape == [3, 2])
        #expect(try tensor(call("rsample", distribution, .sequence([]))).shape == [2])
        let seeded = Value.options(("generator", .object(Generator(seed: 4))))
        let again = Value.options(("generator", .object(Generator(seed: 4))))
        let (a, b) = (
            try tensor(call("sample", distribution, .sequence([.integer(5)]), seeded)),
            try tensor(call("rsample", distribution, .sequence([.integer(5)]), again))
        )
        #expect(try a.value.toArray() == b.value.toArray())
        #expect(
            try tensor(call("sample", distribution, .options(("generator", .object(Generator(seed: 4)))))).shape == [2])
    }

    @Test func wrongArgumentsAreNamed() throws {
        let distribution = try normal()
        #expect(
            message { _ = try call("sample", distribution, .sequence([.integer(-1)])) }
                == "distribution:sample: argument 2 (shape): size 1: a whole number from 0 expected, got -1")
        #expect(
            message { _ = try call("sample", distribution, .string("x")) }
                == "distribution:sample: argument 2 (shape): a shape such as {2, 3} expected, got \"x\"")
        #expect(
            message { _ = try call("sample", distribution, .integer(1), .options(("generatr", .integer(1)))) }
                == """
                    distribution:sample: unknown option generatr (did you mean \"generator\"?); the options are shape, \
                    generator
                    """
        )
        #expect(
            message { _ = try call("log_prob", distribution, .string("x")) }
                == "distribution:log_prob: argument 2 (x): a number, a tensor or a table of numbers expected, got \"x\""
        )
        #expect(
            message { _ = try call("log_prob", distribution, .tensor(Tensor([1, 2, 3], shape: [3]))) }
                == "distribution:log_prob: x of shape (3) does not broadcast with distribution.Normal's batch (2)")
        let vectors = Value.object(DistributionObject(try make("Dirichlet", [.sequence([.integer(1), .integer(2)])])))
        #expect(
            message { _ = try call("log_prob", vectors, .tensor(Tensor([1, 2, 3], shape: [3]))) }
                == "distribution:log_prob: x has shape (3); events of distribution.Dirichlet have shape (2)")
        #expect(
            message { _ = try call("cdf", vectors, .integer(0)) }
                == "distribution:cdf: distribution.Dirichlet draws vectors and has no cdf")
        #expect(
            message { _ = try call("entropy", .integer(1)) }
                == "distribution:entropy: argument 1 (d): a distribution expected, got 1")
        #expect(
            message { _ = try call("sample", distribution, .sequence([.integer(1 << 40), .integer(1 << 40)])) }
                .contains("too many elements"))
        let logistic = try make("Logistic", [.integer(0), .integer(1)])
        #expect(
            message { _ = try Divergence.kullbackLeibler(logistic, logistic) }
                == """
                    distribution.kl_divergence: no closed form for Logistic and Logistic; average p:log_prob(x) - \
                    q:log_prob(x) over x = p:sample({n}) instead
                    """
        )
    }

    @Test func propertiesAndDescription() throws {
        let distribution = try normal()
        #expect(try tensor(call("scale", distribution)).value.toArray() == [1, 2])
        #expect(try tensor(call("stddev", distribution)).value.toArray() == [1, 2])
        if case .none = try call("rate", distribution) {} else { Issue.record("a Normal with a rate") }
        guard let text = try call("tostring", distribution).asText else { Issue.record("no text"); return }
        #expect(text == "distribution.Normal(loc = 0, scale = (2))")
    }

    /// Writing into a tensor that a property returned changes no parameter.
    @Test func momentsAreCopies() throws {
        let loc = Variable(try Tensor([1, 2], shape: [2]))
        let distribution = try Normal(loc, Variable(Tensor(1)))
        try distribution.mean().value.fill(9)
        #expect(try loc.value.toArray() == [1, 2])
        let rate = Variable(try Tensor([1, 2], shape: [2]))
        try Poisson(rate).variance().value.fill(9)
        #expect(try rate.value.toArray() == [1, 2])
    }
}
