import Autodiff
import LawChecks
import Scripting
import Tensors
import Testing

/// Transforms of functions against finite differences and against each other.
@Suite struct TransformTests {
    /// A function R^3 -> R^(2, 2) in which all inputs interact.
    private static func bent(_ arguments: [Variable]) throws -> [Variable] {
        let x = arguments[0]
        let parts = try [
            x.sin().sum(), (x * x).sum() * x.select(0, 0), x.softmax(0).select(0, 1), (x.exp().sum()).log(),
        ]
        return [try Variable.stack(parts, 0).reshape([2, 2])]
    }

    /// A function R^3 -> R.
    private static func bowl(_ arguments: [Variable]) throws -> [Variable] {
        let x = arguments[0]
        return [try (x * x * x).sum() + x.logSumExp() * x.select(0, 2).sin()]
    }

    private let point = try? vector(0.3, -1.1, 0.7)

    @Test func jacobiansAreWhatFiniteDifferencesSay() throws {
        let x = try #require(point)
        let jacobian = try Transform.jacobian(of: Self.bent, at: x, for: "test")
        #expect(jacobian.shape == [2, 2, 3])
        #expect(try difference(jacobian.value, differences(Self.bent, at: x), absolute: 1e-8, relative: 1e-7) == nil)
    }

    @Test func hessiansAreWhatFiniteDifferencesSay() throws {
        let x = try #require(point)
        let hessian = try Transform.hessian(of: Self.bowl, at: x, for: "test")
        #expect(hessian.shape == [3, 3])
        let numeric = try differences(
            { try Transform.valueAndGradient(of: Self.bowl, at: [$0[0]], for: "test").gradients }, at: x)
        #expect(try difference(hessian.value, numeric, absolute: 1e-8, relative: 1e-7) == nil)
        #expect(try difference(hessian.value, hessian.transposed().value) == nil)
    }

    @Test func productsAreProductsWithTheMatrices() throws {
        let x = try #require(point)
        let (v, u) = (try normals([3], seed: 5), try normals([2, 2], seed: 6))
        let jacobian = try Transform.jacobian(of: Self.bent, at: x, for: "test").reshape([4, 3])
        let (value, forward) = try Transform.jvp(of: Self.bent, at: x, v, for: "test")
        #expect(try difference(value.value, Self.bent([x])[0].value) == nil)
        #expect(try difference(forward.value, jacobian.matmul(v).reshape([2, 2]).value) == nil)
        let (_, backward) = try Transform.vjp(of: Self.bent, at: x, u, for: "test")
        #expect(try difference(backward.value, u.reshape([4]).matmul(jacobian).value) == nil)
        let hessian = try Transform.hessian(of: Self.bowl, at: x, for: "test")
        let (bowl, product) = try Transform.hvp(of: Self.bowl, at: x, v, for: "test")
        #expect(try difference(bowl.value, Self.bowl([x])[0].value) == nil)
        #expect(try difference(product.value, hessian.matmul(v).value) == nil)
    }

