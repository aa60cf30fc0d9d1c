import Autodiff
import LawChecks
import Scripting
import Testing

/// The laws, over the whole catalogue. The made-up operation is tested because it is listed there.
@Suite struct OperationLaws {
    @Test func gradientsAreWhatFiniteDifferencesSay() throws {
        for operation in catalogue {
            for law in operation.cases { #expect(try GradientLaw.first(law) == nil) }
        }
    }

    @Test func gradientsOfGradientsAreWhatFiniteDifferencesSay() throws {
        for operation in catalogue {
            for law in operation.cases { #expect(try GradientLaw.second(law) == nil) }
        }
    }

    @Test func jacobianVectorProductsAreTransposesOfVectorJacobianProducts() throws {
        for operation in catalogue {
            for law in operation.cases { #expect(try GradientLaw.transposition(law) == nil) }
        }
    }

    @Test func jacobianVectorProductsAreWhatFiniteDifferencesSay() throws {
        for operation in catalogue {
            for law in operation.cases { #expect(try GradientLaw.forward(law) == nil) }
        }
    }

    @Test func hessianVectorProductsAreWhatFiniteDifferencesSay() throws {
        for operation in catalogue {
            for law in operation.cases { #expect(try GradientLaw.hessian(law) == nil) }
        }
    }

    @Test func everyOperationIsDocumentedUnderANameOfItsOwn() {
        var seen: Set<String> = []
        for operation in catalogue {
            #expect(seen.insert(operation.name).inserted, "two operations are called \(operation.name)")
            let documentation = operation.function.documentation
            #expect(documentation.example?.contains("assert") == true, "\(operation.name) has no asserting example")
            #expect(!documentation.summary.isEmpty && documentation.summary.hasSuffix("."), "\(operation.name)")
            #expect(documentation.signature.contains(operation.name), "\(operation.name): \(documentation.signature)")
        }
    }

    /// Operations that have no gradient, or that are made of others which have their own cases.
    private static let withoutCases: Set = [
        "eq", "ne", "lt", "le", "gt", "ge", "argmax", "argmin", "chunk", "contiguous", "double", "float", "long",
        "bool",
    ]

    @Test func everyDifferentiableOperationHasACase() {
        for operation in catalogue {
            #expect(operation.cases.isEmpty == Self.withoutCases.contains(operation.name), "\(operation.name)")
        }
    }
}
