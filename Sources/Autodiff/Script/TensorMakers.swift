import RealModule
import Scripting
import Tensors

/// Functions that make tensors.
enum TensorMakers {
    static let all = [zeros, ones, full, eye, arange, linspace, zerosLike, onesLike]

    private static let shapeErrors = "a size that is negative or not whole; more elements than memory; an unknown option"

    static let tensor = NativeFunction(
        "tensor",
        Documentation(
            "tensor(values, {dtype = \"float32\" or \"float64\" or \"int64\" or \"bool\", requires_grad = false}) -> tensor",
            "A tensor of nested tables of numbers, of one number (no dimension), or a copy of a tensor. Of true and false alone it is a bool tensor; among numbers they are 1 and 0. Tensors without dimensions may stand in the tables: of them alone the type that holds all, so that positions stay int64.",
            errors: "tables that are not rectangular, or hold other keys than 1, 2, ...; elements that are not numbers; fractions in int64", source: "torch.tensor",
            example: "local x = tensor({{1, 2}, {3, 4}})\nassert(x.shape[1] == 2 and x[{2, 1}] == 3)")
    ) { arguments in
        try arguments.atMost(2)
        let options = try arguments.options(2, ["dtype", "requires_grad"])
        let dtype = options.has("dtype") ? try arguments.anyDType(options) : nil
        let result: Variable
        switch arguments[1] {
        case .object(let object as Variable):
            result = Variable(try object.value.copy(dtype ?? object.dtype.working))
        default:
            var nested = NestedNumbers(function: arguments.function, dtype: dtype)
            try nested.read(arguments[1], depth: 0)
            result = Variable(try nested.tensor())
        }
        return .object(try options.applied(to: result))
    }

    static let zeros = filled("zeros", "0", "assert(tensor.zeros(2, 3):sum():item() == 0)", 0)
    static let ones = filled("ones", "1", "assert(tensor.ones({2, 3}, {dtype = \"float64\"}):sum():item() == 6)", 1)

    private static func filled(_ name: String, _ what: String, _ example: String, _ value: Double) -> NativeFunction {
        NativeFunction(
            "tensor.\(name)",
            Documentation(
                "tensor.\(name)(d1, d2, ..., {dtype = \"float32\" or \"float64\" or \"int64\" or \"bool\", requires_grad = false}) -> tensor\ntensor.\(name)({d1, d2, ...}, {dtype = \"float32\" or \"float64\" or \"int64\" or \"bool\", requires_grad = false}) -> tensor",
                "A tensor of that shape, filled with \(what).", errors: shapeErrors, source: "torch.\(name)", example: example)
        ) { arguments in
            let (sizes, options) = try arguments.splitOptions(["dtype", "requires_grad"])
            let shape = try sizes.shape(from: 1)
            let dtype = try arguments.anyDType(options)
            let tensor = value == 0 ? try Tensor.zeros(shape, dtype, for: arguments.function) : try Tensor.full(shape, value, dtype)
            return .object(try options.applied(to: Variable(tensor)))
        }
    }

    static let full = NativeFunction(
        "tensor.full",
        Documentation(
            "tensor.full({d1, d2, ...}, v, {dtype = \"float32\" or \"float64\" or \"int64\" or \"bool\", requires_grad = false}) -> tensor", "A tensor of that shape, filled with v, a number, true or false, or a tensor of one element, whose dtype it has unless another is asked for.",
            errors: shapeErrors, source: "torch.full", example: "assert(tensor.full({2, 2}, 3):sum():item() == 12)")
    ) { arguments in
        try arguments.atMost(3)
        let shape = try arguments.shape(at: 1)
        let options = try arguments.options(3, ["dtype", "requires_grad"])
        var dtype = DType.float32
        let value: Tensor
        if let number = Scalar(arguments[2], takingBooleans: true) {
            if number.dtype == .bool { dtype = .bool }
            dtype = try arguments.anyDType(options, default: dtype)
            value = try number.tensor(for: dtype, arguments.function)
        } else {
            value = try arguments.tensor(2, "v")
            guard value.count == 1 else { throw arguments.error(2, "v", expected: "a number or a tensor of one element") }
            dtype = try arguments.anyDType(options, default: value.dtype.working)
        }
        let result = try Tensor.zeros(shape, dtype, for: arguments.function)
        try result.write(value.reshape([]), for: arguments.function)
        return .object(try options.applied(to: Variable(result)))
    }

