import Autodiff
import Foundation
import LawChecks
import Scripting
import Tensors
import Testing

/// f(c x) = c^d f(x): an operation that is homogeneous of degree d is so at every scale, its gradient of degree d - 1
/// and its Hessian of degree d - 2 too. Where squares are taken on the way they must neither overflow nor vanish.
@Suite struct ScalingTests {
    /// The operations of the catalogue that are homogeneous in all their inputs together, in every one of their cases.
    private static let degrees: [String: Double] = [
        "add": 1, "sub": 1, "mul": 2, "div": 0, "neg": 1, "sqrt": 0.5, "abs": 1, "sign": 0, "relu": 1, "maximum": 1,
        "minimum": 1, "where": 1,
        "sum": 1, "mean": 1, "var": 2, "std": 1, "max": 1, "min": 1, "norm": 1, "cumsum": 1, "sort": 1, "topk": 1,
        "flip": 1, "roll": 1,
        "tril": 1, "triu": 1, "diag": 1, "reshape": 1, "view": 1, "permute": 1, "transpose": 1, "t": 1, "flatten": 1,
        "squeeze": 1,
        "unsqueeze": 1, "expand": 1, "clone": 1, "cat": 1, "stack": 1, "split": 1, "gather": 1, "index_select": 1,
        "masked_select": 1,
        "matmul": 2, "mv": 2, "dot": 2, "outer": 2,
    ]

    /// Powers of two, so that c x is exact: up to some 1e30 and 1e200.
    private static let scales: [(DType, [Double], Double)] = [
        (.float32, [-100, -60, -20, 20, 60, 100].map { pow(2, $0) }, 2e-5),
        (.float64, [-664, -300, -64, 64, 300, 664].map { pow(2, $0) }, 1e-11),
    ]

    @Test func valuesGradientsAndHessiansScale() throws {
        let names = Set(Autodiff.Operation.catalogue.map(\.name))
        #expect(names.isSuperset(of: Self.degrees.keys), "\(Set(Self.degrees.keys).subtracting(names))")
        for operation in Autodiff.Operation.catalogue {
            guard let degree = Self.degrees[operation.name] else { continue }
            for law in operation.cases {
                for (dtype, scales, tolerance) in Self.scales {
                    for c in scales { try check(law, degree, c, dtype, tolerance) }
                }
            }
        }
    }

