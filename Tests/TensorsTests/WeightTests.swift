import LawChecks
import Scripting
import Testing

@testable import Tensors

/// Sums of squares, averages in place, and rows for batches, against plain loops for every order in memory.
@Suite struct WeightTests {
    /// The same numbers in row-major order, transposed, strided, and as a slice of a larger tensor.
    private static func views(_ dtype: DType) throws -> [(String, Tensor)] {
        let generator = Generator(seed: 3)
        func normal(_ shape: [Int]) throws -> Tensor { try generator.normals(shape, dtype) }
        return [
            ("row-major", try normal([5, 7])), ("transposed", try normal([7, 5]).transpose(0, 1)),
            ("every second column", try normal([5, 14]).slice(1, from: 1, count: 7, step: 2)),
            ("a number", try normal([])), ("empty", try normal([0, 3])), ("many", try normal([70_001])),
        ]
    }

    @Test(arguments: [DType.float32, .float64]) func squares(dtype: DType) throws {
        for (label, x) in try WeightTests.views(dtype) {
            let expected = try x.toArray().reduce(0) { $0 + $1 * $1 }
            let sum = try x.squaredSum()
            #expect(abs(sum - expected) <= 1e-9 * expected, "\(label): \(sum), not \(expected)")
        }
        #expect(try !Tensor([1, .nan], shape: [2], dtype).squaredSum().isFinite)
        #expect(try !Tensor([1, .infinity], shape: [2], dtype).squaredSum().isFinite)
    }

    @Test(arguments: [DType.float32, .float64]) func blending(dtype: DType) throws {
        for (label, x) in try WeightTests.views(dtype) {
            for (other, y) in try WeightTests.views(dtype) where y.shape == x.shape {
                let target = try x.copy(inOrderOf: x.layout)
                let before = try target.toArray(), end = try y.toArray()
                let version = target.storage.version
                try target.blend(inPlace: y, weight: 0.25)
                for (i, value) in try target.toArray().enumerated() {
                    let expected = before[i] + 0.25 * (end[i] - before[i])
                    #expect(abs(value - expected) < 1e-6, "\(label) towards \(other), element \(i)")
                }
                #expect(target.storage.version > version)
            }
        }
        // The rest of a larger tensor is not changed.
        let whole = try Tensor.full([4, 4], 1, dtype)
        try whole.slice(1, from: 1, count: 2).blend(inPlace: Tensor.full([4, 2], 3, dtype), weight: 0.5)
        #expect(try whole.toArray() == (0..<4).flatMap { _ in [1, 2, 2, 1] })
        #expect(throws: ScriptError.self) { try whole.blend(inPlace: Tensor.full([4, 2], 3, dtype), weight: 0.5) }
    }

    @Test func rows() throws {
        let x = try Tensor((0..<12).map(Double.init), shape: [4, 3])
        #expect(try x.rows(at: [2, 0, 2], for: "test").toArray() == [6, 7, 8, 0, 1, 2, 6, 7, 8])
        #expect(try x.transpose(0, 1).rows(at: [1], for: "test").toArray() == [1, 4, 7, 10])
        #expect(try x.rows(at: [], for: "test").shape == [0, 3])
        for wrong in [-1, 4, .max, .min] {
            #expect(throws: ScriptError.self) { try x.rows(at: [wrong], for: "test") }
        }
        #expect(throws: ScriptError.self) { try Tensor(1).rows(at: [0], for: "test") }
    }

    /// Every number is within its level's interval, also at the limits of the dtype's precision.
    @Test(arguments: [DType.float32, .float64]) func levels(dtype: DType) throws {
        for levels in [2, 3, 256, 1000] {
            let k = (0..<levels).map(Double.init) + [Double](repeating: Double(levels - 1), count: 100_000)
            let x = try Tensor(k.map { $0 / Double(levels - 1) }, shape: [k.count], dtype)
            let result = try x.dequantized(levels: levels, from: Generator(seed: 1), for: "test")
            #expect(result.dtype == dtype)
            for (i, y) in try result.toArray().enumerated() {
                #expect((y * Double(levels)).rounded(.down) == k[i] && y < 1, "level \(k[i]) of \(levels) became \(y)")
            }
            let whole = try Tensor(integers: k.map { Int($0) }, shape: [k.count]).dequantized(
                levels: levels, from: Generator(seed: 1), for: "test")
            if dtype == .float32 { #expect(try whole.toArray() == result.toArray()) }
        }
        for wrong in [-0.1, 1.1, 254, 0.5, .nan, .infinity] {
            #expect(throws: ScriptError.self) {
                try Tensor([wrong], shape: [1], dtype).dequantized(levels: 256, from: Generator(seed: 1), for: "test")
            }
        }
    }
}
