import Autodiff
import LawChecks
import Scripting
import Tensors
import Testing

/// Writing in place either leaves the gradient right or raises an error; the gradient is never silently wrong.
@Suite struct InPlaceTests {
    private static let stale = "overwritten in place"

    @Test func aLeafThatRequiresAGradientIsNotWritten() throws {
        let x = try leaf(1, 2)
        for write in ["fill_", "add_", "sub_", "mul_", "div_"] {
            #expect(
                try message { _ = try x.call(write, .number(2)) }?.contains("a leaf that requires a gradient") == true)
        }
        #expect(
            try message { try x.assign(.integer(1), .number(7)) }?.contains("a leaf that requires a gradient") == true)
        #expect(
            try message { try x.assign(.object(vector(1, 0, dtype: .bool)), .number(7)) }?.contains(
                "a leaf that requires a gradient") == true)
        #expect(
            try message { try x.at(.integer(1)).assign(.sequence([]), .number(7)) }?.contains("through a view") == true)
        #expect(try x.value.toArray() == [1, 2])
        try GradMode.$isEnabled.withValue(false) { _ = try x.call("mul_", .number(2)) }
        #expect(try x.value.toArray() == [2, 4] && x.isLeaf && x.requiresGrad)
    }

    @Test func whatARuleReadsMustNotBeOverwritten() throws {
        // Each entry: an operation, and which tensor is overwritten before `backward`: its input (0) or its result (1).
        let operations: [(String, Int, (Variable) throws -> Variable)] = [
            ("mul", 0, { try $0 * $0 }), ("div", 0, { try 1 / $0 }), ("pow", 0, { try $0.pow(3) }),
            ("exp", 1, { try $0.exp() }),
            ("log", 0, { try $0.log() }), ("sqrt", 1, { try $0.sqrt() }), ("tanh", 0, { try $0.tanh() }),
            ("sigmoid", 0, { try $0.sigmoid() }),
            ("relu", 0, { try $0.relu() }), ("abs", 0, { try $0.abs() }), ("clamp", 0, { try $0.clamp(0, 1) }),
            ("maximum", 0, { try $0.maximum(vector(1, 1)) }), ("max", 0, { try $0.extremes(largest: true) }),
            ("max", 1, { try $0.extremes(largest: true) }),
            ("matmul", 0, { try $0.matmul($0) }), ("logsumexp", 0, { try $0.logSumExp() }),
            ("softmax", 1, { try $0.softmax(0) }),
        ]
        for (name, place, operation) in operations {
            let x = try leaf(0.25, 0.5)
            let inner = try x * 1
            let y = try operation(inner)
            let root = try y * 1
            // The write goes through a detached tensor that shares the memory, which the tape cannot see.
            try (place == 0 ? inner : y).detached().value.fill(9)
            let fault = try message { try root.sum().backward() }
            #expect(
                fault?.contains(Self.stale) == true,
                "\(name): \(fault ?? "a gradient of \(String(describing: try? gradient(x)))")")
        }
    }

    @Test func masksMustNotBeOverwritten() throws {
        let (x, mask) = (try leaf(1, 2), try vector(1, 0))
        let chosen = try x.choose(mask, vector(9, 9))
        try mask.value.fill(0)
        #expect(try message { try chosen.sum().backward() }?.contains(Self.stale) == true)
    }

    @Test func whatNoRuleReadsMayBeOverwritten() throws {
        let x = try leaf(1, 2)
        let inner = try x * 1
        let y = try inner + 5
        try inner.detached().value.fill(0)
        try y.sum().backward()
        #expect(try gradient(x) == [1, 1])
    }

    @Test func whatWasComputedBeforeAWriteKeepsItsOwnHistory() throws {
        let x = try leaf(1, 2)
        let y = try x * 3
        let before = try y + 1
        try y.assign(.integer(1), .number(0))
        try before.sum().backward()
        #expect(try gradient(x) == [3, 3])
        // A constant that becomes recorded, or a leaf, after its use remains a constant in that use.
        let constant = try vector(5, 5)
        let sum = try x + constant
        try constant.assign(.integer(1), .object(x.at(.integer(1)) * 100))
        x.grad = nil
        try sum.sum().backward()
        #expect(try gradient(x) == [1, 1])
        let late = try vector(5, 5)
        let other = try x + late
        try late.setRequiresGrad(true)
        try other.sum().backward()
        #expect(late.grad == nil)
    }

    @Test func dataMayBeWrittenBetweenSteps() throws {
        let x = try leaf(1, 2)
        try (x * x).sum().backward()
        try x.detached().value.write(vector(3, 4).value)
        x.grad = nil
        try (x * x).sum().backward()
        #expect(try gradient(x) == [6, 8])
    }

    @Test func dataWrittenBetweenForwardAndBackwardIsRefused() throws {
        let x = try leaf(1, 2)
        let y = try (x * x).sum()
        try x.detached().value.fill(3)
        #expect(try message { try y.backward() }?.contains(Self.stale) == true)
    }

    @Test func aWriteOnARecordedTensorIsRecorded() throws {
        let (x, w) = (try leaf(1, 2, 3), try leaf(10))
        let y = try x * 2
        try y.assign(.integer(2), .object(w * w))
        #expect(try y.value.toArray() == [2, 100, 6])
        try (y * vector(1, 2, 3)).sum().backward()
        #expect(try gradient(x) == [2, 0, 6])
        #expect(try gradient(w) == [40])
    }

    @Test func aRecordedValueWrittenIntoAPlainTensorIsRecorded() throws {
        let x = try leaf(1, 2)
        let canvas = try vector(0, 0, 0, 0, shape: [2, 2])
        try canvas.assign(.integer(1), .object(x * 3))
        try canvas.assign(.sequence([.integer(2), .integer(2)]), .object(x.at(.integer(2))))
        #expect(try canvas.value.toArray() == [3, 6, 0, 2])
        try (canvas * canvas).sum().backward()
        #expect(try gradient(x) == [18, 40])
    }

    @Test func maskedWritesAreRecorded() throws {
        let x = try leaf(1, 2, 3)
        let y = try x * 2
        try y.assign(.object(vector(0, 1, 0, dtype: .bool)), .number(5))
        try (y * y).sum().backward()
        #expect(try gradient(x) == [8, 0, 24])
    }

    @Test func arithmeticInPlaceIsRecorded() throws {
        let (x, w) = (try leaf(1, 2), try leaf(3, 4))
        let y = try x * 2
        _ = try y.call("add_", .object(w))
        _ = try y.call("mul_", .object(y))
        _ = try y.call("sub_", .number(1))
        _ = try y.call("div_", .number(2))
        _ = try y.call("clamp_", .number(-100), .number(100))
        #expect(try y.value.toArray() == [12, 31.5])
        try y.sum().backward()
        #expect(try gradient(x) == [10, 16])
        #expect(try gradient(w) == [5, 8])
    }

    @Test func partsOfOneTensorMayBeWrittenOverOthers() throws {
        let x = try leaf(1, 2, 3)
        let y = try x * 1
        try y.assign(.integer(1), .object(y.at(.integer(3))))
        try y.assign(
            .sequence([.sequence([.integer(1), .integer(2)])]),
            .object(y.at(.sequence([.sequence([.integer(2), .integer(3)])]))))
        #expect(try y.value.toArray() == [2, 3, 3])
        try (y * vector(1, 10, 100)).sum().backward()
        #expect(try gradient(x) == [0, 1, 110])
    }

    @Test func viewsTakenBeforeAWriteAreRefusedAfterIt() throws {
        let x = try leaf(1, 2)
        let y = try x * 1
        let view = try y.at(.integer(1))
        try y.assign(.integer(2), .number(0))
        #expect(try message { _ = try view * 2 } != nil)
        #expect(try message { try view.backward() } != nil)
        #expect(try message { _ = try Transform.valueAndGradient(of: { inner in
            let y = try inner[0] * 1
            let view = try y.at(.integer(1))
            try y.assign(.integer(1), .number(0))
            return [view]
        }, at: [vector(1, 2)], for: "test") } != nil)
    }

    @Test func plainViewsTakenBeforeARecordedWriteAreRefusedAfterIt() throws {
        let x = try leaf(5)
        let canvas = try vector(0, 0)
        let view = try canvas.at(.integer(1))
        let alias = canvas.detached()
        try canvas.assign(.integer(1), .object(x.at(.integer(1))))
        // The view holds x's numbers now but has no history to x: using it must fail, with a leaf and alone.
        #expect(try message { _ = try view * x } != nil)
        #expect(try message { _ = try view * 2 } != nil)
        #expect(try message { _ = try alias * 2 } != nil)
        // Views taken after the write are right, and so are detached ones, as constants.
        try (canvas.at(.integer(1)) * 2 + canvas.detached().sum()).sum().backward()
        #expect(try gradient(x) == [2])
        #expect(try GradMode.$isEnabled.withValue(false) { try view * 2 }.value.toArray() == [10])
    }

    @Test func recordedViewsAreNotWritten() throws {
        let x = try leaf(1, 2)
        let view = try (x * 1).at(.integer(1))
        #expect(try message { _ = try view.call("fill_", .number(0)) }?.contains("through a view") == true)
        let plain = try vector(1, 2)
        #expect(
            try message { _ = try plain.at(.integer(1)).call("copy_", .object(x.at(.integer(1)))) }?.contains(
                "through a view") == true)
    }

    @Test func aRefusedWriteChangesNothing() throws {
        let x = try leaf(1, 2)
        let y = try x * 1
        #expect(try message { try y.assign(.integer(1), .object(vector(1, 2, 3))) } != nil)
        #expect(try message { try y.assign(.integer(3), .number(1)) } != nil)
        #expect(try message { _ = try y.call("add_", .object(vector(1, 2, 3))) } != nil)
        try (y * y).sum().backward()
        #expect(try gradient(x) == [2, 4])
    }

    @Test func theLargestElementIsACopy() throws {
        let x = try vector(3, shape: [])
        _ = try x.extremes(largest: true).call("fill_", .number(0))
        #expect(try x.value.item() == 3)
    }
}
