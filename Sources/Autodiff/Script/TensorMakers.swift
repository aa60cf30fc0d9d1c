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
            "tensor(values, {dtype = \"float32\" or \"float64\", requires_grad = false}) -> tensor",
            "A tensor of nested tables of numbers, of one number (no dimension), or a copy of a tensor. true and false are 1 and 0.",
            errors: "tables that are not rectangular, or hold other keys than 1, 2, ...; elements that are not numbers", source: "torch.tensor",
            example: "local x = tensor({{1, 2}, {3, 4}})\nassert(x.shape[1] == 2 and x[{2, 1}] == 3)")
    ) { arguments in
        try arguments.atMost(2)
        let options = try arguments.options(2, ["dtype", "requires_grad"])
        let dtype = try arguments.dtype(options)
        let result: Variable
        switch arguments[1] {
        case .object(let object as Variable):
            result = Variable(try object.value.copy(options.has("dtype") ? dtype : object.dtype.computing))
        default:
            var nested = NestedNumbers(function: arguments.function)
            try nested.read(arguments[1], depth: 0)
            result = Variable(try Tensor(nested.values, shape: nested.shape ?? [], dtype))
        }
        return .object(try options.applied(to: result))
    }

    static let zeros = filled("zeros", "0", "assert(tensor.zeros(2, 3):sum():item() == 0)", 0)
    static let ones = filled("ones", "1", "assert(tensor.ones({2, 3}, {dtype = \"float64\"}):sum():item() == 6)", 1)

    private static func filled(_ name: String, _ what: String, _ example: String, _ value: Double) -> NativeFunction {
        NativeFunction(
            "tensor.\(name)",
            Documentation(
                "tensor.\(name)(d1, d2, ..., {dtype = \"float32\" or \"float64\", requires_grad = false}) -> tensor\ntensor.\(name)({d1, d2, ...}, {dtype = \"float32\" or \"float64\", requires_grad = false}) -> tensor",
                "A tensor of that shape, filled with \(what).", errors: shapeErrors, source: "torch.\(name)", example: example)
        ) { arguments in
            let (sizes, options) = try arguments.splitOptions(["dtype", "requires_grad"])
            let shape = try sizes.shape(from: 1)
            let dtype = try arguments.dtype(options)
            let tensor = value == 0 ? try Tensor.zeros(shape, dtype, for: arguments.function) : try Tensor.full(shape, value, dtype)
            return .object(try options.applied(to: Variable(tensor)))
        }
    }

    static let full = NativeFunction(
        "tensor.full",
        Documentation(
            "tensor.full({d1, d2, ...}, v, {dtype = \"float32\" or \"float64\", requires_grad = false}) -> tensor", "A tensor of that shape, filled with v, a number or a tensor of one.",
            errors: shapeErrors, source: "torch.full", example: "assert(tensor.full({2, 2}, 3):sum():item() == 12)")
    ) { arguments in
        try arguments.atMost(3)
        let shape = try arguments.shape(at: 1)
        let value = try arguments.tensorOrNumber(2, "v").item()
        let options = try arguments.options(3, ["dtype", "requires_grad"])
        return .object(try options.applied(to: Variable(try Tensor.full(shape, value, arguments.dtype(options)))))
    }

    static let eye = NativeFunction(
        "tensor.eye",
        Documentation(
            "tensor.eye(n, {dtype = \"float32\" or \"float64\", requires_grad = false}) -> tensor\ntensor.eye(n, m, {dtype = \"float32\" or \"float64\", requires_grad = false}) -> tensor", "The (n, m) matrix with 1 on the diagonal, 0 elsewhere; m is n by default.",
            errors: shapeErrors, source: "torch.eye", example: "assert(tensor.eye(3):sum():item() == 3)")
    ) { arguments in
        let (sizes, options) = try arguments.splitOptions(["dtype", "requires_grad"])
        try sizes.atMost(2)
        let n = try sizes.integer(1, "n", in: 0...Int.max)
        let m = try sizes.integer(2, "m", in: 0...Int.max, default: n)
        let result = try Tensor.zeros([n, m], arguments.dtype(options), for: arguments.function)
        try result.diagonal().fill(1)
        return .object(try options.applied(to: Variable(result)))
    }

    static let arange = NativeFunction(
        "tensor.arange",
        Documentation(
            "tensor.arange(a, b, step = 1, {dtype = \"float32\" or \"float64\", requires_grad = false}) -> tensor", "a, a + step, ... up to and including b when a whole number of steps leads there, rounding aside (0 to 0.3 by 0.1 are 4 numbers, where Lua's `for` stops at 3); nothing when the step leads away from b. step is 1 by default.",
            errors: "a step of 0; NaN or infinite bounds", source: "torch.arange, with the end included",
            example: "assert(tensor.arange(1, 3):sum():item() == 6 and #tensor.arange(0, 0.3, 0.1) == 4)")
    ) { arguments in
        let (numbers, options) = try arguments.splitOptions(["dtype", "requires_grad"])
        try numbers.atMost(3)
        let (a, b, step) = (try numbers.number(1, "a"), try numbers.number(2, "b"), try numbers.number(3, "step", default: 1))
        guard a.isFinite, b.isFinite, step.isFinite, step != 0 else {
            throw arguments.error("\(shown(a)) to \(shown(b)) by \(shown(step)): finite numbers and a step other than 0 expected")
        }
        let count = try steps(from: a, to: b, by: step, arguments)
        let ramp = try Tensor.ramp(count.numbers, from: a, step: step, arguments.dtype(options), for: arguments.function)
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
            "tensor.linspace(a, b, n, {dtype = \"float32\" or \"float64\", requires_grad = false}) -> tensor", "n numbers from a to b, both included, in equal steps.", errors: "n below 1",
            source: "torch.linspace", example: "assert(tensor.linspace(0, 1, 5)[{3}] == 0.5)")
    ) { arguments in
        try arguments.atMost(4)
        let (a, b) = (try arguments.number(1, "a"), try arguments.number(2, "b"))
        let n = try arguments.integer(3, "n", in: 1...Int.max)
        let options = try arguments.options(4, ["dtype", "requires_grad"])
        let parts = Double(n - 1)
        let step = n == 1 ? 0 : (b - a).isFinite ? (b - a) / parts : b / parts - a / parts
        let result = try Tensor.ramp(n, from: a, step: step, arguments.dtype(options), for: arguments.function)
        if n > 1 { try result.select(0, n - 1).fill(b) }
        return .object(try options.applied(to: Variable(result)))
    }

    static let zerosLike = like("zeros_like", 0)
    static let onesLike = like("ones_like", 1)

    private static func like(_ name: String, _ value: Double) -> NativeFunction {
        NativeFunction(
            "tensor.\(name)",
            Documentation("tensor.\(name)(x) -> tensor", "A tensor of x's shape and dtype, filled with \(Int(value)).", source: "torch.\(name)", example: "assert(tensor.\(name)(tensor.zeros(2, 3)).shape[2] == 3)")
        ) { arguments in
            try arguments.atMost(1)
            let x = try arguments.tensor(1, "x")
            return .tensor(try Tensor.full(x.shape, value, x.dtype.computing))
        }
    }
}

