import Scripting
import Tensors

extension Variable {
    /// result[i, ..., j, ...] = self[i, ..., index[i, ..., j, ...], ...] along `axis`; indices are 1-based numbers.
    public func gather(_ axis: Int, _ index: Variable, for operation: String = "tensor.gather") throws -> Variable {
        try taking(indexMap(axis, index, operation), operation)
    }

    /// Which elements `index` names along an axis.
    func indexMap(_ axis: Int, _ index: Variable, _ operation: String) throws -> IndexMap {
        try value.check(axis: axis, for: operation)
        let positions = try index.zeroBasedPositions(below: shape[axis], operation)
        guard index.shape.count == shape.count,
            index.shape.indices.allSatisfy({ $0 == axis || index.shape[$0] <= shape[$0] })
        else {
            throw ScriptError(
                operation,
                "index \(Shape.describe(index.shape)) does not fit \(Shape.describe(shape)) outside dimension "
                    + "\(axis + 1)"
            )
        }
        return IndexMap(axis: axis, positions: positions, shape: index.shape)
    }

    func taking(_ map: IndexMap, _ operation: String) throws -> Variable {
        try .recorded(operation, self, map.take(value), keeps: .nothing) { call in
            [try call.cotangent.scattering(map, into: call.inputs[0].shape, operation)]
        }
    }

    /// The transpose of gathering: adds each element at the place where it was taken.
    func scattering(_ map: IndexMap, into shape: [Int], _ operation: String) throws -> Variable {
        try .recorded(operation, self, map.put(value, into: shape), keeps: .nothing) { call in
            [try call.cotangent.taking(map, operation)]
        }
    }

    /// The slices at 1-based indices along an axis.
    public func indexSelect(_ axis: Int, _ index: Variable, for operation: String = "tensor.index_select") throws
        -> Variable
    {
        guard index.shape.count == 1 else {
            throw ScriptError(
                operation, "the indices have shape \(Shape.describe(index.shape)); one dimension expected")
        }
        try value.check(axis: axis, for: operation)
        let slices = Slices(
            axis: axis, positions: try index.zeroBasedPositions(below: shape[axis], operation), extent: shape[axis])
        return try taking(slices, operation)
    }

    func taking(_ slices: Slices, _ operation: String) throws -> Variable {
        try .recorded(operation, self, slices.take(value), keeps: .nothing) {
            [try $0.cotangent.scattering(slices, operation)]
        }
    }

    /// The transpose of selecting: adds each slice at the place where it was taken.
    private func scattering(_ slices: Slices, _ operation: String) throws -> Variable {
        try .recorded(operation, self, slices.put(value), keeps: .nothing) {
            [try $0.cotangent.taking(slices, operation)]
        }
    }

    /// Whole numbers from 1 to `bound`, converted to 0-based positions.
    func zeroBasedPositions(below bound: Int, _ operation: String) throws -> [Int] {
        var read = 0
        func position(_ index: Int?, _ shown: @autoclosure () -> String) throws -> Int {
            read += 1
            if read & 0xffff == 0 { try Cancellation.check() }
            guard let index, let position = zeroBased(index, count: bound) else {
                throw ScriptError(operation, "index \(shown()) is not a whole number from 1 to \(bound)")
            }
            return position
        }
        return try Storage.reserving(value.count, bytes: 2 * MemoryLayout<Int>.stride) {
            switch dtype {
            case .int64: try value.toIntegers().map { try position($0, String($0)) }
            case .bool:
                throw ScriptError(operation, "the positions are bool; a mask goes to masked_select, where and x[mask]")
            default: try value.toArray().map { try position(Int(exactly: $0), shown($0)) }
            }
        }
    }
}

/// For each element of a gathered tensor its place in the source.
struct IndexMap: Sendable {
    let axis: Int
    let positions: [Int]
    /// The shape of the gathered tensor.
    let shape: [Int]

    /// Calls `body` with the offsets of each element in the gathered tensor and in the (strided) source.
    private func forEach(_ strides: [Int], _ body: (Int, Int) -> Void) throws {
        let last = shape.count - 1
        let row = shape[last]
        var index = [Int](repeating: 0, count: shape.count)
        try positions.withUnsafeBufferPointer { positions in
            for start in stride(from: 0, to: positions.count, by: max(row, 1)) {
                var first = 0
                for outer in 0..<last where outer != axis { first += strides[outer] * index[outer] }
                let (step, along) = (strides[last], strides[axis])
                for piece in stride(from: 0, to: row, by: 1 << 16) {
                    if (start + piece) & 0xffff < row { try Cancellation.check() }
                    let part = piece..<min(piece + (1 << 16), row)
                    if axis == last {
                        for i in part { body(start + i, first + positions[start + i] * step) }
                    } else {
                        for i in part { body(start + i, first + i * step + positions[start + i] * along) }
                    }
                }
                for outer in (0..<last).reversed() {
                    index[outer] += 1
                    if index[outer] < shape[outer] { break }
                    index[outer] = 0
                }
            }
        }
    }

    func take(_ source: Tensor) throws -> Tensor {
        let source = try source.cast(source.dtype.working)
        let result = try Tensor.uninitialized(shape, source.dtype)
        func run<T: StoredElement>(_: T.Type) throws {
            let (to, from) = (result.base(T.self), source.base(T.self))
            try forEach(source.strides) { to[$0] = from[$1] }
        }
        defer { withExtendedLifetime(source) {} }
        switch source.dtype {
        case .float64: try run(Double.self)
        case .int64: try run(Int64.self)
        case .bool: try run(UInt8.self)
        case .float32, .float16: try run(Float.self)
        }
        return result
    }