    static let eye = NativeFunction(
        "tensor.eye",
        Documentation(
            "tensor.eye(n, {dtype = \"float32\" or \"float64\" or \"int64\" or \"bool\", requires_grad = false}) -> tensor\ntensor.eye(n, m, {dtype = \"float32\" or \"float64\" or \"int64\" or \"bool\", requires_grad = false}) -> tensor", "The (n, m) matrix with 1 on the diagonal, 0 elsewhere; m is n by default.",
            errors: shapeErrors, source: "torch.eye", example: "assert(tensor.eye(3):sum():item() == 3)")
    ) { arguments in
        let (sizes, options) = try arguments.splitOptions(["dtype", "requires_grad"])
        try sizes.atMost(2)
        let n = try sizes.integer(1, "n", in: 0...Int.max)
        let m = try sizes.integer(2, "m", in: 0...Int.max, default: n)
        let result = try Tensor.zeros([n, m], arguments.anyDType(options), for: arguments.function)
        try result.diagonal().fill(1)
        return .object(try options.applied(to: Variable(result)))
    }

    static let arange = NativeFunction(
        "tensor.arange",
        Documentation(
            "tensor.arange(a, b, step = 1, {dtype = \"float32\" or \"float64\" or \"int64\" or \"bool\", requires_grad = false}) -> tensor", "a, a + step, ... up to and including b when a whole number of steps leads there, rounding aside (0 to 0.3 by 0.1 are 4 numbers, where Lua's `for` stops at 3); nothing when the step leads away from b. step is 1 by default.",
            errors: "a step of 0; NaN or infinite bounds", source: "torch.arange, with the end included",
            example: "assert(tensor.arange(1, 3):sum():item() == 6 and #tensor.arange(0, 0.3, 0.1) == 4)")
    ) { arguments in
        let (numbers, options) = try arguments.splitOptions(["dtype", "requires_grad"])
        try numbers.atMost(3)
        let (a, b, step) = (try numbers.number(1, "a"), try numbers.number(2, "b"), try numbers.number(3, "step", default: 1))
        guard a.isFinite, b.isFinite, step.isFinite, step != 0 else {
            throw arguments.error("\(shown(a)) to \(shown(b)) by \(shown(step)): finite numbers and a step other than 0 expected")
        }
        let dtype = try arguments.anyDType(options)
        if !dtype.isFloating {
            guard let first = numbers[1].asInteger, let last = numbers[2].asInteger, let step = numbers.isNil(3) ? 1 : numbers[3].asInteger else {
                throw arguments.error("\(shown(a)) to \(shown(b)) by \(shown(step)): whole numbers expected for \(dtype.rawValue)")
            }
            // Counted exactly: beyond 2^53 floats are not whole numbers any more.
            let (span, overflow) = last.subtractingReportingOverflow(first)
            guard !overflow, span.magnitude < 1 << 62 else { throw arguments.error("\(first) to \(last) by \(step) has too many elements") }
            let count = span != 0 && (span < 0) != (step < 0) ? 0 : Int((span.magnitude / step.magnitude) + 1)
            var whole = try Tensor(integers: try Shape.positions(count, for: arguments.function).map { first &+ $0 &* step }, shape: [count])
            if dtype == .bool { whole = try whole.cast(.bool) }
            return .object(try options.applied(to: Variable(whole)))
        }
        let count = try steps(from: a, to: b, by: step, arguments)
        let ramp = try Tensor.ramp(count.numbers, from: a, step: step, dtype, for: arguments.function)
        // a + n step may miss b in its last digits.
        if count.reachesEnd, count.numbers > 1 { try ramp.select(0, count.numbers - 1).fill(b) }
        return .object(try options.applied(to: Variable(ramp)))
    }

