import Foundation
import LawChecks
import Scripting
import Testing

@testable import Optimizers

/// Every name is documented, and every example runs as it stands.
@Suite struct DocumentationTests {
    static let all: [NativeFunction] = {
        let module = OptimModule(adding: [SignDescent.declaration])
        return module.functions
            + module.types.flatMap { $0.methods + $0.properties + $0.setters + Array($0.operators.values) }
    }()

    @Test func everyNameOfTheContractIsThereOnce() {
        let names = OptimModule().functions.map(\.name)
        let wanted = [
            "SGD", "Adam", "AdamW", "RMSprop", "LBFGS", "projected_gradient", "fista", "admm", "douglas_rachford",
            "mirror_descent",
        ]
        for name in wanted { #expect(names.contains("optim.\(name)"), "\(name)") }
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

    /// The defaults that a signature states are those of the code, which tostring shows.
    @Test(arguments: OptimizerTests.names) func defaultsAreThoseOfTheSignature(_ name: String) throws {
        let function = try #require(Self.all.first { $0.name == "optim.\(name)" })
        let stated =
            function.documentation.signature.drop { $0 != "{" }.prefix { $0 != ">" }.split(separator: "}) -").first
            ?? ""
        let spelt = stated.dropFirst().replacingOccurrences(of: "\"strong_wolfe\" or ", with: "")
            .replacingOccurrences(of: "max_iter * 5 // 4", with: "25")
        let scripts = try Scripts()
        let made = try scripts.run(
            "return tostring(optim.\(name)(tensor({1}))), tostring(optim.\(name)(tensor({1}), {\(spelt)}))")
        guard let plain = made.first?.asText, let explicit = made.last?.asText else {
            Issue.record("no text")
            return
        }
        #expect(plain == explicit)
    }
}
