import LawChecks
import Scripting
import Testing

import Samplers

/// Every name is documented, and every example runs as it stands.
@Suite struct DocumentationTests {
    static let all: [NativeFunction] = {
        let module = MonteCarloModule()
        return module.functions
            + module.types.flatMap { $0.methods + $0.properties + $0.setters + Array($0.operators.values) }
    }()

    @Test func everyNameOfTheContractIsThereOnce() {
        let names = MonteCarloModule().functions.map(\.name)
        let contract = [
            "importance_sampling", "ess", "khat", "psis", "standard_error", "score_function", "reparameterization",
            "baselines.mean", "baselines.leave_one_out",
        ]
        for name in contract { #expect(names.contains("montecarlo.\(name)"), "\(name)") }
        #expect(Set(names).count == names.count)
    }

    @Test(arguments: all.indices) func examplesRunAndAssert(_ index: Int) throws {
        let function = Self.all[index]
        #expect(
            !function.documentation.signature.isEmpty && !function.documentation.summary.isEmpty, "\(function.name)")
        let example = try #require(function.documentation.example, "\(function.name) has no example")
        #expect(example.contains("assert("), "\(function.name)")
        let message = try Scripts().message(example)
        #expect(message == "no error", "\(function.name): \(message)")
    }
}
