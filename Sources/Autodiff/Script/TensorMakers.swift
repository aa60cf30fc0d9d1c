import RealModule
import Scripting
import Tensors

extension Parameter<DType> {
    /// The option `dtype` of the result.
    fileprivate static var dtype: Parameter { .option("dtype", .dtype, default: .float32) }
}

extension Parameter<DType?> {
    fileprivate static func dtype(_ note: String) -> Parameter { .option("dtype", .optional(.dtype), note) }
}

extension Parameter<Bool> {
    fileprivate static var requiresGrad: Parameter {
        .option("requires_grad", .flag, default: false, "makes a leaf that gradients accumulate in")
    }
}

/// Functions that create tensors.
enum TensorMakers {
    static let all = [zeros, ones, full, eye, arange, linspace, int64, zerosLike, onesLike].map { NativeFunction($0) }

    private static let memory = "more elements than memory"

    private static func leaf(_ tensor: Tensor, _ requiresGrad: Bool) throws -> Variable {
        let variable = Variable(tensor)
        if requiresGrad { try variable.setRequiresGrad(true) }
        return variable
    }

    static let tensor = Declaration(
        "tensor",
        """
        A tensor of nested tables of numbers, of one number (no dimension), or a copy of a tensor. Of true and false \
        alone it is a bool tensor; among numbers they are 1 and 0. Tensors without dimensions may stand in the tables: \
        of them alone the type that holds all, so that positions stay int64.
        """,
        takes: .argument(
            "values",
            .any(
                .either([.list(.any), .number, .boolean, .object(Variable.type.name)]),
                expected: "a number or a table of numbers")),
        .dtype("float32 for numbers by default, a tensor's own for a tensor"), .requiresGrad, .operation,
        returns: .tensor,
        errors: """
            tables that are not rectangular, or hold other keys than 1, 2, ...; elements that are not numbers; \
            fractions in int64
            """,
        source: "torch.tensor",
        example: """
            local x = tensor({{1, 2}, {3, 4}})
            assert(x.shape[1] == 2 and x[{2, 1}] == 3)
            """
    ) { values, dtype, requiresGrad, operation in
        if case .object(let object as Variable) = values {
            return try leaf(object.value.copy(dtype ?? object.dtype.working), requiresGrad)
        }
        var nested = NestedNumbers(function: operation, dtype: dtype)
        try nested.read(values, depth: 0)
        return try leaf(nested.tensor(), requiresGrad)
    }

    static let zeros = filled("zeros", 0, "assert(tensor.zeros(2, 3):sum():item() == 0)")
    static let ones = filled("ones", 1, "assert(tensor.ones({2, 3}, {dtype = \"float64\"}):sum():item() == 6)")

    private static func filled(_ name: String, _ value: Double, _ example: String) -> Declaration {
        Declaration(
            "tensor.\(name)", "A tensor of that shape, filled with \(Int(value)).",
            takes: .sizes(), .dtype, .requiresGrad, .operation, returns: .tensor, errors: memory,
            source: "torch.\(name)", example: example
        ) { shape, dtype, requiresGrad, operation in
            let tensor = value == 0 ? try .zeros(shape, dtype, for: operation) : try Tensor.full(shape, value, dtype)
            return try leaf(tensor, requiresGrad)
        }
    }

    static let full = Declaration(
        "tensor.full", "A tensor of that shape, filled with v.",
        takes: .argument("shape", .shape),
        .argument("v", .written, "a number, true or false, or a tensor of one element"),
        .dtype("that of a tensor v or a truth value by default, else float32"), .requiresGrad, .operation,
        returns: .tensor, errors: memory, source: "torch.full",
        example: "assert(tensor.full({2, 2}, 3):sum():item() == 12)"
    ) { shape, v, asked, requiresGrad, operation in
        let dtype: DType
        let value: Tensor
        switch v {
        case .scalar(let number):
            dtype = asked ?? (number.dtype == .bool ? .bool : .float32)
            value = try number.tensor(for: dtype, operation)
        case .tensor(let tensor):
            value = tensor.value
            guard value.count == 1 else {
                let shape = Shape.describe(value.shape)
                throw Fault("v", "a number or a tensor of one element expected, got shape \(shape)")
            }
            dtype = asked ?? value.dtype.working
        }
        let result = try Tensor.zeros(shape, dtype, for: operation)
        try result.write(value.reshape([]), for: operation)
        return try leaf(result, requiresGrad)
    }

    static let eye = Declaration(
        "tensor.eye", "The (n, m) matrix with 1 on the diagonal, 0 elsewhere.",
        takes: .argument("n", .integer(from: 0)), .argument("m", .optional(.integer(from: 0)), "n by default"), .dtype,
        .requiresGrad, .operation, returns: .tensor, errors: memory, source: "torch.eye",
        example: "assert(tensor.eye(3):sum():item() == 3)"
    ) { n, m, dtype, requiresGrad, operation in
        let result = try Tensor.zeros([n, m ?? n], dtype, for: operation)
        try result.diagonal().fill(1)
        return try leaf(result, requiresGrad)
    }

