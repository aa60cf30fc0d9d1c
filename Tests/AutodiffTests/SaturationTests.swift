import Autodiff
import LawChecks
import RealModule
import Tensors
import Testing

/// Derivatives keep their digits where the function's value has rounded to a limit: a slope computed from 1 - y would
/// be 0 there.
@Suite struct SaturationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let apply: @Sendable (Variable) throws -> Variable
        /// The first and second derivative at x, by formulas without cancellation.
        let derivatives: @Sendable (Double) -> (Double, Double)
        var testDescription: String { name }
    }

    /// The logistic function's slope, e^-|x| / (1 + e^-|x|)^2.
    private static func bell(_ x: Double) -> Double {
        let e = Double.exp(-abs(x))
        return e / ((1 + e) * (1 + e))
    }

    static let cases = [
        Case(name: "sigmoid", apply: { try $0.sigmoid() }) { (bell($0), -bell($0) * Double.tanh($0 / 2)) },
        Case(name: "softplus", apply: { try $0.softplus() }) { x in
            (x < 0 ? Double.exp(x) / (1 + Double.exp(x)) : 1 / (1 + Double.exp(-x)), bell(x))
        },
        Case(name: "tanh", apply: { try $0.tanh() }) { (4 * bell(2 * $0), -8 * bell(2 * $0) * Double.tanh($0)) },
        Case(name: "expm1", apply: { try $0.expm1() }) { (Double.exp($0), Double.exp($0)) },
        Case(name: "erf", apply: { try $0.erf() }) { x in
            let g = 2 / Double.pi.squareRoot() * Double.exp(-x * x)
            return (g, -2 * x * g)
        },
    ]

    static let points = [
        -80.0, -40, -20, -17, -9, -3, -0.5, -1e-3, -1e-8, 0, 1e-20, 1e-8, 1e-3, 0.5, 3, 9, 17, 20, 40, 80,
    ]

    @Test(arguments: cases, [DType.float32, .float64]) func slopesAreRelativelyRight(of item: Case, dtype: DType) throws
    {
        let relative = dtype == .float32 ? 4e-6 : 1e-13
        for point in SaturationTests.points where item.name != "erf" || abs(point) < 9 {
            let x = Variable(try Tensor(point, dtype))
            let exact = item.derivatives(try x.value.item())
            let function: ([Variable]) throws -> [Variable] = { [try item.apply($0[0])] }
            let slope = try Transform.valueAndGradient(of: function, at: [x], for: "test").gradients[0].value.item()
            let bend = try Transform.hessian(of: function, at: x, for: "test").value.item()
            #expect(
                abs(slope - exact.0) <= relative * abs(exact.0) + 1e-37,
                "\(item.name)' at \(point): \(slope), not \(exact.0)")
            #expect(
                abs(bend - exact.1) <= relative * abs(exact.1) + 1e-37,
                "\(item.name)'' at \(point): \(bend), not \(exact.1)")
        }
    }

    static let large: [[Double]] = [
        [1e30, 1e30], [1e38, 1e38, -1e38], [-1e4, -1e4], [700, 701], [1e4, 9999, 3], [-1e30, 1e30],
    ]

    /// The gradient of logsumexp is the softmax even where rounding the result has lost the differences between its
    /// elements.
    @Test(arguments: large, [DType.float32, .float64])
    func logSumExpOfLargeNumbers(numbers: [Double], dtype: DType) throws {
        let x = Variable(try Tensor(numbers, shape: [numbers.count], dtype))
        let exact = try x.value.toArray()
        let peak = exact.max() ?? 0
        let powers = exact.map { Double.exp($0 - peak) }
        let shares = powers.map { $0 / powers.reduce(0, +) }
        let function: ([Variable]) throws -> [Variable] = { [try $0[0].logSumExp()] }
        let slopes = try Transform.valueAndGradient(of: function, at: [x], for: "test").gradients[0].value.toArray()
        let bends = try Transform.hessian(of: function, at: x, for: "test").value.toArray()
        let relative = dtype == .float32 ? 1e-6 : 1e-13
        for i in shares.indices {
            #expect(abs(slopes[i] - shares[i]) <= relative)
            for j in shares.indices {
                #expect(abs(bends[i * shares.count + j] - shares[i] * ((i == j ? 1 : 0) - shares[j])) <= relative)
            }
        }
    }

    /// The norm of a high power does not overflow, for numbers between 1 and 2 as well.
    @Test(arguments: [65.0, 1000, 2e4, -100, -2e4]) func normsOfHighPowers(p: Double) throws {
        let x = try vector(1.9, -1.5, 1.2)
        let limit = p > 0 ? 1.9 : 1.2
        let length = try x.norm(p)
        #expect(try abs(length.value.item() - limit) < 0.02)
        let slopes = try Transform.valueAndGradient(of: { [try $0[0].norm(p)] }, at: [x], for: "test").gradients[0]
            .value.toArray()
        #expect(abs(slopes[p > 0 ? 0 : 2] - 1) < 0.02 && abs(slopes[p > 0 ? 2 : 0]) < 0.02)
    }

    /// Where a norm or a deviation is 0 its slope is 0 by convention. A norm has no second derivative there; that of a
    /// deviation is PyTorch's 0.
    @Test func secondDerivativesWhereTheFirstIsAConvention() throws {
        let (zeros, equal, v) = (try vector(0, 0), try vector(2, 2, 2), try vector(1, 2))
        let norm: ([Variable]) throws -> [Variable] = { [try $0[0].norm()] }
        #expect(
            try Transform.valueAndGradient(of: norm, at: [zeros], for: "test").gradients[0].value.toArray() == [0, 0])
        #expect(try Transform.hvp(of: norm, at: zeros, v, for: "test").product.value.toArray().allSatisfy(\.isNaN))
        let bends = try Transform.hessian(of: { [try $0[0].deviation()] }, at: equal, for: "test")
        #expect(try bends.value.toArray().allSatisfy { $0 == 0 })
    }
}