    /// How many numbers lie from a to b, and whether b itself is one of them. What a, b and step were rounded by may keep a
    /// whole number of steps from b by some of their last digits.
    private static func steps(from a: Double, to b: Double, by step: Double, _ arguments: Arguments) throws -> (numbers: Int, reachesEnd: Bool) {
        let quotient = (b - a).isFinite ? (b - a) / step : b / step - a / step
        let slack = Swift.min(1e-12 * Swift.max(abs(a / step), abs(b / step), 1), 1e-3)
        let whole = quotient.rounded()
        let reachesEnd = whole >= 0 && abs(quotient - whole) <= slack
        guard let numbers = Int(exactly: Swift.max((reachesEnd ? whole : quotient.rounded(.down)) + 1, 0)) else {
            throw arguments.error("\(shown(a)) to \(shown(b)) by \(shown(step)) has too many elements")
        }
        return (numbers, reachesEnd)
    }

    static let linspace = NativeFunction(
        "tensor.linspace",
        Documentation(
            "tensor.linspace(a, b, n, {dtype = \"float32\" or \"float64\" or \"int64\" or \"bool\", requires_grad = false}) -> tensor", "n numbers from a to b, both included, in equal steps; in int64 towards zero.", errors: "n below 1",
            source: "torch.linspace", example: "assert(tensor.linspace(0, 1, 5)[{3}] == 0.5)")
    ) { arguments in
        try arguments.atMost(4)
        let (a, b) = (try arguments.number(1, "a"), try arguments.number(2, "b"))
        let n = try arguments.integer(3, "n", in: 1...Int.max)
        let options = try arguments.options(4, ["dtype", "requires_grad"])
        let dtype = try arguments.anyDType(options)
        let parts = Double(n - 1)
        let step = n == 1 ? 0 : (b - a).isFinite ? (b - a) / parts : b / parts - a / parts
        let result = try Tensor.ramp(n, from: a, step: step, .float64, for: arguments.function)
        if n > 1 { try result.select(0, n - 1).fill(b) }
        return .object(try options.applied(to: Variable(result.cast(dtype))))
    }

    static let zerosLike = like("zeros_like", 0)
    static let onesLike = like("ones_like", 1)

    private static func like(_ name: String, _ value: Double) -> NativeFunction {
        NativeFunction(
            "tensor.\(name)",
            Documentation("tensor.\(name)(x, {dtype = nil or \"float32\" or \"float64\" or \"int64\" or \"bool\"}) -> tensor", "A tensor of x's shape, filled with \(Int(value)), and of x's dtype unless another is asked for.", source: "torch.\(name)", example: "assert(tensor.\(name)(tensor.zeros(2, 3)).shape[2] == 3)")
        ) { arguments in
            try arguments.atMost(2)
            let x = try arguments.tensor(1, "x")
            let dtype = try arguments.anyDType(arguments.options(2, ["dtype"]), default: x.dtype.working)
            return .tensor(try Tensor.full(x.shape, value, dtype))
        }
    }
}

extension Arguments {
    /// Separates a last table that holds options (or is empty behind other arguments) from what is before it.
    func splitOptions(_ known: [String]) throws -> (before: Arguments, options: Options) {
        if case .table(let table)? = values.last, try table.count == 0, try count > 1 || !table.entries().isEmpty {
            return (Arguments(function: function, values: Array(values.dropLast()), context: context), try options(count, known))
        }
        return (self, try options(count + 1, known))
    }
}

extension Options {
    /// A leaf that gradients accumulate in, if `requires_grad = true`.
    func applied(to variable: Variable) throws -> Variable {
        if try boolean("requires_grad", default: false) { try variable.setRequiresGrad(true) }
        return variable
    }
}

extension Tensor {
    /// from, from + step, ...
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
