import Autodiff
import Foundation
import LawChecks
import Scripting
import Tensors
import Testing

/// Numbers at which careless formulas overflow, and what operations do with empty tensors.
@Suite struct ExtremesTests {
    private func slope(_ x: Variable, _ f: (Variable) throws -> Variable) throws -> [Double] {
        try Transform.valueAndGradient(of: { [try f($0[0]).sum()] }, at: [x], for: "test").gradients[0].value.toArray()
    }

    @Test func softplusFarOut() throws {
        for dtype in [DType.float32, .float64] {
            let x = try vector(-400, -30, 0, 30, 400, .infinity, -.infinity, dtype: dtype)
            let y = try x.softplus().value.toArray()
            #expect(y[4] == 400 && y[5] == .infinity && y[6] == 0 && y[0] >= 0 && y[0] < 1e-170)
            #expect(abs(y[1] - exp(-30)) < 1e-19)
            #expect(try slope(x) { try $0.softplus() }.allSatisfy { $0 >= 0 && $0 <= 1 })
        }
        #expect(try vector(-400).softplus().value.item() == exp(-400))
        #expect(try vector(.nan).softplus().value.item().isNaN)
    }

    /// The library's fast formulas agree with the C library's in float64 over the whole range, to the last digits.
    @Test func fastFormulasAreExact() throws {
        let sizes = stride(from: -40.0, through: 6, by: 0.037).map { exp2($0) }
        let points = sizes + sizes.map { -$0 } + [0]
        for (dtype, tolerance) in [(DType.float32, 1.5e-7), (.float64, 1e-15)] {
            let x = Variable(try Tensor(points, shape: [points.count], dtype))
            let exact = try x.value.toArray()
            for (name, found, wanted) in [
                ("softplus", try x.softplus(), exact.map { max($0, 0) + log1p(exp(-abs($0))) }),
                ("tanh", try x.tanh(), exact.map { tanh($0) }),
                ("sigmoid", try x.sigmoid(), exact.map { $0 < 0 ? exp($0) / (1 + exp($0)) : 1 / (1 + exp(-$0)) }),
                ("x^3", try x.pow(3), exact.map { $0 * $0 * $0 }),
            ] {
                #expect(
                    try difference(
                        found.value, Tensor(wanted, shape: [points.count], .float64), absolute: 0,
                        relative: 2 * tolerance) == nil, "\(name) in \(dtype)")
            }
        }
        #expect(try vector(.infinity, -.infinity, 0, dtype: .float32).tanh().value.toArray() == [1, -1, 0])
        #expect(try vector(.nan, dtype: .float32).tanh().value.item().isNaN)
    }

    @Test func sigmoidFarOut() throws {
        let x = try vector(-800, 800, -.infinity, .infinity)
        #expect(try x.sigmoid().value.toArray() == [0, 1, 0, 1])
        #expect(try slope(x) { try $0.sigmoid() } == [0, 0, 0, 0])
    }

    @Test func logSumExpOfExtremes() throws {
        let low = -Double.infinity
        #expect(try vector(1000, 1000).logSumExp().value.item() == 1000 + log(2))
        #expect(try vector(low, low).logSumExp().value.item() == low)
        #expect(try vector(low, 3).logSumExp().value.item() == 3)
        #expect(try vector(.infinity, 3).logSumExp().value.item() == .infinity)
        #expect(try vector(.nan, 3).logSumExp().value.item().isNaN)
        // A row of which all elements are -infinity has the gradient 0.
        let rows = try vector(low, low, low, 3, shape: [2, 2])
        #expect(try rows.logSumExp([1]).value.toArray() == [low, 3])
        #expect(try slope(rows) { try $0.logSumExp([1]).exp() } == [0, 0, 0, exp(3)])
        #expect(try slope(rows) { try $0.logSumExp([1]) } == [0, 0, 0, 1])
        let empty = try vector(shape: [0, 2])
        #expect(try empty.logSumExp([0]).value.toArray() == [low, low])
        #expect(try empty.logSumExp([1]).shape == [0])
        #expect(try empty.softmax(0).shape == [0, 2] && empty.logSumExp().value.item() == low)
    }

    @Test func reductionsOfNothing() throws {
        let empty = try vector(shape: [0, 3])
        #expect(try empty.sum().value.item() == 0 && empty.product(nil).value.item() == 1)
        #expect(try empty.sum([0]).value.toArray() == [0, 0, 0])
        #expect(try empty.mean().value.item().isNaN && empty.variance().value.item().isNaN)
        #expect(try message { _ = try empty.extremes(largest: true) } == "tensor.max: no elements in (0, 3)")
        #expect(try message { _ = try empty.norm(.infinity, [0]) } == "tensor.norm: no elements in (0, 3)")
        #expect(try empty.norm(.infinity, [1]).shape == [0] && empty.norm(-.infinity, [1]).shape == [0])
        for dtype in [DType.int64, .bool, .float64] {
            let empty = Variable(try Tensor.zeros([0, 3], dtype))
            #expect(try empty.softmax(1).dtype == dtype.computing && empty.logSoftmax(1).dtype == dtype.computing)
        }
        #expect(try empty.norm().value.item() == 0)
        #expect(try slope(empty) { try $0.exp() } == [])
    }

    @Test func normsAtZero() throws {
        let zero = try vector(0, 0)
        for p in [1.0, 1.5, 2, 3] { #expect(try slope(zero) { try $0.norm(p) } == [0, 0], "p = \(p)") }
        #expect(try zero.norm(0).value.item() == 0)
    }

    /// A rectified layer with NaN, infinities and zeros of either sign among its inputs gives the same for one row, by
    /// the kernel that skips inactive units, as for a batch.
    @Test func rectifiedLayersAgreeAtEdges() throws {
        let weight = Variable(try Tensor((1...14).map(Double.init), shape: [2, 7]).storedByInputUnit())
        let x = try vector(.nan, .infinity, -.infinity, 0, -0.0, 2, -2, dtype: .float32)
        let one = try slope(x) { try $0.linear(weight, rectified: true) }
        let batch = try slope(x) { try Variable.stack([$0, $0], 0).linear(weight, rectified: true).slice(0, 0, 1) }
        // PyTorch's relu passes a cotangent at NaN.
        #expect(one == [9, 11, 0, 0, 0, 19, 0] && batch == one)
        #expect(try slope(x) { try $0.relu().linear(weight) } == one)
    }

    @Test func powersAtZero() throws {
        let zero = try vector(0)
        #expect(
            try slope(zero) { try $0.pow(2) } == [0] && slope(zero) { try $0.pow(1) } == [1]
                && slope(zero) { try $0.pow(0) } == [0])
        #expect(try Transform.hessian(of: { [try $0[0].pow(2).sum()] }, at: zero, for: "test").value.toArray() == [2])
        #expect(try slope(vector(2, 0)) { try vector(0, 0).pow($0) } == [0, 0])
    }

    @Test func clampAtItsBoundsHasGradientOne() throws {
        #expect(try slope(vector(-0.5, 0, 0.5, 1, 1.5)) { try $0.clamp(0, 1) } == [0, 1, 1, 1, 0])
        #expect(try slope(vector(0, 1)) { try $0.clamp(0, .infinity) } == [1, 1])
    }

    @Test func ordersWithNaNAndTies() throws {
        let x = try vector(2, .nan, 1, 2)
        #expect(try x.sorted(0).indices.value.toArray() == [3, 1, 4, 2])
        #expect(try x.sorted(0, descending: true).indices.value.toArray() == [2, 1, 4, 3])
        #expect(try vector(3, shape: []).sorted(0).indices.value.toArray() == [1])
    }

    @Test func productsWithZeros() throws {
        #expect(try slope(vector(0, 3, 4)) { try $0.product(nil) } == [12, 0, 0])
        #expect(try slope(vector(0, 3, 0)) { try $0.product(0) } == [0, 0, 0])
    }

    @Test func extremesWithNaN() throws {
        let x = try vector(1, .nan, 3)
        #expect(try x.extremes(largest: true).value.item().isNaN && x.extremes(largest: false).value.item().isNaN)
        #expect(try x.maximum(vector(2, 2, .nan)).value.toArray().map(\.isNaN) == [false, true, true])
        #expect(try x.clamp(0, 2).value.toArray().map(\.isNaN) == [false, true, false])
        #expect(try x.relu().value.toArray().map(\.isNaN) == [false, true, false])
    }

    @Test func everyTensorIsPrinted() throws {
        for dtype in [DType.float32, .float64] {
            for value in [
                .leastNonzeroMagnitude, .leastNormalMagnitude / 100, 1.7e308, 1e300, -0.0, .nan, .infinity, 1e22,
                123456.5, 0.99999999, 9.99999e-5,
            ] {
                guard let text = try vector(value, 1, dtype: dtype).call("tostring").first?.asText else {
                    throw ScriptError("test", "no text")
                }
                #expect(
                    text.hasPrefix("tensor({") && text.contains("shape (2), \(dtype.rawValue)"), "\(value): \(text)")
            }
        }
        guard let tiny = try vector(.leastNonzeroMagnitude).call("tostring").first?.asText else {
            throw ScriptError("test", "no text")
        }
        #expect(tiny.hasPrefix("tensor({4.9407e-324})"))
    }
}
