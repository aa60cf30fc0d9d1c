import CKernels
import Foundation
import Scripting
import Testing
import TimeLimits

@testable import Tensors

/// Products of all types and layouts against plain sums in float64.
@Suite(.ownTime(minutes: 10)) struct MatrixProductTests {
    private static let levels = [ck_level_portable, ck_level_avx2, ck_level_avx512]

    @discardableResult
    private func with<R>(threads: Int, _ body: () throws -> R) throws -> R {
        try ThreadCount.$current.withValue(try ThreadCount(threads), operation: body)
    }

    private typealias Random = SparseLinearTests.Generator

    /// How the numbers of a matrix lie in memory.
    private enum Layout: CaseIterable { case rows, columns, inside, columnsInside, everySecond, repeated }

    private func matrix(
        _ rows: Int, _ columns: Int, _ dtype: DType, _ layout: Layout, _ random: inout Random
    ) throws -> Tensor {
        let seed = UInt64.random(in: 0...1_000_000, using: &random)
        func normals(_ shape: [Int]) throws -> Tensor {
            try Generator(seed: seed).fill(shape, .float32) { $0.normal() }.copy(dtype)
        }
        switch layout {
        case .rows: return try normals([rows, columns])
        case .columns: return try normals([columns, rows]).transpose(0, 1)
        case .inside:
            return try normals([rows + 3, columns + 5]).slice(0, from: 2, count: rows).slice(1, from: 3, count: columns)
        case .columnsInside:
            return try normals([columns + 1, rows + 7]).slice(0, from: 1, count: columns)
                .slice(1, from: 2, count: rows).transpose(0, 1)
        case .everySecond: return try normals([rows, columns, 2]).select(2, 1)
        case .repeated: return try normals([1, columns]).expand([rows, columns])
        }
    }

    /// One element's sum, and the sum of the terms' sizes, which bounds the rounding error.
    private func plain(
        _ x: [Double], _ y: [Double], _ i: Int, _ j: Int, _ k: Int, _ n: Int
    ) -> (sum: Double, size: Double) {
        var (sum, size) = (0.0, 0.0)
        for l in 0..<k {
            let term = x[i * k + l] * y[l * n + j]
            sum += term
            size += abs(term)
        }
        return (sum, size)
    }

    private func check(_ a: Tensor, _ b: Tensor, _ bias: Tensor?, _ level: ck_level, _ what: String) throws {
        let results = try [1, 2, 4].map { threads in
            try with(threads: threads) { try a.matmul(b, plus: bias, level: level, for: "matmul").toArray() }
        }
        #expect(results[1].map(\.bitPattern) == results[0].map(\.bitPattern), "2 threads: \(what)")
        #expect(results[2].map(\.bitPattern) == results[0].map(\.bitPattern), "4 threads: \(what)")
        let (k, n) = (a.shape[1], b.shape[1])
        let unit = a.dtype == .float64 && b.dtype == .float64 ? 0x1p-53 : 0x1p-24
        let (x, y, start) = (try a.toArray(), try b.toArray(), try bias?.toArray())
        // All elements of a small product; of a large one every n-th, with n odd so that every column is reached.
        for place in stride(from: 0, to: results[0].count, by: max(1, results[0].count / 1500 | 1)) {
            let (i, j) = (place / n, place % n)
            let (sum, size) = plain(x, y, i, j, k, n)
            let (expected, result) = (sum + (start?[j] ?? 0), results[0][place])
            let tolerance = unit * Double(k + 4) * (size + abs(start?[j] ?? 0))
            let isRight = expected.isFinite ? abs(result - expected) <= tolerance : "\(result)" == "\(expected)"
            if !isRight {
                Issue.record("\(what): element \(i), \(j) is \(result), not \(expected)")
                return
            }
        }
    }

    @Test func productsOfAllLayoutsAreTheSums() throws {
        var random = Random(state: 1)
        func any<T>(of choices: [T]) -> T { choices[Int.random(in: 0..<choices.count, using: &random)] }
        let extents = [0, 1, 2, 3, 5, 8, 15, 16, 17, 24, 31, 33, 48, 49, 64, 100]
        for round in 0..<400 {
            let (m, k, n) = (any(of: extents), any(of: extents), any(of: extents))
            let dtype: DType = round % 4 == 0 ? .float64 : .float32
            let right: DType = dtype == .float32 && round % 2 == 0 ? .float16 : dtype
            let (first, second) = (any(of: Layout.allCases), any(of: Layout.allCases))
            let level = Self.levels[round % 3]
            let a = try matrix(m, k, dtype, first, &random)
            let b = try matrix(k, n, right, second, &random)
            let bias = round % 3 == 0 ? try matrix(1, n, dtype, .rows, &random).reshape([n]) : nil
            let what = "(\(m), \(k)) \(first) times (\(k), \(n)) \(right) \(second)"
            try check(a, b, bias, level, "\(what), \(level), bias \(bias != nil)")
        }
    }

    /// Sizes that need several panels, several blocks of the depth, and several tiles of rows.
    @Test(arguments: [
        (300, 700, 120), (40, 1030, 200), (9, 600, 400), (520, 20, 300), (700, 300, 1), (600, 100, 3), (1, 900, 500),
        (200, 130, 150),
    ])
    func largeProducts(_ extents: (Int, Int, Int)) throws {
        var random = Random(state: 2)
        let (m, k, n) = extents
        let layouts = [(Layout.rows, Layout.rows), (.columns, .columns), (.rows, .columnsInside), (.columns, .inside)]
        for (first, second) in layouts {
            for (left, right) in [(DType.float32, DType.float32), (.float32, .float16), (.float64, .float64)] {
                let a = try matrix(m, k, left, first, &random)
                let b = try matrix(k, n, right, second, &random)
                try check(a, b, nil, ck_best_level(), "\(extents) \(left) \(first), \(right) \(second)")
            }
        }
    }

    @Test func manyProductsAtOnce() throws {
        var random = Random(state: 3)
        let a = try matrix(6 * 20, 30, .float32, .rows, &random).reshape([3, 2, 20, 30])
        let b = try matrix(2 * 30, 17, .float32, .rows, &random).reshape([2, 30, 17])
        let all = try with(threads: 4) { try a.matmul(b) }
        #expect(all.shape == [3, 2, 20, 17])
        for i in 0..<3 {
            for j in 0..<2 {
                let one = try a.select(0, i).select(0, j).matmul(b.select(0, j))
                #expect(try all.select(0, i).select(0, j).toArray() == one.toArray())
            }
        }
    }

    @Test(arguments: levels) func noNumberIsLost(_ level: ck_level) throws {
        var random = Random(state: 4)
        for (m, k, n) in [(1, 20, 60), (5, 33, 50), (20, 40, 17), (40, 16, 3)] {
            for layout in [Layout.rows, .columns] {
                for right in [DType.float32, .float16] {
                    for special in [Double.nan, .infinity, -.infinity] {
                        let a = try matrix(m, k, .float32, .rows, &random)
                        let b = try matrix(k, n, right, layout, &random)
                        try a.select(0, m / 2).slice(0, from: k - 1, count: 1).fill(special)
                        try check(a, b, nil, level, "\(special) on the left, \((m, k, n)), \(right) \(layout)")
                        let c = try matrix(m, k, .float32, .rows, &random)
                        try b.select(0, k / 2).slice(0, from: n - 1, count: 1).fill(special)
                        // 0 times infinity is NaN: no zero may be skipped.
                        try c.select(0, 0).fill(0)
                        try check(c, b, nil, level, "\(special) on the right, \((m, k, n)), \(right) \(layout)")
                    }
                }
            }
        }
    }

    /// The rounding error of a sequential sum of n terms grows with √n, that of a blocked sum hardly at all.
    @Test(arguments: levels) func longSumsKeepTheirDigits(_ level: ck_level) throws {
        var random = Random(state: 5)
        let k = 9000
        for (m, n) in [(1, 96), (6, 96), (6, 40), (40, 96), (40, 17), (40, 3), (60, 1)] {
            for (layout, right) in [
                (Layout.rows, DType.float32), (.columns, .float32), (.rows, .float16), (.columns, .float16),
            ] {
                // OpenBLAS chooses the order of its sums itself.
                if level == ck_level_portable, right == .float32 { continue }
                let (a, b) = (try matrix(m, k, .float32, .rows, &random), try matrix(k, n, right, layout, &random))
                let result = try a.matmul(b, plus: nil, level: level, for: "matmul").toArray()
                let exact = try a.cast(.float64).matmul(b.cast(.float64)).toArray()
                let error = zip(result, exact).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
                let relative = (error / exact.reduce(0) { $0 + $1 * $1 }).squareRoot()
                #expect(relative < 4e-7, "\(m) x \(k) x \(n), \(layout), \(right): \(relative)")
            }
        }
    }

    @Test func aProductHearsAStop() throws {
        let a = try Tensor.zeros([3000, 300], .float32)
        let b = try Tensor.zeros([300, 3000], .float32)
        for threads in [1, 2] {
            try with(threads: threads) {
                Cancellation.$current.withValue(Cancellation { true }) {
                    #expect(throws: Interrupted.self) { try a.matmul(b) }
                }
            }
        }
    }
}
