import Scripting
import Tensors

struct Add: NumericBinaryFunction {
    static var vectorized: VectorPair? { .add }
    @inlinable func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x + y }
    func callAsFunction(_ x: Int64, _ y: Int64) -> Int64 { x &+ y }
}
struct Subtract: NumericBinaryFunction {
    static var vectorized: VectorPair? { .subtract }
    @inlinable func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x - y }
    func callAsFunction(_ x: Int64, _ y: Int64) -> Int64 { x &- y }
}
struct Multiply: NumericBinaryFunction {
    static var vectorized: VectorPair? { .multiply }
    @inlinable func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x * y }
    func callAsFunction(_ x: Int64, _ y: Int64) -> Int64 { x &* y }
}
struct Divide: BinaryFunction {
    static var vectorized: VectorPair? { .divide }
    @inlinable func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T { x / y }
}
struct Power: NumericBinaryFunction {
    static var vectorized: VectorPair? { .power }
    func callAsFunction<T: TensorElement>(_ x: T, _ y: T) -> T {
        // Squares, which scripts use most, without a call; and C's pow, which handles negative bases.
        if y == 2 { return x * x }
        if y == 1 { return x }
        if y == 3 { return x * x * x }
        return T(libmPower(Double(x), Double(y)))
    }
    /// By repeated squaring. Negative powers are 0, except of 1 and -1 (as in PyTorch).
    func callAsFunction(_ x: Int64, _ y: Int64) -> Int64 {
        if y < 0 { return x == 1 ? 1 : x == -1 ? (y & 1 == 0 ? 1 : -1) : 0 }
        var (result, square, rest) = (Int64(1), x, y)
        while rest > 0 {
            if rest & 1 == 1 { result = result &* square }
            square = square &* square
            rest >>= 1
        }
        return result
    }
}
struct Negate: NumericUnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { -x }
    func callAsFunction(_ x: Int64) -> Int64 { 0 &- x }
}
/// 1 where 1 / x is infinite or NaN.
struct HasNoReciprocal: UnaryFunction {
    func callAsFunction<T: TensorElement>(_ x: T) -> T { (1 / x).isFinite ? 0 : 1 }
}

extension Variable {
    /// x + y, broadcast by NumPy's rules; integers and booleans give int64, which wraps around on overflow.
    public static func + (x: Variable, y: Variable) throws -> Variable {
        try .recorded("tensor.add", x, y, x.value.combine(y.value, Add(), for: "tensor.add"), keeps: .nothing) { call in
            [try call.gradient(of: 0) { call.cotangent }, try call.gradient(of: 1) { call.cotangent }]
        }
    }

    /// x - y, broadcast.
    public static func - (x: Variable, y: Variable) throws -> Variable {
        try .recorded("tensor.sub", x, y, x.value.combine(y.value, Subtract(), for: "tensor.sub"), keeps: .nothing) {
            call in
            [try call.gradient(of: 0) { call.cotangent }, try call.gradient(of: 1) { try -call.cotangent }]
        }
    }

    /// x * y element by element, broadcast.
    public static func * (x: Variable, y: Variable) throws -> Variable {
        try .recorded("tensor.mul", x, y, x.value.combine(y.value, Multiply(), for: "tensor.mul"), keeps: .factors) {
            call in
            [
                try call.gradient(of: 0) { try call.cotangent * call.inputs[1] },
                try call.gradient(of: 1) { try call.cotangent * call.inputs[0] },
            ]
        }
    }

    /// x / y element by element, broadcast, in floats.
    public static func / (x: Variable, y: Variable) throws -> Variable {
        try .recorded(
            "tensor.div", x, y, x.value.zip(y.value, Divide(), for: "tensor.div"), keeps: [.factors, .divisor]
        ) { call in
            let (x, y) = (call.inputs[0], call.inputs[1])
            return [
                try call.gradient(of: 0) { try call.cotangent / y },
                try call.gradient(of: 1) { try -(call.cotangent * (x / y) / y) },
            ]
        }
    }

    /// -x.
    public static prefix func - (x: Variable) throws -> Variable {
        try .recorded("tensor.neg", x, x.value.transform(Negate()), keeps: .nothing) { [try -$0.cotangent] }
    }

    /// x ^ y. The gradient with respect to y is 0 where x is 0 and y is not below it, as in PyTorch.
    public func pow(_ exponent: Variable) throws -> Variable {
        try .recorded("tensor.pow", self, exponent, value.combine(exponent.value, Power(), for: "tensor.pow")) { call in
            let (x, y) = (call.inputs[0], call.inputs[1])
            // A single exponent other than 0, as in x ^ 2: the derivative is y x ^ (y - 1).
            if !call.wanted[1], y.value.count == 1, try y.value.item() != 0 {
                let slope = try y.value.item() == 2 && !y.requiresGrad ? x * y : y * x.pow(y - 1)
                return [try call.gradient(of: 0) { try call.cotangent * slope }, nil]
            }
            return [
                try call.gradient(of: 0) {
                    // x ^ 0 is 1 for every x. Where its derivative 0 * x ^ -1 would be 0 times infinity (or NaN),
                    // another exponent is used there, so that derivatives of every order are 0.
                    let flat = try y.mask(Equal(), 0) * Variable(x.value.map(HasNoReciprocal()))
                    return try call.cotangent * (y * x.pow(y.masked(where: flat, 1) - 1))
                },
                try call.gradient(of: 1) {
                    let flat = try x.mask(Equal(), 0) * y.mask(GreaterOrEqual(), 0)
                    return try call.cotangent * x.pow(y) * x.masked(where: flat, 1).log()
                },
            ]
        }
    }