    /// Writes the elements of a gathered tensor to their places in `target`, which has the same dtype, in row-major
    /// order.
    func write(_ source: Tensor, over target: Tensor) throws {
        let source = try source.contiguous()
        func run<T: StoredElement>(_: T.Type) throws {
            let (to, from) = (target.base(T.self), source.base(T.self))
            try forEach(target.strides) { to[$1] = from[$0] }
        }
        defer { withExtendedLifetime(source) {} }
        switch source.dtype {
        case .float64: try run(Double.self)
        case .int64: try run(Int64.self)
        case .bool: try run(UInt8.self)
        case .float32, .float16: try run(Float.self)
        }
    }

    func put(_ source: Tensor, into target: [Int]) throws -> Tensor {
        let source = try source.cast(source.dtype.working).contiguous()
        let result = try Tensor.zeros(target, source.dtype)
        func run<T: StoredElement>(_: T.Type) throws {
            let (to, from) = (result.base(T.self), source.base(T.self))
            try forEach(result.strides) { to[$1] = T.plus(to[$1], from[$0]) }
        }
        defer { withExtendedLifetime(source) {} }
        switch source.dtype {
        case .float64: try run(Double.self)
        case .int64: try run(Int64.self)
        case .bool: try run(UInt8.self)
        case .float32, .float16: try run(Float.self)
        }
        return result
    }
}

extension Operation {
    static let gather = Operation(
        Declaration(
            "tensor.gather",
            "Along dim, the elements that index names: result[i][j] = x[i][index[i][j]] for dim 2.",
            called: .both, by: .placesOrNames,
            takes: .x, .argument("dim", .dimension),
            .argument("index", .tensor, "of x's number of dimensions; int64, or whole numbers, counted from 1"),
            returns: .tensor, errors: "an index that is not a whole number in range; shapes that do not fit",
            source: "torch.gather",
            example: "assert(tensor({{1, 2}, {3, 4}}):gather(2, tensor({{2}, {1}})):sum():item() == 5)"
        ) { x, dim, index in
            let row = try x.asRow()
            let gathered = try row.gather(row.axis(dim), index.asRow())
            return index.shape.isEmpty ? try gathered.reshape([]) : gathered
        },
        cases: [
            LawCase("gather", [.init([2, 3])]) { try $0[0].gather(1, Variable(Tensor([1, 1, 3, 2], shape: [2, 2]))) }
        ])

    static let indexSelect = Operation(
        Declaration(
            "tensor.index_select", "The slices of x along dim at the given indices, in that order.",
            called: .both, by: .placesOrNames,
            takes: .x, .argument("dim", .dimension),
            .argument(
                "index", .positions,
                "a vector of int64 or of whole numbers, a single one, or a table of them, counted from 1"),
            returns: .tensor, errors: "an index out of range", source: "torch.index_select",
            example: "assert(tensor({{1, 2}, {3, 4}}):index_select(1, tensor({2, 2}))[{2, 1}] == 3)"
        ) { x, dim, index in
            let index = try index.asRow()
            guard !x.shape.isEmpty || index.value.count == 1 else {
                throw Fault("index", "one index expected for a tensor without dimensions, got \(index.value.count)")
            }
            return try x.along(dim) { try $0.indexSelect($1, index) }
        },
        cases: [
            LawCase("index_select", [.init([2, 3])]) {
                try $0[0].indexSelect(1, Variable(Tensor([3, 1, 3], shape: [3])))
            },
            LawCase("index_select of rows", [.init([3, 2, 2])]) {
                try $0[0].indexSelect(0, Variable(Tensor([3, 1, 3], shape: [3])))
            },
            LawCase("index_select in the middle", [.init([2, 3, 2])]) {
                try $0[0].indexSelect(1, Variable(Tensor([2, 2], shape: [2])))
            },
        ])

    static let maskedSelect = Operation(
        Declaration(
            "tensor.masked_select", "A vector of the elements where the mask is true, in row-major order.",
            called: .both, by: .placesOrNames,
            takes: .x, .argument("mask", .mask, "of x's shape, or broadcast to it; one of zeros and ones is taken too"),
            returns: .tensor, errors: "a mask that does not broadcast to x", source: "torch.masked_select",
            example: "assert(tensor({1, 2, 3}):masked_select(tensor({1, 0, 1})):tolist()[2] == 3)"
        ) { x, mask in try x.maskedSelect(mask) },
        cases: [
            LawCase("masked_select", [.init([2, 3])]) {
                try $0[0].maskedSelect(Variable(Tensor([1, 0, 1], shape: [3])))
            }
        ])
}

extension Variable {
    /// The elements where the mask is not 0, as a vector in row-major order.
    public func maskedSelect(_ mask: Variable, for operation: String = "tensor.masked_select") throws -> Variable {
        try reshape([value.count]).gather(0, mask.positions(in: shape, for: operation), for: operation)
    }

    /// The 1-based row-major positions where a mask, broadcast to `shape`, is not 0.
    private func positions(in shape: [Int], for operation: String) throws -> Variable {
        let places = try value.expand(shape, for: operation).placesOfTrue()
        return Variable(try Tensor(integers: places.map { $0 + 1 }, shape: [places.count]))
    }
}
