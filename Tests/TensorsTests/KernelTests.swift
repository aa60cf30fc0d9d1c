import LawChecks
import Scripting
import Tensors
import Testing

/// Kernels in every layout against loops over indices.
@Suite struct KernelTests {
    private struct Plus: BinaryFunction { func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x + 2 * y } }
    private struct Double_: UnaryFunction { func callAsFunction<T: TensorElement>(_ x: T) -> T { 2 * x } }

    /// The same numbers in many layouts: contiguous, transposed, sliced, stepped, expanded, in three types.
    private func layouts() throws -> [Tensor] {
        let whole = try Generator(seed: 3).fill([4, 6], .float64) { ($0.normal() * 8).rounded() / 4 }
        return try [DType.float64, .float32, .float16].flatMap { dtype in
            let x = try whole.copy(dtype)
            return try [
                x, x.transpose(0, 1), x.slice(0, from: 1, count: 2), x.slice(1, from: 1, count: 3, step: 2),
                x.select(0, 2), x.select(1, 5),
                x.select(0, 1).select(0, 3), x.select(0, 0).expand([3, 6]), x.select(0, 1).select(0, 3).expand([2, 2]),
                x.slice(0, from: 0, count: 0),
                x.reshape([2, 2, 3, 2]).permute([3, 0, 2, 1]), x.reshape([1, 4, 1, 6]),
                x.transpose(0, 1).reshape([8, 3]),
            ]
        }
    }

    /// The elements, read by index arithmetic alone.
    private func elements(_ x: Tensor) throws -> [Double] {
        var result: [Double] = []
        func visit(_ x: Tensor) throws {
            if x.rank == 0 {
                result.append(try x.item())
            } else {
                for i in 0..<x.shape[0] { try visit(x.select(0, i)) }
            }
        }
        try visit(x)
        return result
    }

    @Test func everyLayoutIsReadInRowMajorOrder() throws {
        for x in try layouts() {
            let numbers = try elements(x)
            #expect(try x.toArray() == numbers && x.copy().toArray() == numbers && x.contiguous().isContiguous)
            #expect(try x.reshape([x.count]).toArray() == numbers)
            #expect(try x.map(Double_()).toArray() == numbers.map { 2 * $0 })
        }
    }

    @Test func pairsOfLayoutsBroadcast() throws {
        let layouts = try layouts()
        for x in layouts {
            for y in layouts {
                guard let shape = try? Shape.broadcast(x.shape, y.shape, for: "test") else { continue }
                let (a, b) = (try elements(x.expand(shape)), try elements(y.expand(shape)))
                let sum = try x.zip(y, Plus(), for: "test")
                #expect(sum.shape == shape && sum.dtype == x.dtype.promoted(with: y.dtype))
                #expect(
                    try sum.toArray() == zip(a, b).map { $0 + 2 * $1 },
                    "\(x.shape) \(x.strides) and \(y.shape) \(y.strides)")
                let mask = try y.map(Double_())
                #expect(try x.choose(mask, y).toArray() == zip(a, b).map { $1 != 0 ? $0 : $1 })
            }
        }
    }

    /// Sums of whole numbers are exact in float64, so their order does not matter, and all layouts must agree.
    @Test func sumsReachEveryElementOfEveryLayout() throws {
        for count in [0, 1, 15, 16, 17, 100, 1 << 20 + 3] {
            for dtype in [DType.float32, .float64] {
                let x = try Tensor((0..<count).map { Double($0 % 1001) }, shape: [count], dtype)
                let exact = try x.toArray().reduce(0, +)
                let wanted = dtype == .float32 ? Double(Float(exact)) : exact
                #expect(try x.sum([0]).item() == wanted, "\(count) numbers in \(dtype)")
                let pair = try Tensor(
                    (0..<2 * count).map { Double($0 % 2 == 0 ? $0 / 2 % 1001 : 5) }, shape: [count, 2], dtype)
                #expect(
                    try pair.slice(1, from: 0, count: 1).sum([0, 1]).item() == wanted, "every second of \(2 * count)")
            }
        }
        for x in try layouts() where x.rank > 0 {
            for axis in 0..<x.rank {
                let columns = try (0..<x.shape[axis]).map { try elements(x.select(axis, $0)) }
                let wanted = (0..<(columns.first?.count ?? 0)).map { column in columns.reduce(0) { $0 + $1[column] } }
                if !columns.isEmpty {
                    #expect(try x.sum([axis]).toArray() == wanted, "\(x.shape) \(x.strides) over \(axis)")
                }
            }
        }
    }

    @Test func writesReachTheirPlacesAndNoOthers() throws {
        for source in try layouts() {
            let target = try Tensor.zeros([9, 9, 9, 9], .float64)
            var part = target
            for axis in 0..<4 { part = try part.slice(axis, from: 1, count: 4, step: 2) }
            part = try part.permute([2, 0, 3, 1])
            guard source.rank <= 4, (0..<source.rank).allSatisfy({ source.shape[$0] <= 4 }) else { continue }
            for axis in 0..<source.rank { part = try part.slice(axis, from: 0, count: source.shape[axis]) }
            while part.rank > source.rank { part = try part.select(source.rank, 0) }
            try part.write(source)
            #expect(try part.toArray() == source.toArray())
            #expect(try target.sum([0, 1, 2, 3]).item() == elements(source).reduce(0, +))
        }
    }

    @Test func overlappingWritesAreWritesOfACopy() throws {
        let x = try Tensor([1, 2, 3, 4, 5], shape: [5], .float64)
        try x.slice(0, from: 1, count: 4).write(x.slice(0, from: 0, count: 4))
        #expect(try x.toArray() == [1, 1, 2, 3, 4])
        try x.write(x.flipped([0]))
        #expect(try x.toArray() == [4, 3, 2, 1, 1])
    }

    @Test func reductionsOverEverySetOfAxes() throws {
        for x in try layouts() where x.rank <= 4 {
            for set in 0..<(1 << x.rank) {
                let axes = (0..<x.rank).filter { set >> $0 & 1 == 1 }
                let sum = try x.sum(axes)
                // Reduces one axis after the other, element by element.
                var expected = try x.copy(.float64)
                for axis in axes {
                    let slices = try (0..<expected.shape[axis]).map { try expected.slice(axis, from: $0, count: 1) }
                    var shape = expected.shape
                    shape[axis] = 1
                    expected = try slices.reduce(Tensor.zeros(shape, .float64)) { try $0.zip($1, Added(), for: "test") }
                }
                #expect(try difference(sum, expected, absolute: 1e-12) == nil, "\(x.shape) over \(axes)")
            }
            for axis in 0..<x.rank where x.shape[axis] > 0 && x.count > 0 {
                let (values, positions) = try x.extremum(axis, largest: true, for: "test")
                // Slices along the axis, element by element; the result has extent 1 on that axis, so its elements have
                // their order.
                let order = (0..<x.rank).filter { $0 != axis } + [axis]
                let (all, n) = (try elements(x.permute(order)), x.shape[axis])
                for (row, (value, position)) in zip(try values.toArray(), try positions.toArray()).enumerated() {
                    let line = Array(all[(row * n)..<(row * n + n)])
                    #expect(value == line.max() && Int(position) == line.firstIndex(of: value))
                }
            }
        }
    }
    private struct Added: BinaryFunction { func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x + y } }

    @Test func matrixProductsOfEveryLayout() throws {
        let matrices = try layouts().filter { $0.rank >= 2 }
        for a in matrices {
            for b in matrices where b.shape[b.rank - 2] == a.shape[a.rank - 1] {
                guard (try? Shape.broadcast(a.shape.dropLast(2), b.shape.dropLast(2), for: "test")) != nil else {
                    continue
                }
                let product = try a.matmul(b)
                let (m, k, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1], b.shape[b.rank - 1])
                let lead = Array(product.shape.dropLast(2))
                let (x, y) = (try elements(a.expand(lead + [m, k])), try elements(b.expand(lead + [k, n])))
                var expected: [Double] = []
                for batch in 0..<lead.reduce(1, *) {
                    for i in 0..<m {
                        for j in 0..<n {
                            expected.append(
                                (0..<k).reduce(0) { $0 + x[(batch * m + i) * k + $1] * y[(batch * k + $1) * n + j] })
                        }
                    }
                }
                #expect(
                    try difference(product, Tensor(expected, shape: product.shape, .float64), absolute: 1e-4) == nil,
                    "\(a.shape) \(a.strides), \(b.shape) \(b.strides)")
            }
        }
    }

    @Test func shapesThatDoNotFitSaySo() throws {
        let x = try Tensor.zeros([2, 3])
        for (body, text) in [
            ({ _ = try x.reshape([4]) }, "tensor.reshape: (2, 3) has 6 elements, (4) does not"),
            ({ _ = try x.expand([2, 4]) }, "tensor.expand: (2, 3) does not expand to (2, 4): 3 ~= 4"),
            ({ _ = try x.select(0, 2) }, "tensor.select: index 3 is out of range 1..2 of dimension 1 of (2, 3)"),
            ({ _ = try x.transpose(0, 2) }, "tensor.transpose: dimension 3 is out of range 1..2 of (2, 3)"),
            ({ _ = try x.matmul(x) }, "tensor.matmul: (2, 3) and (2, 3) do not chain: 3 ~= 2"),
            ({ _ = try Tensor.zeros([-1]) }, "tensor.zeros: shape (-1): sizes must not be negative"),
            (
                { _ = try Tensor.zeros([.max, .max]) },
                "tensor.zeros: shape (\(Int.max), \(Int.max)) has too many elements"
            ),
            (
                { _ = try x.transpose(0, 1).view([6]) },
                "tensor.view: the layout of this (3, 2) tensor has no view as (6); use reshape"
            ),
        ] as [(() throws -> Void, String)] {
            #expect(throws: ScriptError.self) { try body() }
            do { try body() } catch let error as ScriptError { #expect(error.description == text) }
        }
    }
}