    @Test func transformsNest() throws {
        // The third derivative of sin(x) x^2, by three gradients.
        let f: ([Variable]) throws -> [Variable] = { [try ($0[0].sin() * $0[0] * $0[0]).sum()] }
        func derivative(_ f: @escaping ([Variable]) throws -> [Variable]) -> ([Variable]) throws -> [Variable] {
            { try Transform.valueAndGradient(of: f, at: $0, for: "test").gradients }
        }
        let x = try vector(0.8)
        let third = try derivative(derivative(derivative(f)))([x])[0].value.item()
        let (s, c) = (0.717356090899523, 0.696706709347165)
        #expect(abs(third - (-c * 0.64 - 6 * s * 0.8 + 6 * c)) < 1e-12)
        #expect(
            try difference(
                Transform.hessian(of: f, at: x, for: "test").value.reshape([1]), derivative(derivative(f))([x])[0].value
            ) == nil)
    }

    @Test func aGradientInsideALossIsDifferentiated() throws {
        // |d/dx w x^2|^2 at x = 3 is (6 w)^2: its derivative by the leaf w is 72 w.
        let w = try leaf(2)
        let x = try vector(3)
        let slope = try Transform.valueAndGradient(of: { [try (w * $0[0] * $0[0]).sum()] }, at: [x], for: "test")
            .gradients[0]
        try (slope * slope).sum().backward()
        #expect(try gradient(w) == [144])
        #expect(x.grad == nil)
    }

    @Test func doubleBackwardThroughTheTape() throws {
        let x = try leaf(2)
        try (x * x * x).sum().backward(createGraph: true)
        let slope = try #require(x.grad)
        x.grad = nil
        try slope.sum().backward()
        #expect(try gradient(x) == [12])
    }

    @Test func whatDoesNotMatterHasGradientZero() throws {
        let x = try vector(1, 2)
        #expect(
            try Transform.valueAndGradient(of: { _ in [try vector(3)] }, at: [x], for: "test").gradients[0].value
                .toArray() == [0, 0])
        #expect(try Transform.jvp(of: { _ in [try vector(3)] }, at: x, x, for: "test").product.value.toArray() == [0])
        #expect(try Transform.hvp(of: { [try $0[0].sum()] }, at: x, x, for: "test").product.value.toArray() == [0, 0])
        #expect(try Transform.jacobian(of: { _ in [try vector(3, 4, 5)] }, at: x, for: "test").shape == [3, 2])
        #expect(try Transform.jacobian(of: { [try $0[0].slice(0, 0, 0)] }, at: x, for: "test").shape == [0, 2])
    }

    @Test func transformsWorkInsideNoGrad() throws {
        let x = try leaf(3)
        let slope = try GradMode.$isEnabled.withValue(false) {
            try Transform.valueAndGradient(of: { [try ($0[0] * $0[0]).sum()] }, at: [x], for: "test").gradients[0]
        }
        #expect(try slope.value.toArray() == [6] && !slope.requiresGrad && x.grad == nil)
    }

    @Test func wrongUsesSayWhatIsWrong() throws {
        let x = try vector(1, 2)
        #expect(
            try message { _ = try Transform.valueAndGradient(of: { $0 }, at: [x], for: "op") }
                == "op: the function returned a tensor of shape (2); a single number expected (sum it?)")
        #expect(
            try message { _ = try Transform.valueAndGradient(of: { _ in [] }, at: [x], for: "op") }?.hasPrefix(
                "op: the function returned nothing") == true)
        #expect(
            try message { _ = try Transform.jvp(of: { $0 }, at: x, vector(1), for: "op") }
                == "op: the direction has shape (1), the point (2)")
        #expect(
            try message { _ = try Transform.vjp(of: { $0 }, at: x, vector(1), for: "op") }
                == "op: the cotangent has shape (1), the value (2)")
    }

    @Test func gradientCheckFindsAWrongGradient() throws {
        // A custom rule: the value of x^3 with the gradient of x^2.
        let wrong: ([Variable]) throws -> [Variable] = { arguments in
            let x = arguments[0]
            return [try x * x + (x * x * x - x * x).detached()]
        }
        let x = try vector(0.5, 1, 2)
        #expect(try Transform.gradientCheck(of: wrong, at: [x], for: "test")?.contains("element 3: gradient") == true)
        #expect(try Transform.gradientCheck(of: { [try $0[0] * 0 / 0] }, at: [x], for: "test") != nil)
        #expect(try Transform.gradientCheck(of: { [try $0[0].exp()] }, at: [x], for: "test") == nil)
    }

    /// df/dx by central differences, of shape (shape of f..., shape of x...).
    private func differences(_ function: ([Variable]) throws -> [Variable], at x: Variable) throws -> Tensor {
        let step = 1e-6
        let values = try x.value.toArray()
        let output = try function([x])[0].shape
        let columns = try values.indices.map { index in
            func value(_ shift: Double) throws -> Variable {
                var moved = values
                moved[index] += shift
                return try function([Variable(try Tensor(moved, shape: x.shape, .float64))])[0]
            }
            return try (value(step) - value(-step)) / (2 * step)
        }
        return try Variable.stack(columns, output.count).value
    }
}
