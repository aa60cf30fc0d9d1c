import Autodiff
import LawChecks
import Scripting
import Tensors
import Testing

/// No input may abort the process: every operation, on every kind of tensor and argument, gives a result or a
/// ScriptError.
@Suite struct AwkwardShapeTests {
    private static let shapes: [[Int]] = [
        [], [0], [1], [3], [0, 3], [3, 0], [0, 0], [2, 0, 0], [1, 1], [3, 3], [2, 3], [2, 0, 3], [1, 2, 1, 3],
        [1, 1, 1, 1, 1, 1, 2],
    ]

    private func tensors() throws -> [Variable] {
        var tensors = try Self.shapes.flatMap { shape in
            [Variable(try Tensor.full(shape, 0.5, .float64)), Variable(try Tensor.full(shape, 1, .float32))]
        }
        let matrix = Variable(try Tensor((0..<12).map(Double.init), shape: [3, 4]))
        tensors.append(try matrix.transpose(0, 1))
        tensors.append(try matrix.slice(1, 0, 2, step: 2))
        tensors.append(try Variable(Tensor(1)).expand([3, 3]))
        for dtype in [DType.float16, .int64, .bool] { tensors.append(Variable(try matrix.value.copy(dtype))) }
        tensors.append(Variable(try Tensor(integers: [.max, .min, -1, 0], shape: [4])))
        tensors.append(Variable(try Tensor([1, 0, 1], shape: [3], .bool)))
        tensors.append(try leaf(1, 2, 3))
        tensors.append(try vector(.nan, .infinity, -1, 0, shape: [2, 2]))
        return tensors
    }

    private static var numbers: [Value] {
        [
            .integer(0), .integer(1), .integer(2), .integer(-1), .integer(.max), .integer(.min), .number(0.5),
            .number(.nan), .number(.infinity), .number(-1e300),
        ]
    }

    private func tables() throws -> [Value] {
        [
            .sequence([]), .sequence([.integer(1)]), .sequence([.integer(2), .integer(1)]),
            .sequence([.integer(.max), .integer(.max)]),
            .sequence([.integer(-1), .integer(-1)]), .sequence([.integer(.min)]), .sequence([.number(.nan)]),
            .sequence([.string("a")]),
            .options((key: "dtype", value: .string("float64"))), .options((key: "correction", value: .number(.nan))),
            .options((key: "stride", value: .integer(.max))), .options((key: "padding", value: .integer(.max))),
            .options((key: "dilation", value: .integer(.max))), .options((key: "stride", value: .integer(0))),
            .options((key: "groups", value: .integer(0))),
            .sequence([.object(try vector(1, 2)), .object(try vector(shape: [0]))]),
            .sequence([.object(try vector(1, 2)), .object(try vector(3, 4))]),
            .sequence([.sequence([])]),
        ]
    }

    /// Runs the body. A result or a ScriptError is right; any other error fails the test, and a trap ends the whole
    /// run.
    private func survive(_ function: NativeFunction, _ arguments: [Value]) throws {
        do {
            for case .object(let result as Variable) in try function.call(arguments) where result.requiresGrad {
                try result.backward(Variable(Tensor.full(result.shape, 1, .float64)))
            }
        } catch is ScriptError {}
    }

    @Test func everyOperationOnEveryTensor() throws {
        let tensors = try tensors()
        for operation in catalogue {
            for x in tensors {
                try survive(operation.function, [.object(x)])
                for y in tensors { try survive(operation.function, [.object(x), .object(y)]) }
            }
        }
    }

    @Test func everyOperationWithEveryArgument() throws {
        let (tensors, tables) = (try tensors(), try tables())
        for operation in catalogue {
            for x in tensors {
                for argument in Self.numbers + tables + [.none, .boolean(true), .string("float32"), .string("float16")]
                {
                    try survive(operation.function, [.object(x), argument])
                    try survive(operation.function, [.object(x), argument, argument])
                    try survive(operation.function, [.object(x), .integer(1), argument])
                    try survive(operation.function, [argument, argument])
                    try survive(operation.function, [.object(x), .object(x), argument])
                    try survive(operation.function, [.object(x), argument, .object(x)])
                    try survive(operation.function, [.object(x), .object(x), .object(x), argument])
                }
            }
        }
    }

    @Test func everyMethodAndMakerWithEveryArgument() throws {
        let (tensors, tables) = (try tensors(), try tables())
        let module = TensorModule(adding: [.cube])
        let names = Set(catalogue.map(\.name))
        let makers = module.functions.filter { !names.contains($0.shortName) } + [module.call].compactMap { $0 }
        for maker in makers {
            for argument in Self.numbers + tables + [.none, .string("x")] {
                try survive(maker, [argument])
                try survive(maker, [argument, argument])
                try survive(maker, [.integer(2), argument])
                try survive(maker, [.integer(2), .integer(3), argument])
            }
        }
        let type = try #require(module.types.first)
        let operators = type.operators.values
        for function in type.methods.filter({ !names.contains($0.shortName) }) + type.properties + type.setters
            + operators
        {
            for x in tensors {
                let x = try x.clone()
                for argument in Self.numbers + tables + [.none, .object(x), .object(try vector(1, 0, 1)), .string("x")]
                {
                    try survive(function, [.object(x), argument])
                    try survive(function, [.object(x), argument, .integer(1)])
                    try survive(function, [.object(x), .integer(1), argument])
                    try survive(function, [.object(x), .sequence([argument]), argument])
                    try survive(function, [.object(x), .sequence([.sequence([.integer(1), .integer(1), argument])])])
                    try survive(
                        function,
                        [
                            .object(x), .sequence([.sequence([]), .sequence([.integer(1), .integer(-1), argument])]),
                            .integer(2),
                        ])
                }
            }
        }
    }

    @Test func hugeViewsAreRefusedWhereTheyWouldOverflow() throws {
        let one = Variable(try Tensor.zeros([1]))
        let huge = try one.expand([1 << 62])
        let half = try one.expand([1 << 61])
        #expect(try message { _ = try Variable.concatenate([huge, huge], 0) } != nil)
        #expect(try message { _ = try Variable.concatenate([huge, half, huge], 0) } != nil)
        #expect(try message { _ = try huge + 1 } != nil)
        #expect(try message { _ = try huge.unsqueezed().expand([4, 1 << 62]) } != nil)
        #expect(try huge.reshape([1 << 31, 1 << 31]).shape == [1 << 31, 1 << 31])
        #expect(try message { _ = try huge.reshape([-1, 3]) } != nil)
        for name in ["split", "chunk", "tolist", "cumsum", "sort", "flip", "roll"] {
            #expect(
                try message { _ = try huge.call(name, .integer(name == "chunk" ? .max : 1), .integer(1)) } != nil,
                "\(name)")
        }
        #expect(try message { _ = try Variable(Tensor.zeros([1 << 40, 0])).call("tolist") } != nil)
        // Printing reads only the elements that it shows.
        #expect(try message { _ = try huge.call("tostring") } == nil)
    }

    @Test func aStepPastTheEndIsNoOverflow() throws {
        let x = Variable(try Tensor((0..<6).map(Double.init), shape: [2, 3]))
        let part = try x.at(.sequence([.sequence([.integer(2), .integer(2), .integer(.max)]), .sequence([])]))
        #expect(try part.value.toArray() == [3, 4, 5])
    }
}

extension Variable {
    fileprivate func unsqueezed() throws -> Variable { try reshape([1] + shape) }
}