    /// The sum with a number, which takes the tensor's dtype.
    public static func + (x: Variable, y: Double) throws -> Variable { try x + x.constant(y) }
    /// The difference with a number, which takes the tensor's dtype.
    public static func - (x: Variable, y: Double) throws -> Variable { try x - x.constant(y) }
    /// The product with a number, which takes the tensor's dtype.
    public static func * (x: Variable, y: Double) throws -> Variable { try x * x.constant(y) }
    /// The quotient with a number, which takes the tensor's dtype.
    public static func / (x: Variable, y: Double) throws -> Variable { try x / x.constant(y) }
    /// The sum with a number, which takes the tensor's dtype.
    public static func + (x: Double, y: Variable) throws -> Variable { try y.constant(x) + y }
    /// The difference with a number, which takes the tensor's dtype.
    public static func - (x: Double, y: Variable) throws -> Variable { try y.constant(x) - y }
    /// The product with a number, which takes the tensor's dtype.
    public static func * (x: Double, y: Variable) throws -> Variable { try y.constant(x) * y }
    /// The quotient with a number, which takes the tensor's dtype.
    public static func / (x: Double, y: Variable) throws -> Variable { try y.constant(x) / y }
    /// x to the power of a number.
    public func pow(_ exponent: Double) throws -> Variable { try pow(constant(exponent)) }

    /// A number as a tensor of shape () in self's dtype; beside integers int64, or float32 if it is not whole.
    public func constant(_ number: Double) throws -> Variable { Variable(try Scalar(number).tensor(beside: dtype)) }

    /// 0 in this one's dtype.
    var zero: Variable { get throws { Variable(try Tensor(0, dtype.working)) } }
}

extension GradientRule.Call {
    /// The cotangent of an input, summed over the axes along which it was broadcast; nil when not wanted.
    func gradient(of input: Int, _ cotangent: () throws -> Variable) throws -> Variable? {
        wanted[input] ? try cotangent().summed(to: inputs[input].shape) : nil
    }
}

extension Operation {
    static let add = binary(
        "add",
        """
        x + y, broadcast. bool and int64 among themselves, or with a whole number, give int64 (beyond its largest \
        number it goes on at the smallest, as in PyTorch); with floats, the wider of the two. A number never raises \
        a float tensor.
        """,
        source: "torch.add", example: "assert((tensor({1, 2}) + 1):tolist()[2] == 3)"
    ) { try $0 + $1 }

    static let sub = binary(
        "sub", "x - y, broadcast; types as in add, so that 1 - mask is int64.", source: "torch.sub",
        example: "assert((3 - tensor({1, 2})):tolist()[1] == 2)"
    ) { try $0 - $1 }

    static let mul = binary(
        "mul", "x * y element by element, broadcast; types as in add.", source: "torch.mul",
        example: "assert((tensor({1, 2}) * tensor({3, 4})):sum():item() == 11)"
    ) { try $0 * $1 }

    static let div = binary(
        "div", "x / y element by element, broadcast; division by 0 gives infinity or NaN. Whole numbers give float32.",
        source: "torch.div", over: (-2...2, 0.5...2), example: "assert((tensor({6, 8}) / 2):tolist()[2] == 4)"
    ) { try $0 / $1 }

    static let pow = binary(
        "pow", "x ^ y element by element; NaN for a negative x and a y that is not whole. Whole numbers give int64.",
        errors: "shapes that do not broadcast; int64 to a number below 0", source: "torch.pow",
        over: (0.5...2, -2...3), example: "assert((tensor({2, 3}) ^ 2):tolist()[2] == 9)", refusing: negativePower
    ) { try $0.pow($1) }

    /// As in PyTorch: integers to negative powers are refused, as 2 ^ -1 is no integer. (Where the power is a tensor,
    /// PyTorch gives 0.)
    private static let negativePower: @Sendable (Operand, Operand) -> String? = { base, power in
        guard case .tensor(let x) = base, !x.dtype.isFloating, case .number(let number) = power,
            let power = Int(exactly: number.number), power < 0
        else { return nil }
        return "\(x.dtype.rawValue) to the power \(power) is no whole number; x:to(\"float32\") has one"
    }

    static let neg = unary(
        "neg", "-x.", source: "torch.neg", example: "assert((-tensor({2}))[{1}] == -2)"
    ) { try -$0 }
}