    private func check(_ law: LawCase, _ degree: Double, _ c: Double, _ dtype: DType, _ tolerance: Double) throws {
        let points = try law.points().map { Variable(try $0.value.copy(dtype)) }
        let scaled = try points.map { try $0 * c }
        for place in points.indices {
            let direction = try Variable(normals(points[place].shape, seed: 7).value.copy(dtype))
            // The Hessian's product with c v is of the gradient's degree: neither factor leaves the range on its own.
            let (found, plain) = (
                try derivatives(law, scaled, place, direction * c), try derivatives(law, points, place, direction)
            )
            for (what, power, index) in [
                ("value", degree, 0), ("gradient", degree - 1, 1), ("Hessian times c v", degree - 1, 2),
            ] {
                let wanted = plain[index].map { $0 * pow(c, power) }.map { dtype == .float32 ? Double(Float($0)) : $0 }
                let size = wanted.filter(\.isFinite).map { $0.magnitude }.max() ?? 0
                // Numbers too large for the type are not compared: the sum of two of them may be infinite or NaN.
                let agrees = zip(found[index], wanted).allSatisfy { x, y in
                    !y.isFinite || abs(x - y) <= tolerance * size
                }
                #expect(
                    agrees && found[index].count == wanted.count,
                    """
                    \(law.label) in \(dtype.rawValue), input \(place + 1), c = \(c), \(what): \(found[index]), \
                    scaled \(wanted)
                    """
                )
            }
        }
    }

    /// The value, the gradient of a weighted sum by one input, and the Hessian of it times v.
    private func derivatives(_ law: LawCase, _ points: [Variable], _ place: Int, _ v: Variable) throws -> [[Double]] {
        let function: ([Variable]) throws -> [Variable] = { inner in
            var all = points
            all[place] = inner[0]
            let value = try law.apply(all)
            let weights = (0..<value.value.count).map { 1 + Double($0 % 3) / 2 }
            return [try (value * Variable(Tensor(weights, shape: value.shape, value.dtype))).sum()]
        }
        let gradient = try Transform.valueAndGradient(of: function, at: [points[place]], for: "law").gradients[0]
        let product = try Transform.hvp(of: function, at: points[place], v, for: "law").product
        return [try law.apply(points).value.toArray(), try gradient.value.toArray(), try product.value.toArray()]
    }

    @Test func spreadsOfTinyAndHugeNumbers() throws {
        for (dtype, c) in [
            (DType.float32, 1e-30), (.float32, 1e30), (.float64, 1e-200), (.float64, 1e200), (.float64, 0x1p-1063),
        ] {
            let x = try vector(c, 2 * c, 3 * c, dtype: dtype)
            try x.setRequiresGrad(true)
            let deviation = try x.deviation()
            #expect(abs(try deviation.value.item() / c - 1) < (c < 1e-300 ? 1e-3 : 1e-6), "\(c) in \(dtype)")
            try deviation.backward()
            let slope = try #require(try gradient(x))
            #expect(
                zip(slope, [-0.5, 0, 0.5]).allSatisfy { abs($0 - $1) < (c < 1e-300 ? 1e-3 : 1e-6) },
                "\(c) in \(dtype): \(slope)")
        }
        // The mean is finite although the sum overflows float32.
        #expect(try vector(3e38, 3e38, dtype: .float32).mean().value.item() == Double(Float(3e38)))
        #expect(try vector(3, 4, dtype: .float32).mean().value.item() == 3.5)
    }

    @Test func singularVectorsOfTinyAndHugeMatrices() throws {
        let base = try normals([3, 2], seed: 4)
        func slope(_ c: Double) throws -> [Double] {
            try Transform.valueAndGradient(of: { inner in
                let (u, _, v) = try inner[0].svd()
                return [try (u * normals([3, 2], seed: 5)).sum() + (v * normals([2, 2], seed: 6)).sum()]
            }, at: [base * c], for: "test").gradients[0].value.toArray()
        }
        let plain = try slope(1)
        for exponent in [-600.0, 600] {
            let c = pow(2, exponent)
            for (x, y) in zip(try slope(c), plain) {
                let off = abs(x * c - y)
                #expect(off < 1e-10 * (1 + abs(y)), "\(c)")
            }
        }
    }

    @Test func normsTakeTheirOrderFirst() throws {
        let x = try vector(3, -4, 6, 8, shape: [2, 2])
        func norm(_ arguments: Value...) throws -> [Double] {
            guard case .object(let result as Variable)? = try x.call("norm", arguments).first else {
                throw ScriptError("test", "no tensor")
            }
            return try result.value.toArray()
        }
        let root = 125.0.squareRoot()
        #expect(
            try norm() == [root] && norm(.integer(2)) == [root] && norm(.string("fro")) == [root]
                && norm(.none) == [root])
        #expect(
            try norm(.integer(1)) == [21] && norm(.integer(0)) == [4] && norm(.number(.infinity)) == [8]
                && norm(.number(-.infinity)) == [3])
        #expect(
            try norm(.integer(1), .integer(1)) == [9, 12] && norm(.integer(1), .integer(2)) == [7, 14]
                && norm(.integer(2), .integer(-1)) == [5, 10])
        #expect(
            try norm(.none, .integer(2), .boolean(true)) == [5, 10]
                && norm(.integer(1), .sequence([.integer(1), .integer(2)])) == [21])
        #expect(try norm(.options((key: "dim", value: .integer(2)))) == [5, 10])
        #expect(try norm(.options((key: "p", value: .integer(1)), (key: "dim", value: .integer(2)))) == [7, 14])
        #expect(
            try norm(.integer(1), .options((key: "dim", value: .integer(2)), (key: "keepdim", value: .boolean(true))))
                == [7, 14])
        #expect(try abs(norm(.string("nuc"))[0] - x.svd().s.sum().value.item()) < 1e-12)
        for (wrong, words) in [
            (Value.string("two"), "a number, \"fro\" or \"nuc\""),
            (.sequence([.integer(1), .integer(2)]), "dimensions come second"),
            (.number(.nan), "a number"), (.boolean(true), "a number"),
        ] {
            #expect(try message { _ = try norm(wrong) }?.contains(words) == true, "\(wrong.shown)")
        }
        #expect(try message { _ = try norm(.string("nuc"), .integer(1)) }?.contains("two dimensions expected") == true)
    }
}