extension Arguments {
    /// Separates a last table that holds options (or is empty behind other arguments) from what is before it.
    func splitOptions(_ known: [String]) throws -> (before: Arguments, options: Options) {
        if case .table(let table)? = values.last, table.count == 0, try count > 1 || !table.entries().isEmpty {
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

/// Rectangular nested tables of numbers, flattened.
struct NestedNumbers {
    let function: String
    private(set) var values: [Double] = []
    private(set) var shape: [Int]?
    private var extents: [Int] = []

    init(function: String) { self.function = function }

    mutating func read(_ value: Value, depth: Int) throws {
        // A table that contains itself has no end.
        guard depth <= 32 else { throw ScriptError(function, "tables nested more than 32 deep") }
        if case .table(let table) = value {
            if let key = try table.strayKey() {
                throw ScriptError(function, "a table of numbers expected, got one with the key \(key.shown); options stand in a table of their own, behind it")
            }
            if depth == extents.count {
                guard shape == nil else { throw ragged("a table where a number was expected") }
                extents.append(table.count)
            }
            guard table.count == extents[depth] else { throw ragged("a row of \(table.count) among rows of \(extents[depth])") }
            if let numbers = try table.numbers(), !numbers.isEmpty {
                try closeShape(depth + 1)
                values += numbers
            } else {
                for element in try table.elements() { try read(element, depth: depth + 1) }
            }
            if table.count == 0 { try closeShape(depth + 1) }
            return
        }
        try closeShape(depth)
        switch value {
        case .boolean(let flag): values.append(flag ? 1 : 0)
        case .object(let object as Variable) where object.value.count == 1 && object.shape.isEmpty: values.append(try object.value.item())
        default:
            guard let number = value.asNumber else {
                throw ScriptError(function, "a number or a table of numbers expected, got \(value.shown)")
            }
            values.append(number)
        }
    }

    private mutating func closeShape(_ depth: Int) throws {
        if shape == nil { shape = extents }
        guard depth == extents.count else { throw ragged("a number where a table was expected") }
    }

    private func ragged(_ what: String) -> ScriptError { ScriptError(function, "the tables are not rectangular: \(what)") }
}