    static let arange = Declaration(
        "tensor.arange",
        """
        a, a + step, ... up to and including b when a whole number of steps leads there, rounding aside (0 to 0.3 by \
        0.1 are 4 numbers, where Lua's `for` stops at 3); nothing when the step leads away from b.
        """,
        takes: .argument("a", .scalar), .argument("b", .scalar), .argument("step", .scalar, default: Scalar(1)), .dtype,
        .requiresGrad, .operation, returns: .tensor, errors: "a step of 0; NaN or infinite bounds",
        source: "torch.arange, with the end included",
        example: "assert(tensor.arange(1, 3):sum():item() == 6 and #tensor.arange(0, 0.3, 0.1) == 4)"
    ) { first, last, stride, dtype, requiresGrad, operation in
        let (a, b, step) = (first.number, last.number, stride.number)
        guard a.isFinite, b.isFinite, step.isFinite, step != 0 else {
            throw Fault("\(shown(a)) to \(shown(b)) by \(shown(step)): finite numbers and a step other than 0 expected")
        }
        if !dtype.isFloating {
            guard let first = first.whole, let last = last.whole, let stride = stride.whole else {
                let steps = "\(shown(a)) to \(shown(b)) by \(shown(step))"
                throw Fault("\(steps): whole numbers expected for \(dtype.rawValue)")
            }
            return try leaf(wholeSteps(from: first, to: last, by: stride, operation).cast(dtype), requiresGrad)
        }
        let count = try steps(from: a, to: b, by: step)
        let ramp = try Tensor.ramp(count.numbers, from: a, step: step, dtype, for: operation)
        // a + n step may differ from b in the last digits: b is written exactly.
        if count.reachesEnd, count.numbers > 1 { try ramp.select(0, count.numbers - 1).fill(b) }
        return try leaf(ramp, requiresGrad)
    }

    /// Counted with integers: beyond 2^53 floats do not represent all integers.
    private static func wholeSteps(from a: Int, to b: Int, by step: Int, _ operation: String) throws -> Tensor {
        let (span, overflow) = b.subtractingReportingOverflow(a)
        guard !overflow, span.magnitude < 1 << 62 else { throw Fault("\(a) to \(b) by \(step) has too many elements") }
        let count = span != 0 && (span < 0) != (step < 0) ? 0 : Int((span.magnitude / step.magnitude) + 1)
        return try Tensor(
            integers: Shape.positions(count, for: operation).map { a &+ $0 &* step }, shape: [count])
    }

    /// How many numbers lie from a to b, and whether b is one of them. Rounding of a, b and step may make b miss a
    /// whole number of steps by some units in the last place, which is allowed for.
    private static func steps(
        from a: Double, to b: Double, by step: Double
    ) throws -> (numbers: Int, reachesEnd: Bool) {
        let quotient = (b - a).isFinite ? (b - a) / step : b / step - a / step
        let slack = Swift.min(1e-12 * Swift.max(abs(a / step), abs(b / step), 1), 1e-3)
        let whole = quotient.rounded()
        let reachesEnd = whole >= 0 && abs(quotient - whole) <= slack
        guard let numbers = Int(exactly: Swift.max((reachesEnd ? whole : quotient.rounded(.down)) + 1, 0)) else {
            throw Fault("\(shown(a)) to \(shown(b)) by \(shown(step)) has too many elements")
        }
        return (numbers, reachesEnd)
    }

    static let linspace = Declaration(
        "tensor.linspace",
        "n numbers from a to b, both included, in equal steps: a alone for n = 1; in int64 towards zero.",
        takes: .argument("a", .number), .argument("b", .number), .argument("n", .integer(from: 0)), .dtype,
        .requiresGrad, .operation, returns: .tensor, source: "torch.linspace",
        example: "assert(tensor.linspace(0, 1, 5)[{3}] == 0.5)"
    ) { a, b, n, dtype, requiresGrad, operation in
        let parts = Double(n - 1)
        let step = n <= 1 ? 0 : (b - a).isFinite ? (b - a) / parts : b / parts - a / parts
        let result = try Tensor.ramp(n, from: a, step: step, .float64, for: operation)
        if n > 1 { try result.select(0, n - 1).fill(b) }
        return try leaf(result.cast(dtype), requiresGrad)
    }

    static let int64 = Declaration(
        "tensor.int64",
        """
        An int64 tensor of nested tables of whole numbers, as tensor(values, {dtype = "int64"}) makes; of a tensor, \
        the tensor converted towards zero, itself when it is int64.
        """,
        takes: .argument("values", Variable.made(in: .int64)), returns: .tensor,
        errors: "tables that are not rectangular; fractions in a table; NaN or infinity in a tensor",
        source: "torch.tensor",
        example: "assert(tensor.int64({2, 1}).dtype == \"int64\" and tensor({5, 6, 7})[tensor.int64({3})][{1}] == 7)"
    ) { try $0.inDType(.int64) }

    static let zerosLike = like("zeros_like", 0)
    static let onesLike = like("ones_like", 1)

    private static func like(_ name: String, _ value: Double) -> Declaration {
        Declaration(
            "tensor.\(name)", "A tensor of x's shape, filled with \(Int(value)).",
            takes: .argument("x", .plainTensor), .dtype("x's by default"), returns: .plainTensor,
            source: "torch.\(name)", example: "assert(tensor.\(name)(tensor.zeros(2, 3)).shape[2] == 3)"
        ) { x, dtype in try Tensor.full(x.shape, value, dtype ?? x.dtype.working) }
    }
}

extension Tensor {
    /// The numbers from, from + step, and so on.
    static func ramp(_ count: Int, from: Double, step: Double, _ dtype: DType, for operation: String) throws -> Tensor {
        let result = try Tensor.zeros([count], .float64, for: operation)
        let base = result.base(Double.self)
        for i in 0..<count {
            if i & 0xfffff == 0xfffff { try Cancellation.check() }
            base[i] = from + Double(i) * step
        }
        return try result.cast(dtype)
    }
}
