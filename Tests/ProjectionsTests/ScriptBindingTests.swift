import Scripting
import Tensors
import Testing

@testable import Projections

/// The module as scripts call it.
@Suite struct ScriptBindingTests {
    @Test func everyNameOfTheContractIsThereOnce() {
        let names = ProjectionModule().functions.map(\.shortName)
        let contract = [
            "Box", "Observed", "Halfspace", "Hyperplane", "Affine", "Ball", "L1Ball", "LinfBall", "Simplex",
            "Nonnegative",
            "SecondOrderCone", "PSD", "Sphere", "Sparse", "Intersection", "Product", "Translate", "Scale", "verify",
            "Polyhedron", "Ellipsoid",
            "NuclearBall", "SpectralBall", "BoxSection", "Birkhoff", "Monotone", "TVBall", "Stiefel", "ExponentialCone",
        ]
        for name in contract { #expect(names.contains(name), "\(name) is missing") }
        #expect(Set(names).count == names.count)
        let binding = ProjectionObject.binding
        #expect(binding.methods.map(\.shortName) == ["project_", "contains", "distance"])
        #expect(binding.operators[.call] != nil && binding.operators[.describe] != nil)
    }

    @Test func everyNameIsDocumentedWithAnExampleThatAsserts() {
        let binding = ProjectionObject.binding
        for function in ProjectionModule().functions + binding.methods + binding.properties
            + Array(binding.operators.values)
        {
            #expect(
                !function.documentation.signature.isEmpty && !function.documentation.summary.isEmpty, "\(function.name)"
            )
            #expect(
                function.documentation.example?.contains("assert(") == true,
                "\(function.name) has no example that asserts")
        }
    }

    @Test func callReturnsANewTensor() throws {
        let x = Variable(try float32([-1, 0.5, 2]))
        guard case .object(let result) = try call(method: "call", object(Box(0, 1)), .object(x)),
            let y = result as? Variable
        else {
            Issue.record("a tensor expected")
            return
        }
        #expect(try y.value.toArray() == [0, 0.5, 1])
        #expect(try x.value.toArray() == [-1, 0.5, 2])
    }

    @Test func projectInPlaceReturnsItsReceiverAndCountsTheWrite() throws {
        let base = try float32([-1, 9, 0.5, 9, 2, 9], [3, 2])
        let x = Variable(try base.select(1, 0))
        let version = base.storage.version
        guard case .object(let result) = try call(method: "project_", object(Box(0, 1)), .object(x)) else {
            Issue.record("a tensor expected")
            return
        }
        #expect(result === x)
        #expect(try base.toArray() == [0, 9, 0.5, 9, 1, 9])
        #expect(base.storage.version > version)
    }

    @Test func aFailedProjectionLeavesXAsItWas() throws {
        let x = Variable(try float32([-1, .nan]))
        let version = x.value.storage.version
        #expect(
            message { _ = try call(method: "project_", object(Box(0, 1)), .object(x)) }
                == "projection.Box: x is nan at index 2: no point of the set is nearest to it")
        #expect(try x.value.toArray()[0] == -1)
        #expect(x.value.storage.version == version)
    }

    /// A projection is no whole number in general, so that writing it would leave x outside the set.
    @Test(arguments: [DType.int64, .bool]) func wholeNumbersAreNotOverwritten(_ dtype: DType) throws {
        let x = Variable(try float32([1, 1]).cast(dtype))
        let text = message { _ = try call(method: "project_", object(Simplex()), .object(x)) }
        #expect(
            text.hasPrefix("projection:project_: result type float32 can't be cast to \(dtype.rawValue)"), "\(text)")
        #expect(try x.value.toArray() == [1, 1])
    }

    @Test func expandedViewsAreNotOverwritten() throws {
        let x = Variable(try float32([3], [1]).expand([4]))
        let text = message { _ = try call(method: "project_", object(Simplex()), .object(x)) }
        #expect(
            text
                == """
                    projection:project_: this (4) tensor repeats elements (an expanded view) and cannot be \
                    overwritten; clone() it first
                    """
        )
        #expect(message { _ = try call(method: "call", object(Simplex()), .object(x)) } == "no error")
    }

    @Test func containsAndDistance() throws {
        func contains(_ values: [Double], _ tolerance: Value = .none) throws -> Bool? {
            guard
                case .boolean(let flag) = try call(
                    method: "contains", object(Box(0, 1)), .tensor(float32(values)), tolerance)
            else { return nil }
            return flag
        }
        #expect(try contains([0, 1]) == true)
        #expect(try contains([0, 1.000001]) == true)
        #expect(try contains([0, 1.000001], .integer(0)) == false)
        #expect(try contains([0, 1.001]) == false)
        #expect(try contains([0, 1.001], .number(0.01)) == true)
        for tolerance in [-1.0, .nan] {
            #expect(
                message { _ = try contains([0], .number(tolerance)) }.contains(
                    "argument 3 (tol): a number from 0 expected"))
        }
        guard
            case .number(let distance) = try call(
                method: "distance", object(Box(0, 1)), .tensor(float32([4, 0.5, -4])))
        else {
            Issue.record("a number expected")
            return
        }
        #expect(distance == 5)
    }

    @Test func wrongTypesAreNamed() throws {
        #expect(
            message { _ = try call(method: "call", object(Box(0, 1)), .integer(3)) }
                == "projection:call: argument 2 (x): a tensor expected, got 3")
        #expect(
            message { _ = try call(method: "project_", .tensor(float32([1])), .integer(3)) }
                == "projection:project_: argument 1 (P): a projection expected, got tensor")
    }

    @Test func setsOfAScriptsOwn() throws {
        let project = FakeFunction { arguments in
            guard case .object(let object)? = arguments.first, let x = object as? Variable else { return [] }
            // The script's function changes its argument in place, which must not reach the caller's tensor.
            try x.value.fill(0.5)
            return [.object(x)]
        }
        let made = try call("Set", table([], [("name", .string("point")), ("project", .function(project))]))
        let set = try #require(made.first)
        let x = Variable(try float32([3, 4]))
        guard case .object(let result) = try call(method: "call", set, .object(x)), let y = result as? Variable else {
            Issue.record("a tensor expected")
            return
        }
        #expect(try y.value.toArray() == [0.5, 0.5])
        #expect(try x.value.toArray() == [3, 4])
        guard let name = try call(method: "name", set).asText else { Issue.record("no name"); return }
        #expect(name == "point")
        #expect(try call("verify", set).count == 2)
    }

    /// Nesting sets in a loop ends in an error, not in a stack overflow or a name of 2^64 letters.
    @Test func endlessNestingIsRefused() throws {
        var set: any ProjectableSet = try Simplex()
        for _ in 0..<60 { set = try Intersection([set, set]) }
        #expect(set.description.count < 1000)
        var chain: any ProjectableSet = try Simplex()
        let text = message { for _ in 0..<100_000 { chain = try Translate(chain, Tensor(1)) } }
        #expect(text == "projection.Translate: sets nested deeper than 64")
        #expect(try chain.project(float64([1, 2])).shape == [2])
    }

    /// A table that contains itself is refused, without endless recursion.
    @Test func endlessTablesAreRefused() {
        final class Endless: ScriptTable {
            var count: Int { 1 }
            func value(at index: Int) throws -> Value { .table(self) }
            func value(for key: ByteString) throws -> Value { .none }
            func entries() throws -> [(key: Value, value: Value)] { [(.integer(1), .table(self))] }
            func numbers() throws -> [Double]? { nil }
        }
        #expect(
            message { _ = try call("Box", .table(Endless()), .integer(1)) }
                == "projection.Box: argument 1 (lo): tables nested deeper than 16")
    }
}
