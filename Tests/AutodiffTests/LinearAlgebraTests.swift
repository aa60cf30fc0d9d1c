import Autodiff
import LawChecks
import Scripting
import Tensors
import Testing

/// The factors of decompositions multiplied together again, and what singular matrices do.
@Suite struct LinearAlgebraTests {
    private static let shapes = [
        [1, 1], [3, 3], [5, 3], [3, 5], [2, 4, 4], [2, 3, 1, 2], [0, 3], [3, 0], [2, 0, 0], [0, 2, 2],
    ]

    @Test func decompositionsMultiplyToTheMatrix() throws {
        for (seed, shape) in Self.shapes.enumerated() {
            for dtype in [DType.float64, .float32] {
                let a = Variable(try normals(shape, seed: UInt64(seed)).value.copy(dtype))
                let tolerance = dtype == .float64 ? 1e-12 : 1e-5
                func expect(_ product: Variable, _ name: String) throws {
                    #expect(product.dtype == dtype)
                    #expect(
                        try difference(product.value, a.value, absolute: tolerance, relative: tolerance) == nil,
                        "\(name) of \(shape)")
                }
                let (p, l, u) = try a.lu()
                try expect(p.matmul(l).matmul(u), "lu")
                let (q, r) = try a.qr()
                try expect(q.matmul(r), "qr")
                let (left, s, v) = try a.svd()
                try expect(
                    (left * s.reshape(s.shape.dropLast() + [1, s.shape[s.shape.count - 1]])).matmul(v.transposed()),
                    "svd")
                let unit = try identity(q.shape[q.shape.count - 1])
                if q.value.count > 0 {
                    #expect(
                        try difference(
                            q.transposed().matmul(q).value, unit.expand(shape.dropLast(2) + unit.shape).value,
                            absolute: 1e-5) == nil)
                }
            }
        }
    }

    @Test func squareMatrices() throws {
        for shape in [[1, 1], [4, 4], [2, 3, 3], [0, 0], [2, 0, 0]] {
            let n = shape[shape.count - 1]
            let a = try normals(shape, seed: 7) + identity(n) * 5
            let unit = try identity(n).expand(shape)
            #expect(try difference(a.matmul(a.inverse()).value, unit.value, absolute: 1e-12) == nil)
            let b = try normals(shape.dropLast() + [2], seed: 8)
            #expect(try difference(a.matmul(a.solve(b)).value, b.value, absolute: 1e-12) == nil)
            let positive = try a.matmul(a.transposed())
            let l = try positive.cholesky()
            #expect(try difference(l.matmul(l.transposed()).value, positive.value, absolute: 1e-10) == nil)
            let symmetric = try a + a.transposed()
            let (w, v) = try symmetric.eigh()
            #expect(
                try difference(
                    (v * w.reshape(w.shape.dropLast() + [1, n])).matmul(v.transposed()).value, symmetric.value,
                    absolute: 1e-12) == nil)
            let (sign, logarithm) = try a.signAndLogDeterminant()
            #expect(try difference((sign * logarithm.exp()).value, a.determinant().value, absolute: 1e-9) == nil)
            #expect(
                try difference(
                    a.determinant().value, positive.determinant().sqrt().value, absolute: 1e-9, relative: 1e-9) == nil)
        }
        #expect(try vector(shape: [0, 0]).determinant().value.item() == 1)
    }

    @Test func singularMatricesAreErrors() throws {
        let singular = try vector(1, 2, 2, 4, shape: [2, 2])
        #expect(
            try message { _ = try singular.inverse() } == "tensor.inverse: the matrix is singular: pivot 2 of 2 is 0")
        #expect(
            try message { _ = try singular.solve(vector(1, 2)) }
                == "tensor.solve: the matrix is singular: pivot 2 of 2 is 0")
        let several = try Variable.stack([identity(2), singular], 0)
        #expect(
            try message { _ = try several.inverse() } == "tensor.inverse: matrix 2 of 2 is singular: pivot 2 of 2 is 0")
        for bad in [Double.nan, .infinity] {
            let matrix = try vector(bad, 2, 3, 4, shape: [2, 2])
            for fault in [
                try message { _ = try matrix.inverse() }, try message { _ = try matrix.solve(vector(1, 2)) },
                try message { _ = try identity(2).solve(vector(bad, 2)) }, try message { _ = try matrix.svd() },
                try message { _ = try matrix.eigh() }, try message { _ = try matrix.cholesky() },
            ] { #expect(fault?.contains("infinite or NaN") == true) }
        }
        #expect(
            try message { _ = try vector(1, 0, 0, -1, shape: [2, 2]).cholesky() }
                == "tensor.cholesky: the matrix is not positive definite: its leading minor of order 2 is not")
        #expect(try singular.determinant().value.item() == 0)
        let (sign, logarithm) = try singular.signAndLogDeterminant()
        #expect(try sign.value.item() == 0 && logarithm.value.item() == -.infinity)
        #expect(
            try message { _ = try vector(1, 2, shape: [1, 2]).inverse() }
                == "tensor.inverse: square matrices expected, got shape (1, 2)")
        #expect(
            try message { _ = try identity(2).solve(vector(1, 2, 3)) }?.contains("(2, 2) and (3, 1) do not fit") == true
        )
    }

    @Test func determinantsOfSingularMatricesHaveGradients() throws {
        for values in [[1.0, 2, 2, 4], [0, 0, 0, 0], [0, 0, 0, 5]] {
            let matrix = Variable(try Tensor(values, shape: [2, 2], .float64))
            let slope = try Transform.valueAndGradient(of: { [try $0[0].determinant()] }, at: [matrix], for: "test")
                .gradients[0]
            #expect(
                try difference(
                    slope.value, Tensor([values[3], -values[2], -values[1], values[0]], shape: [2, 2], .float64),
                    absolute: 1e-12) == nil)
            #expect(
                try message { _ = try Transform.hessian(of: { [try $0[0].determinant()] }, at: matrix, for: "test") }?
                    .contains("singular") == true)
        }
    }

    @Test func equalEigenvaluesHaveGradientsOfValuesOnly() throws {
        let one = try identity(3)
        let sums = try Transform.valueAndGradient(
            of: { [try $0[0].eigh().values.sum() + $0[0].svd().s.sum()] }, at: [one], for: "test"
        ).gradients[0]
        #expect(try difference(sums.value, (one * 2).value, absolute: 1e-12) == nil)
        #expect(
            try message {
                _ = try Transform.valueAndGradient(of: { [try $0[0].eigh().vectors.sum()] }, at: [one], for: "test")
            }?.contains("equal eigenvalues") == true)
        #expect(
            try message {
                _ = try Transform.valueAndGradient(of: { [try $0[0].svd().u.sum()] }, at: [one], for: "test")
            }?.contains("equal singular values") == true)
    }

    private func identity(_ n: Int) throws -> Variable {
        try Variable(Tensor([Double](repeating: 1, count: n), shape: [n], .float64)).diagonal()
    }
}
